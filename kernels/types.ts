import type { Formula } from './dag.js';
import type { Recurrence } from './recurrence.js';

/** Element types. float16 lives in a Uint16Array, bool in a Uint8Array, int64 in a BigInt64Array. */
export type DType = 'float32' | 'float64' | 'float16' | 'int32' | 'int64' | 'uint8' | 'int8' | 'int16' | 'bool';

export type TypedArray =
  | Float32Array
  | Float64Array
  | Uint16Array
  | Int32Array
  | BigInt64Array
  | Uint8Array
  | Int8Array
  | Int16Array;

/** Memory of a device other than the CPU; what is inside is the device's own business. */
export interface DeviceBuffer {
  readonly byteLength: number;
}

/** What a view looks into: a typed array on the CPU, an opaque object elsewhere. */
export type Buffer = TypedArray | DeviceBuffer;

/** A strided window on a buffer; offset and strides count elements, a stride may be 0 or negative. */
export interface View {
  readonly buffer: Buffer;
  readonly offset: number;
  readonly shape: readonly number[];
  readonly strides: readonly number[];
  readonly dtype: DType;
}

/** An operand of a formula: elements, or one number for the whole launch. */
export type Operand = View | number;

/** What one launch of a formula writes and reads, and how many elements that are. */
export interface Launch {
  readonly size: number;
  readonly outputs: readonly View[];
  readonly inputs: readonly Operand[];
}

/** A reduction in formulas: `after(combine(... combine(init, before(x0)) ..., before(xn)), count)`. */
export interface Reduction {
  readonly name: string;
  readonly init: number;
  readonly before: Formula;
  readonly combine: Formula;
  readonly after: Formula;
  /** Compiled code, one slot per device; nothing else may touch it. */
  readonly compiled: unknown[];
}

/** Stride, padding and dilation of a convolution, one entry per spatial dimension. */
export interface Convolution {
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
  readonly groups: number;
}

/** Window of a pooling operation, one entry per spatial dimension. */
export interface Window {
  readonly size: readonly number[];
  readonly stride: readonly number[];
  readonly padding: readonly number[];
  readonly dilation: readonly number[];
}

/** How scattered elements meet what is there. */
export type ScatterMode = 'set' | 'add' | 'multiply' | 'max' | 'min';

/** Over which dimensions mean and variance are taken, and what is added to the variance. */
export interface Normalization {
  readonly dims: readonly number[];
  readonly eps: number;
}

/** A normalized input: what is broadcast to its shape, and the statistics, whose folded dimensions have size 1. */
export interface Normalized {
  readonly input: View;
  readonly weight: View | null;
  readonly bias: View | null;
  readonly mean: View;
  readonly variance: View;
}

/**
 * What one direction of a recurrent layer is made of: inputs (T, N, I), the state before (N, H), the weights (G H, I) and (G H, H) for G gates, and
 * their biases (G H), both or none.
 */
export interface RecurrentOperands {
  readonly input: View;
  readonly inputWeight: View;
  readonly weight: View;
  readonly h: View;
  /** Of an LSTM alone. */
  readonly c: View | null;
  readonly inputBias: View | null;
  readonly bias: View | null;
}

/** Every step's h, c (T, N, H), and what the gradient reads beside them (T, K, N, H), null where nobody wants it. */
export interface RecurrentResults {
  readonly output: View;
  /** Of an LSTM alone. */
  readonly cells: View | null;
  readonly kept: View | null;
}

/** Gradients to the operands; null where not wanted. */
export type RecurrentGradients = { readonly [K in keyof RecurrentOperands]: View | null };

/**
 * Queries (N, H, L, E), keys (N, H, S, E) and values (N, H, S, V) of any strides; what is added to the scores and what their softmax is
 * multiplied with, both (N, H, L, S), or none.
 */
export interface Attention {
  readonly query: View;
  readonly key: View;
  readonly value: View;
  readonly mask: View | null;
  readonly kept: View | null;
}

/** What scores are multiplied with, and whether each position sees only those up to its own (then there is no mask). */
export interface AttentionOptions {
  readonly scale: number;
  readonly causal: boolean;
}

/** Windows along one dimension: window i covers elements from starts[i] up to and without ends[i]. */
export interface Spans {
  readonly starts: readonly number[];
  readonly ends: readonly number[];
  /** What sums are divided by, one factor of it. */
  readonly divisors: readonly number[];
}

/** How the loss of class indices is taken; targets equal to `ignoreIndex` count nothing. */
export interface ClassLoss {
  /** The dimension of classes. */
  readonly dim: number;
  readonly ignoreIndex: number;
  /** The share of each target that is spread over all classes. */
  readonly smoothing: number;
  readonly reduction: 'none' | 'mean' | 'sum';
}

