import * as tg from '../lib/index.js';
import { pattern, rounded, withPattern } from './helpers/pattern.js';

const { nn } = tg;

describe('constructors', () => {
  test('by position, by name, or first one and then the other', () => {
    const made = [
      new nn.Conv2d(1, 8, 3, 1, 1),
      new nn.Conv2d(1, 8, 3, { padding: 1 }),
      new nn.Conv2d(1, { outChannels: 8, kernelSize: 3, padding: 1 }),
      new nn.Conv2d({ inChannels: 1, outChannels: 8, kernelSize: [3, 3], padding: [1, 1] }),
    ];
    expect(new Set(made.map(String))).toEqual(
      new Set(['Conv2d(1, 8, kernelSize=(3, 3), stride=(1, 1), padding=(1, 1))']),
    );
  });

  test('dtype by name', () => {
    const model = new nn.TransformerEncoderLayer(4, 2, { dimFeedforward: 8, dtype: 'float64' });
    expect(new Set(model.parameters().map((x) => x.dtype))).toEqual(new Set(['float64']));
    expect(new nn.BatchNorm1d(2, { dtype: 'float64' }).running_mean?.dtype).toBe('float64');
  });

  test.each<[string, () => unknown, string]>([
    // @ts-expect-error an unknown option
    ['unknown option', () => new nn.Conv2d(1, 8, 3, { paddin: 1 }), 'Conv2d: unknown option paddin; known: inChannels'],
    // @ts-expect-error a missing argument
    ['missing argument', () => new nn.Linear(3), 'Linear: the argument outFeatures is missing'],
    ['doubled argument', () => new nn.Linear(3, 2, { inFeatures: 3 }), 'inFeatures was given twice'],
    // @ts-expect-error too many arguments
    ['too many arguments', () => new nn.ReLU(false, 1), 'ReLU: takes 1 arguments by position'],
    ['groups', () => new nn.Conv2d(3, 4, 3, { groups: 2 }), 'inChannels 3 cannot be dealt to 2 groups'],
    ['groups of outputs', () => new nn.Conv2d(4, 3, 3, { groups: 2 }), 'outChannels 3 cannot be dealt to 2 groups'],
    ['kernel of another rank', () => new nn.Conv2d(1, 1, [3, 3, 3]), 'kernelSize must be a number or a list of 2'],
    ['padding word', () => new nn.Conv1d(1, 1, 3, { padding: 'full' as 'same' }), "unknown padding 'full'"],
    [
      'padding and stride',
      () => new nn.Conv1d(1, 1, 3, { padding: 'same', stride: 2 }),
      "'same' needs stride 1, got (2)",
    ],
    [
      'padding mode',
      () => new nn.Conv1d(1, 1, 3, { paddingMode: 'mirror' as 'zeros' }),
      "unknown paddingMode 'mirror'",
    ],
    ['padding list', () => new nn.ZeroPad2d([1, 2]), 'padding must be a number or 4 numbers, got (1,2)'],
    ['dropout', () => new nn.Dropout(1.5), 'Dropout: p must be between 0 and 1, got 1.5'],
    ['channels', () => new nn.GroupNorm(3, 4), '4 channels do not divide into 3 groups'],
    ['paddingIdx', () => new nn.Embedding(3, 2, 3), 'paddingIdx 3 is none of the 3 entries'],
    ['rows', () => new nn.Embedding(3, 2, { weight: tg.ones(2, 2) }), 'weight has shape (2, 2), expected (3, 2)'],
    ['fractions', () => new nn.FractionalMaxPool2d(2), 'give outputSize or outputRatio'],
    [
      'reduction',
      () => new nn.MSELoss({ reduction: 'all' as 'sum' }).forward(tg.ones(1), tg.ones(1)),
      "unknown reduction 'all'",
    ],
  ])('%s', (_what, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(tg.TapegradError);
  });
});

describe('parameters start as in PyTorch', () => {
  const bounds = (x: tg.Tensor): number => x.detach().abs().max().item();

  test.each<[string, tg.nn.Module & { weight: tg.Tensor; bias: tg.Tensor | null }, number]>([
    ['Linear', new nn.Linear(100, 50), 0.1],
    ['Conv2d', new nn.Conv2d(4, 64, 5), 0.1],
    ['Conv2d in groups', new nn.Conv2d(8, 64, 5, { groups: 2 }), 0.1],
    ['ConvTranspose2d', new nn.ConvTranspose2d(64, 4, 5), 0.1],
    ['Bilinear', new nn.Bilinear(100, 3, 50), 0.1],
  ])('%s: uniform within 1 / sqrt(inputs of one output)', (_name, layer, bound) => {
    for (const x of [layer.weight, layer.bias as tg.Tensor]) {
      expect(bounds(x)).toBeLessThanOrEqual(Math.fround(bound));
      expect(x.numel() < 50 || bounds(x) > 0.8 * bound).toBe(true);
    }
  });

  test('embeddings are standard normal, with zeros for the padding', () => {
    const { weight } = new nn.Embedding(200, 50, { paddingIdx: -1 });
    expect(Math.abs(weight.detach().std().item() - 1)).toBeLessThan(0.05);
    expect(bounds(weight.select(0, 199))).toBe(0);
  });

  test('norms start with ones and zeros; PReLU with 0.25', () => {
    for (const layer of [new nn.LayerNorm(2), new nn.GroupNorm(1, 2), new nn.BatchNorm1d(2)]) {
      expect([layer.weight?.tolist(), layer.bias?.tolist()]).toEqual([
        [1, 1],
        [0, 0],
      ]);
    }
    expect(new nn.RMSNorm(2).weight?.tolist()).toEqual([1, 1]);
    expect(new nn.LayerNorm(2, { bias: false }).bias).toBeNull();
    expect(new nn.PReLU(2).weight.tolist()).toEqual([0.25, 0.25]);
  });
});

