import type { Formula, GraphNode } from '../dag.js';
import { operations, type ScalarName } from '../scalar.js';
import type { DType } from '../types.js';

/** What a value is in WGSL. An operation that leads out of the integers (a quotient, a root) gives f32 from i32. */
export type Kind = 'f32' | 'i32' | 'bool';

/** A value in a WGSL text. */
export interface Value {
  readonly kind: Kind;
  readonly text: string;
}

/** The dtypes a GPU buffer can hold; an element always takes 4 bytes, a truth value too. */
export const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];

const elementCodes: Readonly<Partial<Record<DType, number>>> = { float32: 0, int32: 1, bool: 2 };

/** A small integer for a dtype: part of the key of compiled code. Throws for what WGSL has no type for. */
export function elementCode(dtype: DType): number {
  const code = elementCodes[dtype];
  if (code !== undefined) return code;
  throw new TypeError(`webgpu holds ${dtypes.join(', ')}, not ${dtype}; convert first, or stay on the cpu`);
}

/** The kind of number in which a dtype computes. */
export function kindOf(dtype: DType): 'f32' | 'i32' {
  return elementCode(dtype) === 0 ? 'f32' : 'i32';
}

/** A word of a buffer as a value of its dtype. */
export function load(word: string, dtype: DType): Value {
  const kind = kindOf(dtype);
  return { kind, text: `bitcast<${kind}>(${word})` };
}

/** The word that holds a value in a buffer of that dtype: floats become integers as JavaScript's `| 0` has it. */
export function store({ kind, text }: Value, dtype: DType): string {
  const code = elementCode(dtype);
  if (code === 2) {
    if (kind === 'bool') return `u32(${text})`;
    // By its bits, because a compiler may take NaN for 0.
    return kind === 'i32' ? `u32(${text} != 0)` : `u32((bitcast<u32>(${text}) << 1u) != 0u)`;
  }
  return `bitcast<u32>(${convert({ kind, text }, code === 0 ? 'f32' : 'i32')})`;
}

/** The text of a value as another kind. */
export function convert({ kind, text }: Value, to: 'f32' | 'i32'): string {
  if (kind === to) return text;
  return kind === 'f32' ? `integer_f32(${text})` : `${to}(${text})`;
}

const largest = 3.4028234663852886e38;

function isInt32(value: number): boolean {
  return (value | 0) === value && !Object.is(value, -0);
}

/** A number as WGSL; NaN and infinity may not be written as constants. */
export function literal(value: number, kind: 'f32' | 'i32'): string {
  if (kind === 'i32') {
    const whole = Math.max(-2147483648, Math.min(2147483647, Math.trunc(value) || 0));
    return whole < 0 ? `(${whole + 1}i - 1i)` : `${whole}i`;
  }
  const rounded = Math.fround(value);
  if (Number.isNaN(rounded)) return 'nan_f32()';
  if (Math.abs(rounded) > largest) return rounded > 0 ? 'infinity_f32()' : '(-infinity_f32())';
  return rounded < 0 || Object.is(rounded, -0) ? `(-${-rounded}f)` : `${rounded}f`;
}

const infix: Readonly<Partial<Record<ScalarName, string>>> = {
  add: '+',
  sub: '-',
  mul: '*',
  bitwiseAnd: '&',
  bitwiseOr: '|',
  bitwiseXor: '^',
  logicalAnd: '&&',
  logicalOr: '||',
};
const comparisons: Readonly<Partial<Record<ScalarName, string>>> = { lt: '<', le: '<=', eq: '==', ne: '!=' };
const wgslNames: Readonly<Partial<Record<ScalarName, string>>> = { maximum: 'max', minimum: 'min' };

/** Operations whose result is an integer where every operand is. */
const closed = new Set<ScalarName>([
  'neg',
  'add',
  'sub',
  'mul',
  'abs',
  'sign',
  'maximum',
  'minimum',
  'remainder',
  'fmod',
  'pow',
  'where',
]);
const roundings = new Set<ScalarName>(['floor', 'ceil', 'trunc', 'round']);

