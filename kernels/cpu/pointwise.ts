import { sumThroughBlas } from '../blas/sums.js';
import { type Formula, slots } from '../dag.js';
import * as reference from '../reference/pointwise.js';
import type { DType, Launch, Operand, View } from '../types.js';
import { broadcastStrides, collapse, count, isContiguous } from '../view.js';
import { type FlatKernel, flatParameters, runFlat } from '../wasm/formula/flat.js';
import { flatVectors, pays, runOnThreads, runVectors } from '../wasm/formula/pointwise.js';
import { policy } from '../wasm/policy.js';
import { isFlat, isOne } from './layout.js';
import { canGenerate, compile, convert, dtypeCodes, emit, load, nest } from './source.js';

type StridedKernel = (shape: readonly number[], strides: readonly number[][], ...operands: Operand[]) => void;

/** How an operand is read: its dtype's code for elements, 9 for a number, 10 + code for a view of one element. */
const codes = 19;
const numberCode = 9;

/** The usual dtype needs no look-up. */
function dtypeCode(dtype: DType): number {
  return dtype === 'float32' ? dtypeCodes.float32 : dtypeCodes[dtype];
}

function operandCode(x: Operand, shape: readonly number[]): number {
  if (typeof x === 'number') return numberCode;
  const code = dtypeCode(x.dtype);
  return isOne(x, shape) ? 10 + code : code;
}

/** Prefixes of keys that were exchanged for numbers. */
const prefixes = new Map<number, number>();
/** How many operands a key takes before it is exchanged: with three more factors it stays below 2^53. */
const exact = 6;

/** A small number that stands for the key so far, so that keys of many operands stay exact. */
function shortened(key: number): number {
  let number = prefixes.get(key);
  if (number === undefined) {
    number = prefixes.size;
    prefixes.set(key, number);
  }
  return number;
}

function computeCode(compute: DType): number {
  return compute === 'int32' ? 1 : compute === 'int64' ? 2 : 0;
}

/**
 * A formula's kernels by key. The flat one that ran last stands apart, and so do those of `flat1` and `flat2`, by dtype and by what the
 * second operand is, and those of `flatEach`, by dtype and by whether they are vectors: small operations find them without a look-up.
 */
interface Compiled {
  readonly kernels: Map<number, FlatKernel | StridedKernel>;
  readonly plain: (FlatKernel | undefined)[];
  readonly each: (FlatKernel | undefined)[];
  key: number;
  latest: FlatKernel | null;
}

function compiledOf(f: Formula): Compiled {
  const found = f.compiled[slots.loops] as Compiled | undefined;
  if (found !== undefined) return found;
  const made: Compiled = { kernels: new Map(), plain: [], each: [], key: -1, latest: null };
  f.compiled[slots.loops] = made;
  return made;
}

/** The flat kernel for a key, if it has been made. */
function flatKernel(f: Formula, key: number): FlatKernel | null {
  const compiled = compiledOf(f);
  if (compiled.key === key) return compiled.latest;
  const found = compiled.kernels.get(key) as FlatKernel | undefined;
  if (found === undefined) return null;
  compiled.key = key;
  compiled.latest = found;
  return found;
}

/** What a kernel's text needs to know of its operands. */
interface Plan {
  readonly outputs: readonly View[];
  readonly inputs: readonly Operand[];
  readonly singles: readonly boolean[];
}

function plan(outputs: readonly View[], inputs: readonly Operand[]): Plan {
  const { shape } = outputs[0];
  return { outputs, inputs, singles: inputs.map((x) => operandCode(x, shape) >= numberCode) };
}

/** Declarations before the loops, the loop body, and the names of everything that moves. */
function parts(
  f: Formula,
  compute: DType,
  { outputs, inputs, singles }: Plan,
): { head: string; body: string; parameters: string[] } {
  const parameters = [...outputs.map((_, k) => `o${k}`), ...inputs.map((_, k) => `a${k}`)];
  const head: string[] = outputs.map((_, k) => `const O${k} = o${k}.buffer, P${k} = o${k}.offset;`);
  const loads: string[] = [];
  const values = inputs.map((x, k) => {
    if (typeof x === 'number') return compute === 'int64' ? `BigInt(a${k})` : `a${k}`;
    head.push(`const A${k} = a${k}.buffer, Q${k} = a${k}.offset;`);
    const element = load(`A${k}`, singles[k] ? `Q${k}` : `q${k}`, x.dtype, compute);
    (singles[k] ? head : loads).push(f.reaches[k] ? `const x${k} = ${element};` : '');
    return `x${k}`;
  });
  const { body, results } = emit(f, compute, values, 'v');
  const stores = outputs.map((o, k) => `O${k}[p${k}] = ${convert(results[k], o.dtype, f.outputs[k].truth, compute)};`);
  return { head: head.join(' '), body: [...loads, body, ...stores].join(' '), parameters };
}

