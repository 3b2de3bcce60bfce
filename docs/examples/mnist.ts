/**
 * Trains a small convolutional network on the 60,000 training images of MNIST and tests it on the other 10,000.
 * `npm start -- --help` explains the flags. The network: Y. LeCun et al., "Gradient-Based Learning Applied to Document
 * Recognition" (1998), with ReLU and max pooling.
 */
import { createHash } from 'node:crypto';
import { writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import * as tg from '../../lib/index.js';
import {
  createDirectory,
  type Run,
  readCheckpoint,
  restore,
  resumedOptions,
  saveCheckpoint,
} from './mnist/checkpoint.js';
import { messageOf, UserError } from './mnist/errors.js';
import { bundledDirectory, type Digits, fingerprint, readDigits, SIDE } from './mnist/idx.js';
import { type Options, parseCommandLine } from './mnist/options.js';
import { showProgress } from './mnist/progress.js';
import { type Evaluation, type Mistake, renderReport } from './mnist/report.js';

const { nn, optim } = tg;
const F = nn.functional;
const CLASSES = 10;
const TEST_BATCH = 250;

function createModel(): tg.nn.Sequential {
  return new nn.Sequential(
    new nn.Conv2d(1, 8, 5), // 28 x 28 -> 24 x 24
    new nn.MaxPool2d(2), // -> 12 x 12
    new nn.ReLU(),
    new nn.Conv2d(8, 16, 5), // -> 8 x 8
    new nn.MaxPool2d(2), // -> 4 x 4
    new nn.ReLU(),
    new nn.Flatten(),
    new nn.Linear(16 * 4 * 4, 64),
    new nn.ReLU(),
    new nn.Linear(64, CLASSES),
  );
}

/** Images as (N, 1, 28, 28) with mean 0 and standard deviation 1 over the training set, labels as (N). */
function toTensors(digits: Digits, device: tg.Device): { images: tg.Tensor; labels: tg.Tensor } {
  const images = tg.tensor(digits.images, { shape: [digits.count, 1, SIDE, SIDE], dtype: 'float32' });
  images.div_(255).sub_(0.1307).div_(0.3081);
  return { images: images.to(device), labels: tg.tensor(digits.labels, { dtype: 'int32' }).to(device) };
}

async function train(run: Run, digits: Digits, options: Options, signal: AbortSignal): Promise<void> {
  const { model, optimizer, scheduler, losses } = run;
  const { epochs, batchSize, seed, device } = options;
  const { images, labels } = toTensors(digits, device);
  const done = run.epoch * digits.count + Math.min(run.batch * batchSize, digits.count);
  const progress = showProgress(epochs * digits.count, done, epochs);
  try {
    model.train();
    for (; run.epoch < epochs; run.epoch++, run.batch = 0) {
      // A generator of its own for each epoch: the order can be made again, and a resumed run skips what it has done.
      const generator = new tg.Generator().manualSeed(seed + run.epoch);
      const order = tg.randperm(digits.count, { generator }).to(device);
      for (; run.batch * batchSize < digits.count; run.batch++) {
        signal.throwIfAborted();
        const first = run.batch * batchSize;
        const indices = order.narrow(0, first, Math.min(batchSize, digits.count - first));
        optimizer.zeroGrad();
        const loss = F.crossEntropy(model.forward(images.indexSelect(0, indices)), labels.indexSelect(0, indices));
        loss.backward();
        optimizer.step();
        scheduler.step();
        losses.push(loss.item());
        progress.update(run.epoch * digits.count + first + indices.numel(), loss.item(), run.epoch + 1);
        await nextTurn(); // lets Ctrl-C in: no signal handler runs inside a synchronous loop
      }
    }
  } finally {
    progress.stop();
  }
}

async function evaluate(
  model: tg.nn.Module,
  digits: Digits,
  device: tg.Device,
  signal: AbortSignal,
): Promise<Evaluation> {
  const { images } = toTensors(digits, device);
  const confusion = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  const mistakes: Mistake[] = [];
  model.eval();
  for (let first = 0; first < digits.count; first += TEST_BATCH) {
    signal.throwIfAborted();
    const batch = images.narrow(0, first, Math.min(TEST_BATCH, digits.count - first));
    const probabilities = tg.noGrad(() => F.softmax(model.forward(batch), 1));
    const predictions = probabilities.argmax(1).tolist() as number[];
    const rows = probabilities.tolist() as number[][];
    for (const [i, predicted] of predictions.entries()) {
      const label = digits.labels[first + i];
      confusion[label][predicted]++;
      if (predicted === label) continue;
      const pixels = digits.images.subarray((first + i) * SIDE * SIDE, (first + i + 1) * SIDE * SIDE);
      mistakes.push({ pixels, label, predicted, confidence: rows[i][predicted], probability: rows[i][label] });
    }
    await nextTurn();
  }
  mistakes.sort((a, b) => a.probability - b.probability);
  return { accuracy: 100 * (1 - mistakes.length / digits.count), confusion, mistakes };
}

async function main(signal: AbortSignal): Promise<void> {
  const commandLine = parseCommandLine(process.argv);
  const { resume, out } = commandLine.options;
  const checkpoint = resume === undefined ? undefined : readCheckpoint(resume);
  const options = checkpoint ? resumedOptions(commandLine, checkpoint) : commandLine.options;
  if (options.data !== undefined) options.data = resolve(options.data);
  createDirectory(out);

  const directory = options.data ?? bundledDirectory();
  const training = readDigits(directory, 'train', options.limit);
  const test = readDigits(directory, 't10k', options.limit);
  const digits = fingerprint(training);
  if (checkpoint && checkpoint.digits !== digits) {
    throw new UserError(`--data ${directory}: not the images that the checkpoint was trained on`);
  }
  if (options.device === 'webgpu') await openGpu();

  tg.manualSeed(options.seed);
  const model = createModel().to(options.device);
  const optimizer = new optim.Adam(model.parameters(), { lr: options.lr });
  const totalSteps = options.epochs * Math.ceil(training.count / options.batchSize);
  const scheduler = new optim.lrScheduler.OneCycleLR(optimizer, { maxLr: options.lr, totalSteps });
  const run: Run = { model, optimizer, scheduler, epoch: 0, batch: 0, losses: [] };
  if (checkpoint) restore(run, checkpoint);

  const file = join(out, 'checkpoint');
  let evaluation: Evaluation;
  try {
    await train(run, training, options, signal);
    saveCheckpoint(file, run, options, digits);
    evaluation = await evaluate(model, test, options.device, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    saveCheckpoint(file, run, options, digits);
    console.log(
      `interrupted in epoch ${Math.min(run.epoch + 1, options.epochs)}, saved; to go on:\n  npm start -- --resume ${file}`,
    );
    process.exitCode = 130;
    return;
  }

  const sha256 = createHash('sha256').update(tg.io.save(model.stateDict())).digest('hex');
  const report = join(out, 'report.html');
  writeFileSync(
    report,
    renderReport(run.losses, evaluation, {
      'training images': `${training.count}, ${options.epochs} times`,
      'test images': String(test.count),
      'batch size': String(options.batchSize),
      'learning rate': String(options.lr),
      seed: String(options.seed),
      device: options.device,
      'weights sha256': sha256,
    }),
  );
  console.log(`wrote ${file} and ${report}`);
  console.log(`weights sha256 ${sha256}`);
  console.log(`test accuracy: ${evaluation.accuracy.toFixed(2)} %`);
}

async function openGpu(): Promise<void> {
  try {
    await tg.webgpu();
  } catch (error) {
    throw new UserError(`--device webgpu: ${messageOf(error)}`);
  }
}

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
try {
  await main(stop.signal);
} catch (error) {
  if (!(error instanceof UserError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
