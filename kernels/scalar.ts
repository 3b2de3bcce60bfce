import * as special from './special.js';

/** The operations in which every pointwise formula is written, over numbers, graph nodes or tensors alike. */
export interface Scalar<V> {
  const(value: number): V;
  neg(a: V): V;
  add(a: V, b: V): V;
  sub(a: V, b: V): V;
  mul(a: V, b: V): V;
  div(a: V, b: V): V;
  abs(a: V): V;
  sign(a: V): V;
  floor(a: V): V;
  ceil(a: V): V;
  trunc(a: V): V;
  round(a: V): V;
  sqrt(a: V): V;
  exp(a: V): V;
  expm1(a: V): V;
  log(a: V): V;
  log1p(a: V): V;
  log2(a: V): V;
  log10(a: V): V;
  pow(a: V, b: V): V;
  sin(a: V): V;
  cos(a: V): V;
  tan(a: V): V;
  asin(a: V): V;
  acos(a: V): V;
  atan(a: V): V;
  sinh(a: V): V;
  cosh(a: V): V;
  tanh(a: V): V;
  asinh(a: V): V;
  acosh(a: V): V;
  atanh(a: V): V;
  atan2(a: V, b: V): V;
  erf(a: V): V;
  erfc(a: V): V;
  erfinv(a: V): V;
  /** The normal distribution function, with the error that counts beside 1. */
  ndtr(a: V): V;
  lgamma(a: V): V;
  digamma(a: V): V;
  polygamma(order: V, a: V): V;
  /** NaN if either is. */
  maximum(a: V, b: V): V;
  minimum(a: V, b: V): V;
  /** Sign of the divisor, as in Python. */
  remainder(a: V, b: V): V;
  /** Sign of the dividend, as in C. */
  fmod(a: V, b: V): V;
  lt(a: V, b: V): V;
  le(a: V, b: V): V;
  eq(a: V, b: V): V;
  ne(a: V, b: V): V;
  logicalAnd(a: V, b: V): V;
  logicalOr(a: V, b: V): V;
  logicalNot(a: V): V;
  bitwiseAnd(a: V, b: V): V;
  bitwiseOr(a: V, b: V): V;
  bitwiseXor(a: V, b: V): V;
  where(condition: V, a: V, b: V): V;
}

export type ScalarName = Exclude<keyof Scalar<unknown>, 'const'>;

/** One scalar operation: its value in float64, its JavaScript, and what kinds of value it takes and gives. */
export interface ScalarOperation {
  readonly arity: number;
  readonly evaluate: (...x: number[]) => number;
  /** JavaScript for given operands; without it the generated loop calls `evaluate`. */
  readonly source?: (...x: string[]) => string;
  /** The result is a truth value. */
  readonly truth?: boolean;
  /** How many leading operands are truth values. */
  readonly truths?: number;
  /** Costs so much that a strided loop had better gather first. */
  readonly costly?: boolean;
}

const { abs, ceil, exp, expm1, floor, log, log10, log1p, log2, pow, sign, sqrt, trunc } = Math;
const { acos, acosh, asin, asinh, atan, atan2, atanh, cos, cosh, max, min, sin, sinh, tan, tanh } = Math;

/** To the nearest, halves to even. */
function roundHalfEven(x: number): number {
  const below = floor(x);
  const rest = x - below;
  if (rest === 0.5) return below % 2 === 0 ? below : below + 1;
  return rest < 0.5 ? below : below + 1;
}

function remainder(a: number, b: number): number {
  const r = a % b;
  return r !== 0 && r < 0 !== b < 0 ? r + b : r;
}

/** IEEE's pow: JavaScript's differs where the base is 1 or -1 and the exponent is not finite or not a number. */
function ieeePow(a: number, b: number): number {
  if (a === 1 || (a === -1 && (b === Infinity || b === -Infinity))) return 1;
  return pow(a, b);
}

const costly = { costly: true };

