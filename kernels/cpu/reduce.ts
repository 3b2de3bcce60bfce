import { slots } from '../dag.js';
import * as reference from '../reference/reduce.js';
import type { DType, Reduction, View } from '../types.js';
import { foldVectors } from '../wasm/rows/reduce.js';
import { type Fold, foldOf } from './fold.js';
import { canGenerate, compile, convert, dtypeCodes, emit, load, nest } from './source.js';

type Kernel = (init: number, output: View, input: View, fold: Fold) => void;

/** A reduction's kernels by key; the one that ran last stands apart, so that small sums find it without a look-up. */
interface Compiled {
  readonly kernels: Map<number, Kernel>;
  key: number;
  latest: Kernel | null;
}

/** Partial results of a loop, so that one addition need not wait for the one before. */
const lanes = 4;
/** Elements that a loop over rows folds side by side: their sums stay in the first cache. */
const tile = 1024;
/** From how many elements in a row on folding rows side by side pays. */
const shortRow = 16;

/** What the further partial results of a loop start with; null where the order of folding matters. */
function neutral({ combine, init }: Reduction): string | null {
  const [{ name, arguments: x }] = combine.outputs;
  if (x.length !== 2 || x[0] === x[1] || x.some((node) => node.name !== 'input')) return null;
  return name === 'add' ? '0' : name === 'maximum' || name === 'minimum' ? literal(init) : null;
}

const literal = (value: number): string => (value < 0 ? `(${value})` : String(value));

/** Where the output's element and the first element folded into it lie. */
const places = [
  { name: 'p', base: 'output.offset', strides: 'K0' },
  { name: 'k', base: 'input.offset', strides: 'K1' },
];

/** A statement that folds the element at `place` into a variable. */
function fold(r: Reduction, output: DType, input: DType, place: string, target: string): string {
  const before = emit(r.before, output, [load('A', place, input, output)], `b${target}`);
  const combine = emit(r.combine, output, [target, `x${target}`], `c${target}`);
  return `${before.body} const x${target} = +${before.results[0]}; ${combine.body} ${target} = +${combine.results[0]};`;
}

function wrap(loops: string): Kernel {
  return compile(
    `function (init, output, input, fold) { const O = output.buffer, A = input.buffer, n = fold.folded;
      const keptShape = fold.keptShape, K0 = fold.keptTo, K1 = fold.keptFrom, foldedShape = fold.foldedShape, F = fold.foldedFrom;
      ${loops} }`,
  );
}

/** Folds one element of the output after the other. */
function compileReduce(r: Reduction, output: DType, input: DType, keptRank: number, foldedRank: number): Kernel {
  const after = emit(r.after, output, ['folding', 'n'], 'd');
  const pointer = [{ name: 'q', base: 'k', strides: 'F' }];
  const start = output.startsWith('float') && foldedRank > 0 ? neutral(r) : null;
  let inner = nest(foldedRank, 'j', 'foldedShape', pointer, fold(r, output, input, 'q', 'folding'));
  if (start !== null) {
    const parts = Array.from({ length: lanes }, (_, i) => (i === 0 ? 'folding' : `part${i}`));
    const others = parts.slice(1);
    const turns = parts.map((part, i) => `{ ${fold(r, output, input, `at + ${i} * step`, part)} }`).join(' ');
    const row = `let at = q, i = 0; for (; i + ${lanes} <= size; i += ${lanes}, at += ${lanes} * step) { ${turns} }
      for (; i < size; i++, at += step) { ${fold(r, output, input, 'at', 'folding')} }`;
    const join = others.map((part) => {
      const { body, results } = emit(r.combine, output, ['folding', part], `e${part}`);
      return `${body} folding = +${results[0]};`;
    });
    inner = `const size = foldedShape[${foldedRank - 1}], step = F[${foldedRank - 1}];
      ${others.map((part) => `let ${part} = ${start};`).join(' ')} ${nest(foldedRank - 1, 'j', 'foldedShape', pointer, row)} ${join.join(' ')}`;
  }
  const store = `O[p] = ${convert(after.results[0], output, r.after.outputs[0].truth, output)};`;
  return wrap(nest(keptRank, 'i', 'keptShape', places, `let folding = init; ${inner} ${after.body} ${store}`));
}

/** Folds rows side by side, where the kept elements lie next to each other and the folded ones do not. */
function compileRows(r: Reduction, output: DType, input: DType, keptRank: number, foldedRank: number): Kernel {
  const after = emit(r.after, output, ['folding', 'n'], 'd');
  const row = `for (let i = 0; i < count; i++) { let folding = sums[i]; ${fold(r, output, input, 'q + i', 'folding')} sums[i] = folding; }`;
  const store = `O[p + (first + i) * step] = ${convert(after.results[0], output, r.after.outputs[0].truth, output)};`;
  const inner = nest(foldedRank, 'j', 'foldedShape', [{ name: 'q', base: 'k + first', strides: 'F' }], row);
  const tiles = `for (let first = 0; first < size; first += ${tile}) {
    const count = min(${tile}, size - first);
    for (let i = 0; i < count; i++) sums[i] = init;
    ${inner} for (let i = 0; i < count; i++) { const folding = sums[i]; ${after.body} ${store} } }`;
  const head = `const size = keptShape[${keptRank - 1}], step = K0[${keptRank - 1}], sums = new Float64Array(min(${tile}, size));`;
  return wrap(`${head} ${nest(keptRank - 1, 'i', 'keptShape', places, tiles)}`);
}

/** `Kernels.reduce`: generated loops that accumulate in float64 whatever the dtype. */
export function reduce(reduction: Reduction, output: View, input: View, dims: readonly number[]): void {
  if (!canGenerate) return reference.reduce(reduction, output, input, dims);
  const fold = foldOf(output, input, dims);
  if (fold.kept === 0 || foldVectors(reduction, output, input, fold)) return;
  const { keptRank, foldedRank } = fold;
  const bySide =
    keptRank > 0 &&
    foldedRank > 0 &&
    fold.keptFrom[keptRank - 1] === 1 &&
    fold.keptShape[keptRank - 1] >= shortRow &&
    fold.foldedFrom[foldedRank - 1] !== 1;
  const key =
    (((dtypeCodes[output.dtype] * 9 + dtypeCodes[input.dtype]) * 32 + keptRank) * 32 + foldedRank) * 2 + Number(bySide);
  const compiled = compiledOf(reduction);
  if (compiled.key !== key) {
    compiled.latest = kernelOf(compiled, key, () =>
      (bySide ? compileRows : compileReduce)(reduction, output.dtype, input.dtype, keptRank, foldedRank),
    );
    compiled.key = key;
  }
  (compiled.latest as Kernel)(reduction.init, output, input, fold);
}

function compiledOf(r: Reduction): Compiled {
  const found = r.compiled[slots.loops] as Compiled | undefined;
  if (found !== undefined) return found;
  const made: Compiled = { kernels: new Map(), key: -1, latest: null };
  r.compiled[slots.loops] = made;
  return made;
}

function kernelOf({ kernels }: Compiled, key: number, make: () => Kernel): Kernel {
  let kernel = kernels.get(key);
  if (kernel === undefined) {
    kernel = make();
    kernels.set(key, kernel);
  }
  return kernel;
}