describe('values recorded from PyTorch', () => {
  test('a transposed convolution with an output size', () => {
    const layer = withPattern(new nn.ConvTranspose1d(1, 1, 3, { stride: 2, padding: 1 }));
    const x = pattern(1, 1, 3);
    expect(rounded(layer.forward(x))).toEqual([0.982591, 1.050417, 0.595769, 0.632416, -0.209055]);
    const longer = [0.982591, 1.050417, 0.595769, 0.632416, -0.209055, -0.237281];
    expect(rounded(layer.forward(x, [6]))).toEqual(longer);
    expect(rounded(layer.forward(x, { outputSize: [1, 1, 6] }))).toEqual(longer);
    expect(() => layer.forward(x, [7])).toThrow('outputSize (7) cannot be reached: dimension 0 can be 5 to 6');
    expect(() => layer.forward(x, [6, 6])).toThrow('outputSize must hold 1 or 3 sizes, got (6, 6)');
  });

  test('padding modes of convolutions', () => {
    const same = withPattern(new nn.Conv1d(1, 1, 4, { padding: 'same', paddingMode: 'reflect' }));
    expect(rounded(same.forward(pattern(1, 1, 5)))).toEqual([0.517237, -0.820263, -2.099418, -2.323917, -2.265749]);
    const replicate = withPattern(new nn.Conv2d(1, 1, [2, 3], { padding: [1, 2], paddingMode: 'replicate' }));
    expect(rounded(replicate.forward(pattern(1, 2, 2)))).toEqual([
      -0.103254, -0.080441, -0.119362, -0.184235, 2.126621, 2.258893, 2.306359, 2.225378, -0.352725, -0.324246,
      -0.372833, -0.453814,
    ]);
  });

  test('batch norm with the mean of all batches', () => {
    const norm = new nn.BatchNorm1d(2, { momentum: null }).double();
    norm.forward(pattern(3, 2));
    norm.forward(pattern(3, 2).mul(2));
    expect(rounded(norm.running_mean as tg.Tensor)).toEqual([-0.034895, -0.083014]);
    expect(rounded(norm.running_var as tg.Tensor)).toEqual([1.998506, 1.679109]);
    expect(norm.num_batches_tracked?.item()).toBe(2);
    norm.resetRunningStats();
    expect([norm.running_var?.tolist(), norm.num_batches_tracked?.item()]).toEqual([[1, 1], 0]);
  });

  test('instance norm without batch, with running statistics', () => {
    const norm = new nn.InstanceNorm1d(2, { trackRunningStats: true }).double();
    expect(rounded(norm.forward(pattern(2, 3)))).toEqual([
      1.060006, 0.280705, -1.340711, -0.995812, -0.371701, 1.367513,
    ]);
    expect(rounded(norm.running_mean as tg.Tensor)).toEqual([0.037472, -0.045332]);
    expect(rounded(norm.running_var as tg.Tensor)).toEqual([0.952193, 0.943564]);
  });
});

