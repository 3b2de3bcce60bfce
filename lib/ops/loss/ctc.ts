import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { IndexError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { fromValues } from '../creation/values.js';
import { type Indices, indexTensor } from '../indexing/indices.js';
import { requireFloat } from '../reduction/reduction.js';
import { type LossReduction, reduced, reductionOf } from './lossReduction.js';

/** The classes to spell and how much of each sample counts. */
interface Spelling {
  readonly labels: readonly (readonly number[])[];
  readonly lengths: readonly number[];
  readonly blank: number;
}

const { exp, log, max } = Math;

function logSum(a: number, b: number): number {
  const top = max(a, b);
  return top === -Infinity ? top : top + log(exp(a - top) + exp(b - top));
}

/** Log probabilities of one sample: step t, class c at `at(t, c)`. */
interface Steps {
  readonly values: ArrayLike<number>;
  readonly first: number;
  readonly stride: number;
  readonly length: number;
}

/** The states that spell labels: a blank before, between and after them. */
const statesOf = (labels: readonly number[], blank: number): number[] => [blank, ...labels.flatMap((l) => [l, blank])];

/**
 * Log probability of every state at every step, of all beginnings of spellings that end there (A. Graves et al., 2006, section 4.1).
 * With `reverse` steps and states are counted from their ends: then of all ends of spellings that begin there.
 */
function sweep(steps: Steps, states: readonly number[], reverse: boolean): Float64Array {
  const { values, first, stride, length } = steps;
  const count = states.length;
  const table = new Float64Array(length * count).fill(-Infinity);
  const row = (t: number): number => (reverse ? length - 1 - t : t) * count;
  const state = (s: number): number => (reverse ? count - 1 - s : s);
  const probability = (t: number, s: number): number =>
    values[first + (reverse ? length - 1 - t : t) * stride + states[state(s)]];
  for (let s = 0; s < Math.min(2, count) && length > 0; s++) table[row(0) + state(s)] = probability(0, s);
  for (let t = 1; t < length; t++) {
    for (let s = 0; s < count; s++) {
      const before = row(t - 1);
      let sum = table[before + state(s)];
      if (s > 0) sum = logSum(sum, table[before + state(s - 1)]);
      // A blank cannot be jumped over, nor the one between two equal labels.
      if (s > 1 && states[state(s)] !== states[state(s - 2)]) sum = logSum(sum, table[before + state(s - 2)]);
      table[row(t) + state(s)] = sum + probability(t, s);
    }
  }
  return table;
}

/** Minus the log probability of all spellings, from the forward sweep. */
function negativeLogLikelihood(forward: Float64Array, states: number, length: number): number {
  if (length === 0) return states === 1 ? 0 : Infinity;
  const last = length * states - 1;
  return -(states === 1 ? forward[last] : logSum(forward[last], forward[last - 1]));
}

function stepsOf(values: ArrayLike<number>, shape: readonly number[], sample: number, length: number): Steps {
  const [, batch, classes] = shape;
  return { values, first: sample * classes, stride: batch * classes, length };
}

const ctcRow: Row<Spelling> = {
  name: 'ctcLoss',
  infer: ([x]) => [{ shape: [x.shape[1]], dtype: x.dtype }],
  kernel(k, [y], [x], { labels, lengths, blank }) {
    const values = k.read(x) as Float32Array;
    const losses = labels.map((label, n) => {
      const states = statesOf(label, blank);
      const forward = sweep(stepsOf(values, x.shape, n, lengths[n]), states, false);
      return negativeLogLikelihood(forward, states.length, lengths[n]);
    });
    k.upload(y.buffer, y.offset, x.dtype === 'float64' ? Float64Array.from(losses) : Float32Array.from(losses));
  },
  saves: [0],
  grad: (_t, [g], [x], _y, spelling) => [apply1(ctcBackwardRow, [g, x], spelling)],
};

/**
 * The gradient under the assumption that each step's probabilities sum to one, as those of logSoftmax do: probability of a class less
 * that of being in one of its states. Going through logSoftmax it is the true one.
 */
const ctcBackwardRow: Row<Spelling> = {
  name: 'ctcLossBackward',
  infer: ([, x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel(k, [y], [g, x], { labels, lengths, blank }) {
    const values = k.read(x) as Float32Array;
    const factors = k.read(g) as Float32Array;
    const gradient = x.dtype === 'float64' ? new Float64Array(values.length) : new Float32Array(values.length);
    const classes = x.shape[2];
    labels.forEach((label, n) => {
      const factor = factors[n];
      if (factor === 0) return;
      const states = statesOf(label, blank);
      const steps = stepsOf(values, x.shape, n, lengths[n]);
      const forward = sweep(steps, states, false);
      const backward = sweep(steps, states, true);
      const loss = negativeLogLikelihood(forward, states.length, lengths[n]);
      const sums = new Float64Array(classes);
      for (let t = 0; t < lengths[n]; t++) {
        sums.fill(-Infinity);
        states.forEach((c, s) => {
          const at = t * states.length + s;
          sums[c] = logSum(sums[c], forward[at] + backward[at]);
        });
        for (let c = 0; c < classes; c++) {
          const at = steps.first + t * steps.stride + c;
          gradient[at] = factor * (exp(values[at]) - exp(sums[c] + loss - values[at]));
        }
      }
    });
    k.upload(y.buffer, y.offset, gradient);
  },
};

type Lengths = Tensor | number | readonly number[];

function lengthsOf(what: string, given: Lengths, like: Tensor, most: number): number[] {
  const list = [indexTensor('ctcLoss', given, like).tolist() as number | number[]].flat();
  if (list.length !== like.shape[1]) {
    throw new ShapeError(
      `ctcLoss: ${what} has ${list.length} entries for ${like.shape[1]} samples (input of shape ${showShape(like.shape)})`,
    );
  }
  for (const n of list) {
    if (n >= 0 && n <= most) continue;
    throw new ValueError(`ctcLoss: ${what} holds ${n}; it must lie between 0 and ${most}`);
  }
  return list;
}

/** Each sample's labels, from rows of equal length or from one list of all. */
function labelsOf(targets: Tensor, given: Lengths, x: Tensor, blank: number): number[][] {
  const classes = x.shape[2];
  const flat = targets.flatten().tolist() as number[];
  const rows = targets.shape.length === 2;
  if (targets.shape.length > 2 || (rows && targets.shape[0] !== x.shape[1])) {
    throw new ShapeError(
      `ctcLoss: the targets have shape ${showShape(targets.shape)}; an input of shape ${showShape(x.shape)} needs (${x.shape[1]}, S) or one list`,
    );
  }
  const lengths = lengthsOf('targetLengths', given, x, rows ? targets.shape[1] : flat.length);
  if (!rows && lengths.reduce((sum, n) => sum + n, 0) !== flat.length) {
    throw new ShapeError(`ctcLoss: targetLengths (${lengths.join(', ')}) must sum to the ${flat.length} targets`);
  }
  let next = 0;
  return lengths.map((n, sample) => {
    const start = rows ? sample * targets.shape[1] : next;
    next += n;
    const labels = flat.slice(start, start + n);
    const wrong = labels.find((label) => label < 0 || label >= classes || label === blank);
    if (wrong === undefined) return labels;
    throw new IndexError(
      `ctcLoss: target ${wrong} is ${wrong === blank ? 'the blank' : 'out of range'}; use 0 to ${classes - 1} but ${blank}`,
    );
  });
}

/** Options of `ctcLoss`. */
export interface CtcOptions {
  targets?: Tensor | Indices;
  /** How many of the T steps count in each sample. */
  inputLengths?: Lengths;
  /** How many labels each sample has. */
  targetLengths?: Lengths;
  /** The class that stands for no label. */
  blank?: number;
  /** 'mean' divides each loss by its target's length first; 'mean' unless given. */
  reduction?: LossReduction;
  /** Losses of targets that do not fit their input count 0 rather than infinity. */
  zeroInfinity?: boolean;
}

/**
 * Connectionist temporal classification (A. Graves et al., 2006) of log probabilities (T, N, C), or (T, C), with targets (N, S) or all
 * targets in one list. The mean is over losses divided by their target's length. The gradient takes the input for one of
 * `logSoftmax`, and has no gradient itself. PyTorch: torch.nn.functional.ctc_loss.
 */
export const ctcLoss: Fn<
  [
    logProbs: Tensor,
    targets: Tensor | Indices,
    inputLengths: Lengths,
    targetLengths: Lengths,
    blank?: number,
    reduction?: LossReduction,
    zeroInfinity?: boolean,
  ],
  CtcOptions,
  Tensor
> = fn(
  "ctcLoss(logProbs, targets, inputLengths, targetLengths, blank=0, reduction='mean', zeroInfinity=false)",
  (logProbs, targets, inputLengths, targetLengths, blank, reduction, zeroInfinity) => {
    checkTensor('ctcLoss', logProbs);
    requireFloat('ctcLoss', logProbs.dtype);
    const how = reductionOf('ctcLoss', null, null, reduction);
    const rank = logProbs.shape.length;
    if (rank !== 2 && rank !== 3) {
      throw new ShapeError(`ctcLoss: the input has shape ${showShape(logProbs.shape)}; it needs (T, N, C) or (T, C)`);
    }
    const batched = rank === 3 ? logProbs : logProbs.unsqueeze(1);
    const x = batched.dtype === 'float16' ? batched.to('float32') : batched;
    const [steps, , classes] = x.shape;
    if (!Number.isInteger(blank) || blank < 0 || blank >= classes) {
      throw new ValueError(`ctcLoss: blank ${blank} is none of the ${classes} classes`);
    }
    const lengths = lengthsOf('inputLengths', inputLengths, x, steps);
    const labels = labelsOf(indexTensor('ctcLoss', targets, x), targetLengths, x, blank);
    const each = apply1(ctcRow, [x], { labels, lengths, blank });
    const finite = zeroInfinity ? each.where(each.detach().ne(Infinity), 0) : each;
    const sizes = labels.map((label) => max(1, label.length));
    const losses = how === 'mean' ? finite.div(fromValues(sizes, [sizes.length], x.dtype).to(x.device)) : finite;
    const result = reduced(how === 'none' && rank === 2 ? losses.squeeze(0) : losses, how);
    return result.to(logProbs.dtype);
  },
  {
    samples: (m) => [
      [
        m(6, 2, 4).logSoftmax(-1),
        [
          [1, 2, 2],
          [3, 1, 0],
        ],
        [6, 5],
        [3, 2],
      ],
      [m(5, 4).logSoftmax(-1), [1, 2, 1], 5, 3, { blank: 3, reduction: 'sum' }],
      [m(3, 2, 4).logSoftmax(-1), [1, 1, 1, 2, 2], [3, 3], [3, 2], 0, 'none', true],
    ],
    gradcheck: 'the gradient is right behind logSoftmax only',
    errors: (m) => [
      [[m(5), [1], [5], [1]], 'it needs (T, N, C) or (T, C)'],
      [[m(5, 1, 3), [[3]], [5], [1]], 'target 3 is out of range'],
      [[m(5, 1, 3), [[0]], [5], [1]], 'target 0 is the blank'],
      [[m(5, 1, 3), [[1]], [6], [1]], 'inputLengths holds 6'],
      [[m(5, 2, 3), [[1], [1]], [5], [1, 1]], 'inputLengths has 1 entries for 2 samples'],
      [[m(5, 1, 3), [[1]], [5], [1], { blank: 3 }], 'blank 3 is none of the 3 classes'],
    ],
  },
);