function compileFlat(f: Formula, compute: DType, p: Plan): FlatKernel {
  // What every implementation rounds in its own way goes through vectors at every size.
  const vectors = pays(f, compute, 0) ? flatVectors(f, compute, p.outputs, p.inputs, p.singles) : null;
  if (vectors !== null) return vectors;
  const { head, body } = parts(f, compute, p);
  const moves = [
    ...p.outputs.map((_, k) => `const p${k} = P${k} + i;`),
    ...p.inputs.map((_, k) => (p.singles[k] ? '' : `const q${k} = Q${k} + i;`)),
  ];
  const { parameters, names } = flatParameters(p.outputs.length, p.inputs.length);
  return compile(
    `function (${parameters}) { ${names} ${head} for (let i = 0; i < n; i++) { ${moves.join(' ')} ${body} } }`,
  );
}

/** The flat kernel in vectors, where those are wanted and can do it. */
function makeFlat(f: Formula, compute: DType, p: Plan, vectors: boolean): FlatKernel {
  const made = vectors ? flatVectors(f, compute, p.outputs, p.inputs, p.singles) : null;
  return made ?? compileFlat(f, compute, p);
}

function compileStrided(f: Formula, compute: DType, p: Plan, rank: number): StridedKernel {
  const { head, body, parameters } = parts(f, compute, p);
  const pointers = p.outputs.map((_, k) => ({ name: `p${k}`, base: `P${k}`, strides: `S${k}` }));
  p.inputs.forEach((_, k) => {
    if (!p.singles[k]) pointers.push({ name: `q${k}`, base: `Q${k}`, strides: `S${pointers.length}` });
  });
  const rows = pointers.map((_, k) => `const S${k} = strides[${k}];`).join(' ');
  const loops = nest(rank, 'i', 'shape', pointers, body);
  return compile(`function (shape, strides, ${parameters.join(', ')}) { ${head} ${rows} ${loops} }`);
}

function runStrided(
  f: Formula,
  compute: DType,
  key: number,
  outputs: readonly View[],
  inputs: readonly Operand[],
): void {
  const { shape } = outputs[0];
  const p = plan(outputs, inputs);
  const moving = inputs.filter((_, k) => !p.singles[k]) as View[];
  const rows = [...outputs.map((o) => o.strides), ...moving.map((x) => broadcastStrides(x.shape, x.strides, shape))];
  const loops = collapse(shape, rows);
  const { kernels } = compiledOf(f);
  const full = (key * 3 + computeCode(compute)) * 64 + 1 + loops.shape.length;
  let kernel = kernels.get(full) as StridedKernel | undefined;
  if (kernel === undefined) {
    kernel = compileStrided(f, compute, p, loops.shape.length);
    kernels.set(full, kernel);
  }
  kernel(loops.shape, loops.strides, ...outputs, ...inputs);
}

