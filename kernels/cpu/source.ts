import type { Formula, GraphNode } from '../dag.js';
import { floatToHalf, halfToFloat } from '../half.js';
import { operations } from '../scalar.js';
import type { DType } from '../types.js';

/** Small integers for dtypes: keys of compiled code. */
export const dtypeCodes: Readonly<Record<DType, number>> = {
  float32: 0,
  float64: 1,
  float16: 2,
  int32: 3,
  int64: 4,
  uint8: 5,
  int8: 6,
  int16: 7,
  bool: 8,
};

const lowest64 = -(2n ** 63n);

/** int64 from any value; what is not finite becomes the lowest integer, as a C cast does on x86-64. */
function toBigInt(value: number | bigint | boolean): bigint {
  if (typeof value === 'bigint') return value;
  const number = Number(value);
  return Number.isFinite(number) ? BigInt(Math.trunc(number)) : lowest64;
}

const runtime: Readonly<Record<string, unknown>> = {
  abs: Math.abs,
  sign: Math.sign,
  floor: Math.floor,
  ceil: Math.ceil,
  trunc: Math.trunc,
  sqrt: Math.sqrt,
  exp: Math.exp,
  expm1: Math.expm1,
  log: Math.log,
  log1p: Math.log1p,
  log2: Math.log2,
  log10: Math.log10,
  sin: Math.sin,
  cos: Math.cos,
  tan: Math.tan,
  asin: Math.asin,
  acos: Math.acos,
  atan: Math.atan,
  sinh: Math.sinh,
  cosh: Math.cosh,
  tanh: Math.tanh,
  asinh: Math.asinh,
  acosh: Math.acosh,
  atanh: Math.atanh,
  atan2: Math.atan2,
  max: Math.max,
  min: Math.min,
  imul: Math.imul,
  halfToFloat,
  floatToHalf,
  toBigInt,
  ...Object.fromEntries(
    Object.entries(operations)
      .filter(([, operation]) => operation.source === undefined)
      .map(([name, operation]) => [`op_${name}`, operation.evaluate]),
  ),
};
const runtimeNames = Object.keys(runtime);
const runtimeValues = Object.values(runtime);

/** Whether this realm lets text become code (a content security policy may not). */
export const canGenerate: boolean = ((): boolean => {
  try {
    return new Function('return true')() === true;
  } catch {
    return false;
  }
})();

/** Compiles a function expression; the scalar operations and conversions are in its scope, as constants. */
export function compile<F>(source: string): F {
  return new Function(...runtimeNames, `'use strict'; return ${source};`)(...runtimeValues) as F;
}

/** The element at `index`, as a value to calculate with: a BigInt where the computation is in int64, else a number. */
export function load(array: string, index: string, dtype: DType, compute: DType): string {
  if (dtype === 'float16') return `halfToFloat(${array}[${index}])`;
  if (compute === 'int64') return dtype === 'int64' ? `${array}[${index}]` : `BigInt(${array}[${index}])`;
  return dtype === 'int64' ? `Number(${array}[${index}])` : `${array}[${index}]`;
}

/** The right-hand side of a store; typed arrays round and wrap by themselves. */
export function convert(value: string, dtype: DType, truth: boolean, compute: DType): string {
  if (truth) return dtype === 'int64' ? `(${value} ? 1n : 0n)` : `(${value} ? 1 : 0)`;
  if (dtype === 'bool') return `(${value} != 0 ? 1 : 0)`;
  if (dtype === 'int64') return `toBigInt(${value})`;
  const number =
    compute !== 'int64' ? value : isWhole(dtype) ? `Number(BigInt.asIntN(32, BigInt(${value})))` : `Number(${value})`;
  return dtype === 'float16' ? `floatToHalf(+${number})` : number;
}

const isWhole = (dtype: DType): boolean => dtype.includes('int');

function literal(value: number, compute: DType): string {
  if (compute === 'int64' && Number.isInteger(value)) return value < 0 ? `(${value}n)` : `${value}n`;
  if (Object.is(value, -0)) return '(-0)';
  return value < 0 ? `(${value})` : String(value);
}

/** A formula as statements: one constant a node. `inputs` are expressions that are cheap to repeat. */
export function emit(
  f: Formula,
  compute: DType,
  inputs: readonly string[],
  prefix: string,
): { body: string; results: string[] } {
  const lines: string[] = [];
  const names = new Map<GraphNode, string>();
  for (const n of f.nodes) {
    if (n.name === 'input') names.set(n, inputs[n.value]);
    else if (n.name === 'const') names.set(n, literal(n.value, compute));
    else {
      const x = n.arguments.map((a) => names.get(a) as string);
      const { source } = operations[n.name];
      const product = n.name === 'mul' && compute === 'int32';
      const text = product ? `imul(${x.join(', ')})` : source ? source(...x) : `op_${n.name}(${x.join(', ')})`;
      names.set(n, `${prefix}${n.id}`);
      lines.push(`const ${prefix}${n.id} = ${text};`);
    }
  }
  return { body: lines.join(' '), results: f.outputs.map((n) => names.get(n) as string) };
}

/** Nested loops over `rank` dimensions: `pointers` walk from their bases by their strides, innermost dimension last. */
export function nest(
  rank: number,
  label: string,
  shape: string,
  pointers: readonly { name: string; base: string; strides: string }[],
  inner: string,
): string {
  const at = (p: { name: string; base: string }, d: number): string =>
    d === 0 ? p.base : `${p.name}_${label}${d - 1}`;
  let head = '';
  for (let d = 0; d < rank; d++) {
    const i = `${label}${d}`;
    const start = pointers.map((p) => `${p.name}_${i} = ${at(p, d)}`);
    const step = pointers.map((p) => `${p.name}_${i} += ${p.strides}[${d}]`);
    head += `for (let ${[`${i} = 0`, ...start].join(', ')}; ${i} < ${shape}[${d}]; ${[`${i}++`, ...step].join(', ')}) { `;
  }
  const bind = pointers.map((p) => `const ${p.name} = ${at(p, rank)};`).join(' ');
  return `${head}${bind} ${inner} ${'}'.repeat(rank)}`;
}
