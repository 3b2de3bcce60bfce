import type { ScalarName } from '../../scalar.js';
import { type Expression, i32, op, shuffle, type ValueType } from '../assembler.js';
import { both, either, select, type Vector, type Vectors } from '../vectors.js';
import * as double from './double/lowerings.js';
import { erf, erfc, ndtr } from './errorFunction.js';
import { cosh, exp, expm1, sign, sinh, tanh } from './exponential.js';
import { acosh, asinh, atanh, log, log1p, log2, log10 } from './logarithm.js';
import * as power from './power.js';
import * as trigonometric from './trigonometric.js';

/** A scalar operation on vectors; truth values are masks. */
export type Lowering = (v: Vectors, ...x: Vector[]) => Vector;

/** What vectors of one element type do. What is missing stays in JavaScript. */
export interface Lanes {
  readonly dtype: 'float32' | 'float64' | 'int32';
  readonly bytes: 4 | 8;
  /** The type of one element as a parameter. */
  readonly type: ValueType;
  readonly lowerings: Partial<Record<ScalarName, Lowering>>;
  /** Operations that a formula may have: roundings to float32 add up, and JavaScript computes in float64. */
  readonly longest: number;
  /** Whether a number survives as an element: it stays finite, and different from zero. */
  holds(value: number): boolean;
  constant(v: Vectors, value: number): Vector;
  splat(element: Expression): Vector;
  isNotZero(v: Vectors, x: Vector): Vector;
  /** Elements of 0 and 1 out of bytes, which lie in the first lanes of the vector. */
  fromBytes(bytes: Vector): Vector;
  /** A mask as bytes of 0 and 1 in the first lanes of a vector. */
  toBytes(v: Vectors, mask: Vector): Vector;
}

const widened = (bytes: Vector): Vector => op('i32x4.extend_low_i16x8_u', op('i16x8.extend_low_i8x16_u', bytes));

function narrowed(v: Vectors, mask: Vector): Vector {
  const words = v.keep(op('v128.and', mask, v.integer(1)));
  const shorts = v.keep(op('i16x8.narrow_i32x4_u', words, words));
  return op('i8x16.narrow_i16x8_u', shorts, shorts);
}

const logic: Partial<Record<ScalarName, Lowering>> = {
  logicalAnd: (_v, a, b) => both(a, b),
  logicalOr: (_v, a, b) => either(a, b),
  logicalNot: (_v, a) => op('v128.not', a),
  where: (_v, c, a, b) => select(c, a, b),
};

export const float32: Lanes = {
  dtype: 'float32',
  bytes: 4,
  type: 'f32',
  longest: 64,
  lowerings: {
    ...logic,
    exp,
    expm1,
    tanh,
    sinh,
    cosh,
    log,
    log1p,
    log2,
    log10,
    asinh,
    acosh,
    atanh,
    erf,
    erfc,
    ndtr,
    sign,
    ...power,
    ...trigonometric,
    neg: (_v, a) => op('f32x4.neg', a),
    add: (_v, a, b) => op('f32x4.add', a, b),
    sub: (_v, a, b) => op('f32x4.sub', a, b),
    mul: (_v, a, b) => op('f32x4.mul', a, b),
    div: (_v, a, b) => op('f32x4.div', a, b),
    abs: (_v, a) => op('f32x4.abs', a),
    floor: (_v, a) => op('f32x4.floor', a),
    ceil: (_v, a) => op('f32x4.ceil', a),
    trunc: (_v, a) => op('f32x4.trunc', a),
    round: (_v, a) => op('f32x4.nearest', a),
    sqrt: (_v, a) => op('f32x4.sqrt', a),
    maximum: (_v, a, b) => op('f32x4.max', a, b),
    minimum: (_v, a, b) => op('f32x4.min', a, b),
    lt: (_v, a, b) => op('f32x4.lt', a, b),
    le: (_v, a, b) => op('f32x4.le', a, b),
    eq: (_v, a, b) => op('f32x4.eq', a, b),
    ne: (_v, a, b) => op('f32x4.ne', a, b),
  },
  holds(value) {
    const rounded = Math.fround(value);
    return !Number.isFinite(value) || (Number.isFinite(rounded) && (rounded !== 0) === (value !== 0));
  },
  constant: (v, value) => v.float(value),
  splat: (element) => op('f32x4.splat', element as Expression<'f32'>),
  isNotZero: (v, x) => op('f32x4.ne', x, v.float(0)),
  fromBytes: (bytes) => op('f32x4.convert_i32x4_s', widened(bytes)),
  toBytes: narrowed,
};

