/** The larger networks of the training workloads. */
import * as tg from '../../lib/index.js';

const nn: typeof tg.nn = tg.nn;
const F = nn.functional;
type Tensor = tg.Tensor;

/** A classifier on the last step of an LSTM. */
export class LastStep extends nn.Module {
  lstm: tg.nn.LSTM = new nn.LSTM(64, 128, { batchFirst: true });
  head: tg.nn.Linear = new nn.Linear(128, 10);

  forward(x: Tensor): Tensor {
    const [output] = this.lstm.forward(x);
    return this.head.forward(output.at(':', -1));
  }
}

const VOCABULARY = 65;
const WIDTH = 128;
const CONTEXT = 64;
const LAYERS = 4;
const HEADS = 4;

/** A causal transformer over characters, pre-norm, GELU, no dropout. */
export class Gpt extends nn.Module {
  token: tg.nn.Embedding = new nn.Embedding(VOCABULARY, WIDTH);
  position: tg.nn.Embedding = new nn.Embedding(CONTEXT, WIDTH);
  blocks: tg.nn.ModuleList;
  head: tg.nn.Linear = new nn.Linear(WIDTH, VOCABULARY);
  declare index: Tensor;
  declare mask: Tensor;

  constructor() {
    super();
    const options = { dropout: 0, activation: 'gelu', batchFirst: true, normFirst: true } as const;
    this.blocks = new nn.ModuleList(
      Array.from({ length: LAYERS }, () => new nn.TransformerEncoderLayer(WIDTH, HEADS, 4 * WIDTH, options)),
    );
    this.registerBuffer('index', tg.arange(CONTEXT));
    this.registerBuffer('mask', nn.Transformer.generateSquareSubsequentMask(CONTEXT));
  }

  forward(tokens: Tensor): Tensor {
    let x = this.token.forward(tokens).add(this.position.forward(this.index));
    for (const block of this.blocks) x = (block as tg.nn.TransformerEncoderLayer).forward(x, this.mask);
    return this.head.forward(x).transpose(1, 2);
  }
}

function convolution(from: number, to: number, size: number, stride: number): tg.nn.Conv2d {
  return new nn.Conv2d(from, to, size, { stride, padding: (size - 1) / 2, bias: false });
}

class BasicBlock extends nn.Module {
  conv1: tg.nn.Conv2d;
  bn1: tg.nn.BatchNorm2d;
  conv2: tg.nn.Conv2d;
  bn2: tg.nn.BatchNorm2d;
  downsample: tg.nn.Sequential | null = null;

  constructor(from: number, to: number, stride: number) {
    super();
    this.conv1 = convolution(from, to, 3, stride);
    this.bn1 = new nn.BatchNorm2d(to);
    this.conv2 = convolution(to, to, 3, 1);
    this.bn2 = new nn.BatchNorm2d(to);
    if (stride !== 1 || from !== to) {
      this.downsample = new nn.Sequential(convolution(from, to, 1, stride), new nn.BatchNorm2d(to));
    }
  }

  forward(x: Tensor): Tensor {
    const inner = F.relu(this.bn1.forward(this.conv1.forward(x)), { inplace: true });
    const outer = this.bn2.forward(this.conv2.forward(inner));
    return F.relu(outer.add_(this.downsample ? this.downsample.forward(x) : x), { inplace: true });
  }
}

/** ResNet-18 (He et al. 2015) as torchvision has it. */
export function resnet18(classes: number): tg.nn.Sequential {
  const stage = (from: number, to: number, stride: number): tg.nn.Module[] => [
    new BasicBlock(from, to, stride),
    new BasicBlock(to, to, 1),
  ];
  return new nn.Sequential(
    convolution(3, 64, 7, 2),
    new nn.BatchNorm2d(64),
    new nn.ReLU({ inplace: true }),
    new nn.MaxPool2d(3, { stride: 2, padding: 1 }),
    ...stage(64, 64, 1),
    ...stage(64, 128, 2),
    ...stage(128, 256, 2),
    ...stage(256, 512, 2),
    new nn.AdaptiveAvgPool2d(1),
    new nn.Flatten(),
    new nn.Linear(512, classes),
  );
}