/** Logits, a class for each of their lines, and a factor for each class; all but the indices have one dtype. */
export interface Classified {
  readonly input: View;
  readonly index: View;
  readonly weight: View | null;
}

/** What networks spend time on beside products, in one launch; without it the composition of other families runs. */
export interface FusedKernels {
  /** output = input weight' + bias for an input [N, I], a weight [O, I] and a bias [O], or none. */
  linear(output: View, input: View, weight: View, bias: View | null): void;
  /** Gradients of `linear` to input, weight and bias (null where not wanted) from that to its output. */
  linearBackward(
    to: { readonly input: View | null; readonly weight: View | null; readonly bias: View | null },
    gradient: View,
    input: View,
    weight: View,
  ): void;
  /** exp(x) over its sum along `dim` (no dimension: one element), or the logarithm of that. */
  softmax(output: View, input: View, dim: number, logarithm: boolean): void;
  /** Gradient of `softmax` to its input, from that to its result, and the result. */
  softmaxBackward(output: View, gradient: View, result: View, dim: number, logarithm: boolean): void;
  /** output = (input - mean) / sqrt(variance + eps) weight + bias; writes mean and (biased) variance too. */
  normalize(output: View, operands: Normalized, options: Normalization): void;
  /**
   * Gradients of `normalize`: writes those to input, weight and bias (the last two of one shape, null where not wanted) from those to
   * output, mean and variance.
   */
  normalizeBackward(
    to: { readonly input: View; readonly weight: View | null; readonly bias: View | null },
    gradients: { readonly output: View; readonly mean: View; readonly variance: View },
    operands: Normalized,
    options: Normalization,
  ): void;
  /**
   * Cross entropy: one number, or one for each index. Writes each line's largest element and the logarithm of its sum of exponentials
   * relative to that into `shifts`, [2, ...index]. Returns the first index that is no class, with nothing written, or null.
   */
  crossEntropy(to: { loss: View; shifts: View }, operands: Classified, options: ClassLoss): number | null;
  /** Gradient of `crossEntropy` to its input. */
  crossEntropyBackward(to: View, gradient: View, shifts: View, operands: Classified, options: ClassLoss): void;
  /** Planes [N, C, ...] of zeros with the source's elements added at the flat places that indices (int32) name: the gradient of `maxPool`. */
  addToPlanes(output: View, source: View, indices: View): void;
  /** Sums of windows of [N, C, ...] over the product of their divisors; one entry of `spans` for each spatial dimension, at most three. */
  meanPool(output: View, input: View, spans: readonly Spans[]): void;
  /** Gradient of `meanPool`. */
  meanPoolBackward(output: View, gradient: View, spans: readonly Spans[]): void;
  /** One direction of a recurrent layer over at least one step; `reverse` begins with the last. */
  recurrence(kind: Recurrence, results: RecurrentResults, operands: RecurrentOperands, reverse: boolean): void;
  /** Gradients of `recurrence` from those to every h and c. */
  recurrenceBackward(
    kind: Recurrence,
    to: RecurrentGradients,
    gradients: Pick<RecurrentResults, 'output' | 'cells'>,
    operands: RecurrentOperands,
    results: RecurrentResults,
    reverse: boolean,
  ): void;
  /** weights = softmax(query key' scale + mask), output (N, H, L, V; any strides) = (weights times kept) value. No size is 0. */
  attention(to: { output: View; weights: View }, operands: Attention, options: AttentionOptions): void;
  /** Gradients of `attention` (any strides, null where not wanted) from those to its output and its weights, and the weights. */
  attentionBackward(
    to: { readonly [name in 'query' | 'key' | 'value']: View | null },
    gradients: { readonly output: View; readonly weights: View },
    weights: View,
    operands: Attention,
    options: AttentionOptions,
  ): void;
}

/**
 * What a device must offer. Outputs are allocated by the caller and contiguous unless a comment says otherwise; kernels never allocate results,
 * never see a tensor and check nothing: shapes and dtypes have been inferred before.
 */
export interface Kernels {
  /** Uninitialised memory for `count` elements. */
  allocate(dtype: DType, count: number): Buffer;
  /** Takes memory back that nobody will look at again, for coming results; a device may leave that to the collector. */
  recycle?(buffer: Buffer): void;
  /** Writes `data` at element `offset` of a buffer. */
  upload(buffer: Buffer, offset: number, data: TypedArray): void;
  /** The view's elements, row-major, in memory of their own; waits for the device. */
  read(view: View): TypedArray;
  /** The same where waiting is not possible. */
  readAsync(view: View): Promise<TypedArray>;

