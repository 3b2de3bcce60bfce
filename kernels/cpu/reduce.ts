import * as reference from '../reference/reduce.js';
import type { DType, Reduction, View } from '../types.js';
import { collapse, count } from '../view.js';
import { canGenerate, compile, convert, dtypeCodes, emit, load, nest } from './source.js';

type Kernel = (
  init: number,
  output: View,
  input: View,
  keptShape: readonly number[],
  keptStrides: readonly number[][],
  foldedShape: readonly number[],
  foldedStrides: readonly number[][],
  n: number,
) => void;

/** The CPU's slot in `Reduction.compiled`. */
const slot = 0;

function compileReduce(r: Reduction, output: DType, input: DType, keptRank: number, foldedRank: number): Kernel {
  const before = emit(r.before, output, [load('A', 'q', input, output)], 'b');
  const combine = emit(r.combine, output, ['folding', 'x'], 'c');
  const after = emit(r.after, output, ['folding', 'n'], 'd');
  const inner = nest(
    foldedRank,
    'j',
    'foldedShape',
    [{ name: 'q', base: 'k', strides: 'F' }],
    `${before.body} const x = +${before.results[0]}; ${combine.body} folding = +${combine.results[0]};`,
  );
  const store = `O[p] = ${convert(after.results[0], output, r.after.outputs[0].truth, output)};`;
  const outer = nest(
    keptRank,
    'i',
    'keptShape',
    [
      { name: 'p', base: 'output.offset', strides: 'K0' },
      { name: 'k', base: 'input.offset', strides: 'K1' },
    ],
    `let folding = init; ${inner} ${after.body} ${store}`,
  );
  return compile(
    `function (init, output, input, keptShape, keptStrides, foldedShape, foldedStrides, n) {
      const O = output.buffer, A = input.buffer, K0 = keptStrides[0], K1 = keptStrides[1], F = foldedStrides[0]; ${outer} }`,
  );
}

/** `Kernels.reduce`: generated loops that accumulate in float64 whatever the dtype. */
export function reduce(reduction: Reduction, output: View, input: View, dims: readonly number[]): void {
  if (!canGenerate) return reference.reduce(reduction, output, input, dims);
  if (count(output.shape) === 0) return;
  const { kept, folded } = reference.splitDims(input, dims);
  const outer = collapse(kept.shape, [output.strides, kept.strides]);
  const inner = collapse(folded.shape, [folded.strides]);
  reduction.compiled[slot] ??= new Map();
  const kernels = reduction.compiled[slot] as Map<number, Kernel>;
  const key =
    ((dtypeCodes[output.dtype] * 9 + dtypeCodes[input.dtype]) * 32 + outer.shape.length) * 32 + inner.shape.length;
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    kernel = compileReduce(reduction, output.dtype, input.dtype, outer.shape.length, inner.shape.length);
    kernels.set(key, kernel);
  }
  kernel(reduction.init, output, input, outer.shape, outer.strides, inner.shape, inner.strides, count(folded.shape));
}
