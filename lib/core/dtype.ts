import type { DType } from '../../kernels/types.js';
import { ArgumentError, DTypeError, ValueError } from './errors.js';

export type { DType };

/** 32-bit floating point, the default. */
export const float32 = 'float32' as const;
/** 64-bit floating point. */
export const float64 = 'float64' as const;
/** 16-bit floating point; arithmetic runs in float32 and rounds once. */
export const float16 = 'float16' as const;
/** 32-bit integers, the default integer and index type. */
export const int32 = 'int32' as const;
/** 64-bit integers: moved, compared, indexed and converted exactly; no arithmetic. */
export const int64 = 'int64' as const;
/** 8-bit integers without sign. */
export const uint8 = 'uint8' as const;
/** 8-bit integers. */
export const int8 = 'int8' as const;
/** 16-bit integers. */
export const int16 = 'int16' as const;
/** Truth values. */
export const bool = 'bool' as const;

/** What is known of each dtype: category (bool < integer < floating), size and the place in its category's order. */
const facts: Readonly<Record<DType, { category: 0 | 1 | 2; bytes: number; signed: boolean }>> = {
  bool: { category: 0, bytes: 1, signed: false },
  uint8: { category: 1, bytes: 1, signed: false },
  int8: { category: 1, bytes: 1, signed: true },
  int16: { category: 1, bytes: 2, signed: true },
  int32: { category: 1, bytes: 4, signed: true },
  int64: { category: 1, bytes: 8, signed: true },
  float16: { category: 2, bytes: 2, signed: true },
  float32: { category: 2, bytes: 4, signed: true },
  float64: { category: 2, bytes: 8, signed: true },
};

export const dtypes: readonly DType[] = Object.keys(facts) as DType[];

/** Checks a dtype that came from a user. */
export function checkDType(operation: string, dtype: unknown): DType {
  if (typeof dtype === 'string' && dtype in facts) return dtype as DType;
  throw new DTypeError(`${operation}: unknown dtype ${String(dtype)}; known: ${dtypes.join(', ')}`);
}

/** Bytes of one element. */
export const itemSize = (dtype: DType): number => facts[dtype].bytes;

export const isFloat = (dtype: DType): boolean => facts[dtype].category === 2;

export const isInteger = (dtype: DType): boolean => facts[dtype].category === 1;

/** bool 0, integer 1, floating 2: a higher category wins in promotion. */
export const categoryOf = (dtype: DType): number => facts[dtype].category;

let defaultFloat: DType = 'float32';

/** The dtype of numbers and of `zeros`, `randn`, ... without one: float32 unless `setDefaultDtype` says otherwise. */
export const getDefaultDtype = (): DType => defaultFloat;

/**
 * Sets the dtype of new floating-point tensors: float32, float64 or float16.
 * Throws DTypeError for another. PyTorch: torch.set_default_dtype.
 */
export function setDefaultDtype(dtype: DType): void {
  if (!isFloat(checkDType('setDefaultDtype', dtype))) {
    throw new DTypeError(`setDefaultDtype: ${dtype} is not a floating-point dtype; use float32, float64 or float16`);
  }
  defaultFloat = dtype;
}

/** The smallest dtype both fit into, as in PyTorch (uint8 and int8 meet in int16). */
export function promoteTypes(a: DType, b: DType): DType {
  const [x, y] = [facts[a], facts[b]];
  if (x === undefined || y === undefined) return checkDType('promoteTypes', x === undefined ? a : b);
  if (a === b) return a;
  if (x.category !== y.category) return x.category > y.category ? a : b;
  if (x.bytes !== y.bytes) {
    const [wide, narrow] = x.bytes > y.bytes ? [a, b] : [b, a];
    return facts[wide].signed || !facts[narrow].signed ? wide : 'int16';
  }
  return 'int16';
}

/** What promotion needs to know of an operand. */
export interface Typed {
  readonly dtype: DType;
  readonly shape: readonly number[];
}

/** dtype of a JavaScript number as an operand: it decides only where no tensor of its category is present. */
export function numberDType(value: number): DType {
  return Number.isInteger(value) ? 'int32' : defaultFloat;
}

/**
 * PyTorch's promotion: tensors with dimensions before 0-d tensors before numbers; a lower rank matters only
 * when its category is higher.
 */
export function resultType(operands: readonly (Typed | number)[]): DType {
  const found: (DType | null)[] = [null, null, null];
  for (const x of operands) {
    if (typeof x !== 'number' && !Array.isArray(x?.shape)) {
      throw new ArgumentError(`expected a tensor or a number, got ${x === null ? 'null' : `a ${typeof x}`}`);
    }
    const rank = typeof x === 'number' ? 2 : x.shape.length === 0 ? 1 : 0;
    const dtype = typeof x === 'number' ? numberDType(x) : x.dtype;
    const seen = found[rank];
    found[rank] = seen === null ? dtype : promoteTypes(seen, dtype);
  }
  let result: DType | null = null;
  for (const dtype of found) {
    if (dtype === null) continue;
    if (result === null) result = dtype;
    else if (categoryOf(dtype) > categoryOf(result)) result = dtype;
  }
  if (result === null) throw new ValueError('resultType: no operands');
  return result;
}