/** Every scalar operation, once; the readers (graph, numbers, tensors) are made from this table. */
export const operations: Readonly<Record<ScalarName, ScalarOperation>> = {
  neg: { arity: 1, evaluate: (a) => -a, source: (a) => `(-${a})` },
  add: { arity: 2, evaluate: (a, b) => a + b, source: (a, b) => `(${a} + ${b})` },
  sub: { arity: 2, evaluate: (a, b) => a - b, source: (a, b) => `(${a} - ${b})` },
  mul: { arity: 2, evaluate: (a, b) => a * b, source: (a, b) => `(${a} * ${b})` },
  div: { arity: 2, evaluate: (a, b) => a / b, source: (a, b) => `(${a} / ${b})` },
  abs: { arity: 1, evaluate: abs, source: (a) => `abs(${a})` },
  sign: { arity: 1, evaluate: sign, source: (a) => `sign(${a})` },
  floor: { arity: 1, evaluate: floor, source: (a) => `floor(${a})` },
  ceil: { arity: 1, evaluate: ceil, source: (a) => `ceil(${a})` },
  trunc: { arity: 1, evaluate: trunc, source: (a) => `trunc(${a})` },
  round: { arity: 1, evaluate: roundHalfEven },
  sqrt: { arity: 1, evaluate: sqrt, source: (a) => `sqrt(${a})` },
  exp: { arity: 1, evaluate: exp, source: (a) => `exp(${a})`, ...costly },
  expm1: { arity: 1, evaluate: expm1, source: (a) => `expm1(${a})`, ...costly },
  log: { arity: 1, evaluate: log, source: (a) => `log(${a})`, ...costly },
  log1p: { arity: 1, evaluate: log1p, source: (a) => `log1p(${a})`, ...costly },
  log2: { arity: 1, evaluate: log2, source: (a) => `log2(${a})`, ...costly },
  log10: { arity: 1, evaluate: log10, source: (a) => `log10(${a})`, ...costly },
  pow: { arity: 2, evaluate: ieeePow, ...costly },
  sin: { arity: 1, evaluate: sin, source: (a) => `sin(${a})`, ...costly },
  cos: { arity: 1, evaluate: cos, source: (a) => `cos(${a})`, ...costly },
  tan: { arity: 1, evaluate: tan, source: (a) => `tan(${a})`, ...costly },
  asin: { arity: 1, evaluate: asin, source: (a) => `asin(${a})`, ...costly },
  acos: { arity: 1, evaluate: acos, source: (a) => `acos(${a})`, ...costly },
  atan: { arity: 1, evaluate: atan, source: (a) => `atan(${a})`, ...costly },
  sinh: { arity: 1, evaluate: sinh, source: (a) => `sinh(${a})`, ...costly },
  cosh: { arity: 1, evaluate: cosh, source: (a) => `cosh(${a})`, ...costly },
  tanh: { arity: 1, evaluate: tanh, source: (a) => `tanh(${a})`, ...costly },
  asinh: { arity: 1, evaluate: asinh, source: (a) => `asinh(${a})`, ...costly },
  acosh: { arity: 1, evaluate: acosh, source: (a) => `acosh(${a})`, ...costly },
  atanh: { arity: 1, evaluate: atanh, source: (a) => `atanh(${a})`, ...costly },
  atan2: { arity: 2, evaluate: atan2, source: (a, b) => `atan2(${a}, ${b})`, ...costly },
  erf: { arity: 1, evaluate: special.erf, ...costly },
  erfc: { arity: 1, evaluate: special.erfc, ...costly },
  erfinv: { arity: 1, evaluate: special.erfinv, ...costly },
  ndtr: { arity: 1, evaluate: special.ndtr, ...costly },
  lgamma: { arity: 1, evaluate: special.lgamma, ...costly },
  digamma: { arity: 1, evaluate: special.digamma, ...costly },
  polygamma: { arity: 2, evaluate: special.polygamma, ...costly },
  maximum: { arity: 2, evaluate: max, source: (a, b) => `max(${a}, ${b})` },
  minimum: { arity: 2, evaluate: min, source: (a, b) => `min(${a}, ${b})` },
  remainder: { arity: 2, evaluate: remainder },
  fmod: { arity: 2, evaluate: (a, b) => a % b, source: (a, b) => `(${a} % ${b})` },
  lt: { arity: 2, evaluate: (a, b) => +(a < b), source: (a, b) => `(${a} < ${b})`, truth: true },
  le: { arity: 2, evaluate: (a, b) => +(a <= b), source: (a, b) => `(${a} <= ${b})`, truth: true },
  // Loose equality on purpose: an int64 element is a BigInt and the other side may be a number.
  eq: { arity: 2, evaluate: (a, b) => +(a === b), source: (a, b) => `(${a} == ${b})`, truth: true },
  ne: { arity: 2, evaluate: (a, b) => +(a !== b), source: (a, b) => `(${a} != ${b})`, truth: true },
  logicalAnd: {
    arity: 2,
    evaluate: (a, b) => +(a !== 0 && b !== 0),
    source: (a, b) => `(${a} && ${b})`,
    truth: true,
    truths: 2,
  },
  logicalOr: {
    arity: 2,
    evaluate: (a, b) => +(a !== 0 || b !== 0),
    source: (a, b) => `(${a} || ${b})`,
    truth: true,
    truths: 2,
  },
  logicalNot: { arity: 1, evaluate: (a) => +(a === 0), source: (a) => `(!${a})`, truth: true, truths: 1 },
  bitwiseAnd: { arity: 2, evaluate: (a, b) => a & b, source: (a, b) => `(${a} & ${b})` },
  bitwiseOr: { arity: 2, evaluate: (a, b) => a | b, source: (a, b) => `(${a} | ${b})` },
  bitwiseXor: { arity: 2, evaluate: (a, b) => a ^ b, source: (a, b) => `(${a} ^ ${b})` },
  where: { arity: 3, evaluate: (c, a, b) => (c !== 0 ? a : b), source: (c, a, b) => `(${c} ? ${a} : ${b})`, truths: 1 },
};

export const names: readonly ScalarName[] = Object.keys(operations) as ScalarName[];

/** Builds a reader of formulas from one function that says what an operation does. */
export function reader<V>(constant: (value: number) => V, apply: (name: ScalarName, x: V[]) => V): Scalar<V> {
  const made: Record<string, unknown> = { const: constant };
  for (const name of names) made[name] = (...x: V[]): V => apply(name, x);
  return made as unknown as Scalar<V>;
}

/** Formulas read as float64 numbers: the oracle. */
export const numbers: Scalar<number> = reader<number>(
  (value) => value,
  (name, x) => operations[name].evaluate(...x),
);