  /** Output (any strides) = input, converted to the output's dtype. */
  copy(output: View, input: View): void;
  /** One value everywhere (any strides). */
  fill(output: View, value: number | bigint): void;
  /** outputs = formula(inputs), computed in `compute`; inputs broadcast to the outputs' one shape; outputs may have any strides. */
  pointwise(formula: Formula, compute: DType, outputs: readonly View[], inputs: readonly Operand[]): void;
  /** The short forms of `pointwise` for one output. */
  pointwise1(formula: Formula, compute: DType, output: View, a: Operand): void;
  pointwise2(formula: Formula, compute: DType, output: View, a: Operand, b: Operand): void;
  /**
   * The shortest forms: `size` elements of one shape that lie one after another in output and operands, which hold the dtype of the
   * computation (the output may be bool).
   */
  flat1(formula: Formula, compute: DType, size: number, output: View, a: View): void;
  flat2(formula: Formula, compute: DType, size: number, output: View, a: View, b: Operand): void;
  /**
   * The same for many operands, and for several launches one after the other; inputs may be numbers, always at the same places of the formula.
   * A device may lack it.
   */
  flatEach?(formula: Formula, compute: DType, launches: readonly Launch[]): void;

  /** Folds `dims` of the input; the output has the kept dimensions in order. */
  reduce(reduction: Reduction, output: View, input: View, dims: readonly number[]): void;
  /** Largest or smallest along `dim` and where it is (first one on ties, NaN wins); outputs lack `dim`. */
  argreduce(kind: 'max' | 'min', values: View | null, indices: View, input: View, dim: number): void;
  /** Running fold along `dim`; indices (of the running extreme, last one on ties) for max and min only. */
  scan(kind: 'sum' | 'prod' | 'max' | 'min', output: View, indices: View | null, input: View, dim: number): void;
  /** Stable sort along `dim`, NaN largest; the outputs have the input's shape, or are shorter along `dim` and get the first ones. */
  sort(values: View, indices: View, input: View, dim: number, descending: boolean): void;

  /** output[..., m, n] = sum over k of a[..., m, k] b[..., k, n]; batch dimensions agree (stride 0 broadcasts). */
  matmul(output: View, a: View, b: View): void;

  /** Cross-correlation: input [N, C, ...], weight [O, C / groups, ...], output [N, O, ...]; plus a bias [O] if there is one. */
  convolution(output: View, input: View, weight: View, options: Convolution, bias?: View): void;
  /** Gradient of `convolution` to its input: also the forward of a transposed convolution, plus a bias [C] if there is one. */
  convolutionInput(output: View, gradient: View, weight: View, options: Convolution, bias?: View): void;
  /** Gradient of `convolution` to its weight. */
  convolutionWeight(output: View, gradient: View, input: View, options: Convolution): void;

  /** Largest of each window and its flat index in the input's spatial plane (input [N, C, ...]; NaN wins). */
  maxPool(values: View, indices: View, input: View, window: Window): void;

  /** output[i] = input[..., index[i], ...]: `gather` of PyTorch; index has the output's shape. */
  gather(output: View, input: View, dim: number, index: View): void;
  /** Puts `source` at the places that `index` names along `dim`, on top of what the output holds (any strides). */
  scatter(output: View, dim: number, index: View, source: Operand, mode: ScatterMode): void;
  /**
   * Advanced indexing: `indices[d]` (all broadcast to one shape, int32 or int64, in range, non-negative) replaces dimension d of the input, null keeps it.
   * Output: the index shape stands at `position` among the kept dimensions.
   */
  index(output: View, input: View, indices: readonly (View | null)[], position: number): void;
  /** The reverse: writes or adds `source` (shaped like `index`'s output) into the output, any strides. */
  indexPut(output: View, source: View, indices: readonly (View | null)[], position: number, accumulate: boolean): void;

  /** How many elements are not zero. */
  countNonzero(input: View): number;
  /** Their coordinates, row-major: output [count, rank] int32. */
  nonzero(output: View, input: View): void;
  /** Counts of the values of a one-dimensional view of integers; adds `weights` instead of 1 where given. */
  bincount(output: View, input: View, weights: View | null): void;
  /** Where each value would go into the sorted last dimension of `sorted`: right means after equal ones. */
  searchSorted(output: View, sorted: View, values: View, right: boolean): void;

  /** Raw 32-bit words of Philox4x32-10 for a key, from a counter on, as int32. */
  philox(output: View, seed: bigint, counter: bigint): void;

  /** A device may lack these. */
  readonly fused?: FusedKernels;
}