export const float64: Lanes = {
  dtype: 'float64',
  bytes: 8,
  type: 'f64',
  longest: Infinity,
  lowerings: {
    ...logic,
    ...double,
    neg: (_v, a) => op('f64x2.neg', a),
    add: (_v, a, b) => op('f64x2.add', a, b),
    sub: (_v, a, b) => op('f64x2.sub', a, b),
    mul: (_v, a, b) => op('f64x2.mul', a, b),
    div: (_v, a, b) => op('f64x2.div', a, b),
    abs: (_v, a) => op('f64x2.abs', a),
    floor: (_v, a) => op('f64x2.floor', a),
    ceil: (_v, a) => op('f64x2.ceil', a),
    trunc: (_v, a) => op('f64x2.trunc', a),
    round: (_v, a) => op('f64x2.nearest', a),
    sqrt: (_v, a) => op('f64x2.sqrt', a),
    maximum: (_v, a, b) => op('f64x2.max', a, b),
    minimum: (_v, a, b) => op('f64x2.min', a, b),
    lt: (_v, a, b) => op('f64x2.lt', a, b),
    le: (_v, a, b) => op('f64x2.le', a, b),
    eq: (_v, a, b) => op('f64x2.eq', a, b),
    ne: (_v, a, b) => op('f64x2.ne', a, b),
  },
  holds: () => true,
  constant: (v, value) => v.double(value),
  splat: (element) => op('f64x2.splat', element as Expression<'f64'>),
  isNotZero: (v, x) => op('f64x2.ne', x, v.double(0)),
  fromBytes: (bytes) => op('f64x2.convert_low_i32x4_u', widened(bytes)),
  toBytes: (v, mask) => narrowed(v, shuffle(mask, mask, [0, 2, 0, 2])),
};

const not = (a: Vector): Vector => op('v128.not', a);

export const int32: Lanes = {
  dtype: 'int32',
  bytes: 4,
  type: 'i32',
  longest: Infinity,
  lowerings: {
    ...logic,
    neg: (_v, a) => op('i32x4.neg', a),
    add: (_v, a, b) => op('i32x4.add', a, b),
    sub: (_v, a, b) => op('i32x4.sub', a, b),
    mul: (_v, a, b) => op('i32x4.mul', a, b),
    abs: (_v, a) => op('i32x4.abs', a),
    sign: (_v, a) => either(op('i32x4.shr_s', a, i32(31)), op('i32x4.shr_u', op('i32x4.neg', a), i32(31))),
    floor: (_v, a) => a,
    ceil: (_v, a) => a,
    trunc: (_v, a) => a,
    round: (_v, a) => a,
    maximum: (_v, a, b) => op('i32x4.max_s', a, b),
    minimum: (_v, a, b) => op('i32x4.min_s', a, b),
    lt: (_v, a, b) => op('i32x4.lt_s', a, b),
    le: (_v, a, b) => op('i32x4.le_s', a, b),
    eq: (_v, a, b) => op('i32x4.eq', a, b),
    ne: (_v, a, b) => not(op('i32x4.eq', a, b)),
    bitwiseAnd: (_v, a, b) => both(a, b),
    bitwiseOr: (_v, a, b) => either(a, b),
    bitwiseXor: (_v, a, b) => op('v128.xor', a, b),
  },
  holds: (value) => (value | 0) === value,
  constant: (v, value) => v.integer(value),
  splat: (element) => op('i32x4.splat', element as Expression<'i32'>),
  isNotZero: (v, x) => not(op('i32x4.eq', x, v.integer(0))),
  fromBytes: widened,
  toBytes: narrowed,
};