describe('training and evaluation', () => {
  test('batch norm: the batch in training, running statistics in evaluation', () => {
    const norm = new nn.BatchNorm1d(1, { momentum: 1 });
    const x = tg.tensor([[0], [2]]);
    expect(norm.forward(x).tolist()).toEqual([[expect.closeTo(-1, 4)], [expect.closeTo(1, 4)]]);
    norm.eval();
    const before = norm.stateDict().running_mean.clone().tolist();
    expect(norm.forward(tg.tensor([[1]])).item()).toBeCloseTo(0, 5);
    expect([norm.running_mean?.tolist(), norm.num_batches_tracked?.item()]).toEqual([before, 1]);
    expect(() => norm.forward(tg.ones(1, 1, 1, 1))).toThrow(
      'BatchNorm1d: expected [N, C] or [N, C, L], got (1, 1, 1, 1)',
    );
  });

  test('dropout: elements, or whole channels, and nothing in evaluation', () => {
    tg.manualSeed(2);
    const x = tg.ones(1, 64, 4, 4);
    const dropped = new nn.Dropout(0.25).forward(x).reshape(-1).tolist() as number[];
    expect(new Set(dropped)).toEqual(new Set([0, Math.fround(4 / 3)]));
    expect(Math.abs(dropped.filter((v) => v === 0).length / 1024 - 0.25)).toBeLessThan(0.05);
    const channels = new nn.Dropout2d(0.5).forward(x).reshape(64, 16);
    expect(channels.amax(1).tolist()).toEqual(channels.amin(1).tolist());
    expect(new nn.Dropout(0.25).eval().forward(x)).toBe(x);
  });

  test('RReLU: a drawn slope in training, the mean slope in evaluation', () => {
    const layer = new nn.RReLU(0.1, 0.3);
    const y = layer.forward(tg.full([1000], -1)).tolist() as number[];
    expect([y.every((v) => v <= -0.1 && v >= -0.3), new Set(y).size > 100]).toEqual([true, true]);
    expect(
      layer
        .eval()
        .forward(tg.tensor([-1]))
        .item(),
    ).toBeCloseTo(-0.2, 6);
  });
});

describe('options that change a result', () => {
  test('max pooling returns indices, and unpooling undoes it', () => {
    const x = tg.tensor([[[1, 2, 4, 3]]]);
    const [values, indices] = new nn.MaxPool1d(2, { returnIndices: true }).forward(x);
    expect([values.tolist(), indices.tolist()]).toEqual([[[[2, 4]]], [[[1, 2]]]]);
    expect(new nn.MaxUnpool1d(2).forward(values, indices).tolist()).toEqual([[[0, 2, 4, 0]]]);
    expect(new nn.MaxUnpool1d(2).forward(values, indices, { outputSize: [5] }).shape).toEqual([1, 1, 5]);
    const plain: tg.Tensor = new nn.MaxPool1d(2).forward(x);
    expect(plain.tolist()).toEqual([[[2, 4]]]);
  });

  test('softmax without a dimension takes the one PyTorch took', () => {
    const sums = (shape: number[], dim: number): unknown =>
      new nn.Softmax().forward(tg.ones(shape)).sum(dim).reshape(-1).at(0).item();
    expect([sums([3], 0), sums([2, 3], 1), sums([2, 3, 4], 0), sums([1, 3, 1, 1], 1)]).toEqual(
      [1, 1, 1, 1].map((v) => expect.closeTo(v, 5)),
    );
    expect(() => new nn.Softmax2d().forward(tg.ones(2))).toThrow(
      'Softmax2d: expected [N, C, H, W] or [C, H, W], got (2,)',
    );
  });

  test('embeddings from given rows are frozen unless told', () => {
    const rows = tg.tensor([
      [1, 2],
      [3, 4],
    ]);
    const layer = nn.Embedding.fromPretrained(rows);
    expect(layer.forward([1, 0]).tolist()).toEqual([
      [3, 4],
      [1, 2],
    ]);
    expect([
      layer.weight.requiresGrad,
      nn.Embedding.fromPretrained(rows, { freeze: false }).weight.requiresGrad,
    ]).toEqual([false, true]);
    const bag = nn.EmbeddingBag.fromPretrained(rows, { mode: 'sum' });
    expect(bag.forward([0, 1, 1], { offsets: [0, 1] }).tolist()).toEqual([
      [1, 2],
      [6, 8],
    ]);
    expect(() => nn.Embedding.fromPretrained(tg.ones(2))).toThrow('expected (entries, features), got shape (2,)');
  });

  test('Identity takes any arguments', () => {
    const x = tg.ones(2);
    expect(new nn.Identity(54, { unused: true }).forward(x)).toBe(x);
  });

  test('weight norm learns length and direction; removing it gives one parameter again', () => {
    const layer = new nn.Linear(3, 2);
    const [x, before] = [tg.randn(4, 3), layer.weight.detach().clone()];
    const y = rounded(layer.forward(x));
    expect(nn.utils.weightNorm(layer)).toBe(layer);
    expect(layer.namedParameters().map(([name, p]) => [name, p.shape])).toEqual([
      ['bias', [2]],
      ['weight_g', [2, 1]],
      ['weight_v', [2, 3]],
    ]);
    expect(tg.allclose(layer.weight, before)).toBe(true);
    layer.forward(x).sum().backward();
    expect(layer.getParameter('weight_g').grad?.shape).toEqual([2, 1]);
    nn.utils.removeWeightNorm(layer);
    expect(layer.namedParameters().map(([name]) => name)).toEqual(['bias', 'weight']);
    expect(layer.forward(x).sub(tg.tensor(y).reshape(4, 2)).abs().max().item()).toBeLessThan(1e-5);
    expect(() => nn.utils.weightNorm(layer, 'kernel')).toThrow('Linear has no parameter kernel of its own');
    expect(() => nn.utils.removeWeightNorm(layer)).toThrow('Linear has no weight norm of weight');
  });
});
