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
import { UserError } from './mnist/errors.js';
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

/** Images as (1, 28, 28) with mean 0 and standard deviation 1 over the training set, and labels. */
function toDataset(digits: Digits, device: tg.Device): tg.data.TensorDataset {
  const images = tg.tensor(digits.images, { shape: [digits.count, 1, SIDE, SIDE], dtype: 'float32' });
  images.div_(255).sub_(0.1307).div_(0.3081);
  return new tg.data.TensorDataset(images.to(device), tg.tensor(digits.labels, { dtype: 'int32' }).to(device));
}

async function train(run: Run, dataset: tg.data.TensorDataset, options: Options, signal: AbortSignal): Promise<void> {
  const { model, optimizer, scheduler, losses } = run;
  const { epochs, batchSize, seed } = options;
  let done = run.epoch * dataset.length + Math.min(run.batch * batchSize, dataset.length);
  const progress = showProgress(epochs * dataset.length, done, epochs);
  try {
    model.train();
    for (; run.epoch < epochs; run.epoch++, run.batch = 0) {
      // A generator of its own for each epoch: a resumed run makes the same order again and skips what was done, unread.
      const generator = new tg.Generator().manualSeed(seed + run.epoch);
      const order = [...new tg.data.RandomSampler(dataset, { generator })];
      const loader = new tg.data.DataLoader(dataset, { batchSize, sampler: order.slice(run.batch * batchSize) });
      for (const [images, labels] of loader) {
        await nextTurn(); // lets Ctrl-C in: no signal handler runs inside a synchronous loop
        signal.throwIfAborted();
        optimizer.zeroGrad();
        const loss = F.crossEntropy(model.forward(images), labels);
        loss.backward();
        optimizer.step();
        scheduler.step();
        losses.push(loss.item());
        run.batch++;
        done += labels.numel();
        progress.update(done, loss.item(), run.epoch + 1);
      }
    }
  } finally {
    progress.stop();
  }
}

async function evaluate(
  model: tg.nn.Sequential,
  dataset: tg.data.TensorDataset,
  digits: Digits,
  signal: AbortSignal,
): Promise<Evaluation> {
  const confusion = Array.from({ length: CLASSES }, () => new Array<number>(CLASSES).fill(0));
  const mistakes: Mistake[] = [];
  let index = 0;
  model.eval();
  for (const [images] of new tg.data.DataLoader(dataset, { batchSize: TEST_BATCH })) {
    await nextTurn();
    signal.throwIfAborted();
    const probabilities = tg.noGrad(() => F.softmax(model.forward(images), 1));
    const predictions = probabilities.argmax(1);
    for (let row = 0; row < predictions.numel(); row++, index++) {
      const predicted = predictions.at(row).item();
      const label = digits.labels[index];
      confusion[label][predicted]++;
      if (predicted === label) continue;
      mistakes.push({
        pixels: digits.images.subarray(index * SIDE * SIDE, (index + 1) * SIDE * SIDE),
        label,
        predicted,
        confidence: probabilities.at(row, predicted).item(),
        probability: probabilities.at(row, label).item(),
      });
    }
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
  if (options.device === 'webgpu') await tg.webgpu();

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
    await train(run, toDataset(training, options.device), options, signal);
    saveCheckpoint(file, run, options, digits);
    evaluation = await evaluate(model, toDataset(test, options.device), test, signal);
  } catch (error) {
    if (!signal.aborted || error !== signal.reason) throw error;
    saveCheckpoint(file, run, options, digits);
    const epoch = Math.min(run.epoch + 1, options.epochs);
    const argument = /\s/.test(file) ? `"${file}"` : file;
    console.log(`interrupted in epoch ${epoch}, saved; to go on:\n  npm start -- --resume ${argument}`);
    process.exitCode = 130;
    return;
  }

  const sha256 = createHash('sha256').update(tg.io.save(model.stateDict())).digest('hex');
  const report = join(out, 'report.html');
  writeFileSync(
    report,
    renderReport(run.losses, evaluation, {
      'training images': String(training.count),
      'test images': String(test.count),
      epochs: String(options.epochs),
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

const stop = new AbortController();
process.on('SIGINT', () => stop.abort());
try {
  await main(stop.signal);
} catch (error) {
  if (!(error instanceof UserError || error instanceof tg.DeviceError)) throw error;
  console.error(`error: ${error.message}`);
  process.exitCode = 2;
}