function integerText(name: ScalarName, x: readonly string[]): string {
  if (name === 'remainder' || name === 'fmod' || name === 'pow') return `${name}_i32(${x.join(', ')})`;
  return `${wgslNames[name] ?? name}(${x.join(', ')})`;
}

function floatText(name: ScalarName, x: readonly string[]): string {
  if (name === 'abs' || name === 'sqrt' || roundings.has(name)) return `${name}(${x[0]})`;
  return `${name}_f32(${x.join(', ')})`;
}

function apply(name: ScalarName, x: readonly Value[]): Value {
  const operator = infix[name];
  if (name === 'logicalNot') return { kind: 'bool', text: `!${x[0].text}` };
  if (name.startsWith('logical')) return { kind: 'bool', text: `(${x[0].text} ${operator} ${x[1].text})` };
  if (name.startsWith('bitwise')) return { kind: 'i32', text: x.map((v) => convert(v, 'i32')).join(` ${operator} `) };
  if (roundings.has(name) && x[0].kind === 'i32') return x[0];

  const { truths = 0 } = operations[name];
  const numbers = x.slice(truths);
  const kind = numbers.every((v) => v.kind === 'i32') && (closed.has(name) || name in comparisons) ? 'i32' : 'f32';
  const texts = numbers.map((v) => convert(v, kind));
  if (name === 'where') return { kind, text: `select(${texts[1]}, ${texts[0]}, ${x[0].text})` };
  if (name in comparisons) {
    return {
      kind: 'bool',
      text: kind === 'i32' ? texts.join(` ${comparisons[name]} `) : `${name}_f32(${texts.join(', ')})`,
    };
  }
  if (name === 'neg') return { kind, text: `-${texts[0]}` };
  if (name === 'div') return { kind, text: `${texts[0]} / ${texts[1]}` };
  if (operator !== undefined) return { kind, text: `${texts[0]} ${operator} ${texts[1]}` };
  return { kind, text: kind === 'i32' ? integerText(name, texts) : floatText(name, texts) };
}

/** The quotient of integers, rounded down or towards zero, exact where the way through f32 is not. */
function wholeQuotient(n: GraphNode, values: ReadonlyMap<GraphNode, Value>): Value | null {
  const [quotient] = n.arguments;
  if ((n.name !== 'floor' && n.name !== 'trunc') || quotient.name !== 'div') return null;
  const [a, b] = quotient.arguments.map((x) => values.get(x) as Value);
  if (a.kind !== 'i32' || b.kind !== 'i32') return null;
  return { kind: 'i32', text: `${n.name === 'floor' ? 'floor_quotient' : 'quotient'}_i32(${a.text}, ${b.text})` };
}

/**
 * A formula as WGSL statements, one `let` a node, and its results. Inputs are loaded by `load`'s rules; under a float32 `compute`
 * all of them become f32 first, under another one each keeps its kind.
 */
export function emit(
  f: Formula,
  compute: 'f32' | 'i32',
  inputs: readonly Value[],
  prefix: string,
): { body: string; results: Value[] } {
  const lines: string[] = [];
  const values = new Map<GraphNode, Value>();
  for (const n of f.nodes) {
    if (n.name === 'const') {
      const kind = compute === 'i32' && isInt32(n.value) ? 'i32' : 'f32';
      values.set(n, { kind, text: literal(n.value, kind) });
      continue;
    }
    let value: Value;
    if (n.name === 'input') {
      const input = inputs[n.value];
      value = compute === 'f32' ? { kind: 'f32', text: convert(input, 'f32') } : input;
    } else {
      const operands = n.arguments.map((a) => values.get(a) as Value);
      value = wholeQuotient(n, values) ?? apply(n.name, operands);
    }
    lines.push(`let ${prefix}${n.id} = ${value.text};`);
    values.set(n, { kind: value.kind, text: `${prefix}${n.id}` });
  }
  return { body: lines.join('\n  '), results: f.outputs.map((n) => values.get(n) as Value) };
}