/** `Kernels.pointwise`. */
export function pointwise(f: Formula, compute: DType, outputs: readonly View[], inputs: readonly Operand[]): void {
  const { shape } = outputs[0];
  if (count(shape) === 0) return;
  if (!canGenerate) return reference.pointwise(f, compute, outputs, inputs);
  const two = outputs.length === 1 && inputs.length === 2;
  if (two && sumThroughBlas(f, compute, outputs[0], inputs[0], inputs[1])) return;
  let key = inputs.length;
  let flat = true;
  let operands = 0;
  for (const o of outputs) {
    if (operands++ === exact) [key, operands] = [shortened(key), 1];
    key = key * codes + dtypeCode(o.dtype);
    flat &&= isContiguous(shape, o.strides);
  }
  for (const x of inputs) {
    if (operands++ === exact) [key, operands] = [shortened(key), 1];
    key = key * codes + operandCode(x, shape);
    flat &&= isFlat(x, shape);
  }
  if (!flat) {
    if (!runVectors(f, compute, outputs, inputs)) runStrided(f, compute, key, outputs, inputs);
    return;
  }
  if (count(shape) >= policy.sharedFormulas) {
    if (runOnThreads(f, compute, outputs, inputs, plan(outputs, inputs).singles)) return;
  }
  const full = (key * 3 + computeCode(compute)) * 64;
  const vectors = pays(f, compute, count(shape));
  // Both kernels of a formula stay: the one in JavaScript, and the one in vectors under a negative key.
  const place = vectors ? -1 - full : full;
  let kernel = flatKernel(f, place);
  if (kernel === null) {
    kernel = makeFlat(f, compute, plan(outputs, inputs), vectors);
    compiledOf(f).kernels.set(place, kernel);
  }
  runFlat(kernel, count(shape), outputs, inputs);
}

/** `Kernels.pointwise1`. */
export function pointwise1(f: Formula, compute: DType, output: View, a: Operand): void {
  const { shape } = output;
  if (canGenerate && isContiguous(shape, output.strides) && isFlat(a, shape)) {
    const key = (codes + dtypeCode(output.dtype)) * codes + operandCode(a, shape);
    const kernel = flatKernel(f, (key * 3 + computeCode(compute)) * 64);
    const n = count(shape);
    if (kernel !== null && n < policy.formulas) return kernel(n, output, a);
  }
  pointwise(f, compute, [output], [a]);
}

/** `Kernels.pointwise2`. */
export function pointwise2(f: Formula, compute: DType, output: View, a: Operand, b: Operand): void {
  const { shape } = output;
  if (canGenerate && isContiguous(shape, output.strides) && isFlat(a, shape) && isFlat(b, shape)) {
    const key = ((2 * codes + dtypeCode(output.dtype)) * codes + operandCode(a, shape)) * codes + operandCode(b, shape);
    const kernel = flatKernel(f, (key * 3 + computeCode(compute)) * 64);
    const n = count(shape);
    if (kernel !== null && n < policy.formulas) return kernel(n, output, a, b);
  }
  pointwise(f, compute, [output], [a, b]);
}

/** The place in `Compiled.plain`: operands of one dtype, whether the output holds truth values, and whether a number follows. */
function plainPlace(compute: DType, output: View, number: boolean): number {
  return dtypeCode(compute) * 4 + (output.dtype === 'bool' ? 2 : 0) + (number ? 1 : 0);
}

/** `Kernels.flat1`. */
export function flat1(f: Formula, compute: DType, size: number, output: View, a: View): void {
  const { plain } = compiledOf(f);
  const place = plainPlace(compute, output, false);
  const kernel = plain[place];
  if (kernel !== undefined && size < policy.formulas) return kernel(size, output, a);
  if (kernel === undefined && canGenerate) plain[place] = compileFlat(f, compute, plan([output], [a]));
  pointwise(f, compute, [output], [a]);
}

/** `Kernels.flat2`. */
export function flat2(f: Formula, compute: DType, size: number, output: View, a: View, b: Operand): void {
  const { plain } = compiledOf(f);
  const place = plainPlace(compute, output, typeof b === 'number');
  const kernel = plain[place];
  if (kernel !== undefined && size < policy.formulas) return kernel(size, output, a, b);
  if (kernel === undefined && canGenerate) plain[place] = compileFlat(f, compute, plan([output], [a, b]));
  pointwise(f, compute, [output], [a, b]);
}

/** `Kernels.flatEach`. */
export function flatEach(f: Formula, compute: DType, launches: readonly Launch[]): void {
  const { each } = compiledOf(f);
  const place = 2 * dtypeCode(compute);
  for (const { size, outputs, inputs } of launches) {
    if (size === 0 || size >= policy.sharedFormulas || !canGenerate) pointwise(f, compute, outputs, inputs);
    else {
      const vectors = size >= policy.formulas && pays(f, compute, size);
      const kernel = (each[vectors ? place + 1 : place] ??= makeFlat(f, compute, plan(outputs, inputs), vectors));
      runFlat(kernel, size, outputs, inputs);
    }
  }
}
