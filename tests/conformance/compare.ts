/** What "close" means: shape, dtype and every element, by the corpus's own tolerances. */
import type { Recorded } from './blob.js';
import { isTensor, type Tensor } from './library.js';

/** A result that is not PyTorch's; its message is the reason a sample fails. */
export class Mismatch extends Error {}

/** |got - expected| <= scale * (atol + rtol * |expected|) */
export interface Tolerance {
  rtol: number;
  atol: number;
}

export interface Allowance {
  /** The entry's tolerance, for float32. */
  tolerance: Tolerance;
  scale: number;
  /** Only shape and dtype count. */
  meta: boolean;
}

const OTHER_DTYPES: Record<string, Tolerance> = {
  float64: { rtol: 1e-7, atol: 1e-7 },
  float16: { rtol: 1e-3, atol: 1e-5 },
  bfloat16: { rtol: 1.6e-2, atol: 1e-5 },
};

const EXACT: Tolerance = { rtol: 0, atol: 0 };

function toleranceOf(dtype: string, float32: Tolerance): Tolerance {
  return dtype === 'float32' ? float32 : (OTHER_DTYPES[dtype] ?? EXACT);
}

/** Elements in row-major order. */
export function elements(tensor: Tensor): unknown[] {
  const nested = tensor.tolist();
  return Array.isArray(nested) ? nested.flat(Number.POSITIVE_INFINITY) : [nested];
}

function close(got: number | bigint, expected: number | bigint, allowed: Tolerance, scale: number): boolean {
  if (typeof got === 'bigint' || typeof expected === 'bigint') {
    return Number.isInteger(Number(got)) && BigInt(got) === BigInt(expected);
  }
  if (Number.isNaN(expected)) return Number.isNaN(got);
  if (got === expected) return true;
  return (
    Number.isFinite(expected) && Math.abs(got - expected) <= scale * (allowed.atol + allowed.rtol * Math.abs(expected))
  );
}

function numeric(value: unknown, what: string): number | bigint {
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value === 'number' || typeof value === 'bigint') return value;
  throw new Mismatch(`${what}: an element is ${String(value)}`);
}

function position(flat: number, shape: readonly number[]): string {
  const index: number[] = [];
  for (let axis = shape.length - 1; axis >= 0; axis--) {
    index.unshift(flat % shape[axis]);
    flat = Math.floor(flat / shape[axis]);
  }
  return `[${index.join(', ')}]`;
}

/** Throws a Mismatch unless `got` is the recorded tensor; an int32 counts where int64 is recorded. */
export function compareTensor(what: string, got: unknown, expected: Recorded, allowance: Allowance): void {
  if (!isTensor(got)) throw new Mismatch(`${what}: ${describe(got)}, expected a tensor`);
  const sameShape =
    got.shape.length === expected.shape.length && got.shape.every((size, axis) => size === expected.shape[axis]);
  if (!sameShape) throw new Mismatch(`${what}: shape [${got.shape}], expected [${expected.shape}]`);
  const sameDtype = got.dtype === expected.dtype || (got.dtype === 'int32' && expected.dtype === 'int64');
  if (!sameDtype) throw new Mismatch(`${what}: dtype ${got.dtype}, expected ${expected.dtype}`);
  if (!allowance.meta) compareElements(what, elements(got), expected, allowance);
}

function compareElements(what: string, got: unknown[], expected: Recorded, allowance: Allowance): void {
  const count = expected.data.length;
  if (got.length !== count) throw new Mismatch(`${what}: ${got.length} elements, expected ${count}`);
  const allowed = toleranceOf(expected.dtype, allowance.tolerance);
  let wrong = 0;
  let first = 0;
  for (let i = 0; i < count; i++) {
    if (!close(numeric(got[i], what), expected.data[i], allowed, allowance.scale) && wrong++ === 0) first = i;
  }
  if (wrong === 0) return;
  const where = position(first, expected.shape);
  throw new Mismatch(
    `${what}: ${wrong} of ${count} elements differ, at ${where} ${String(got[first])}, expected ${String(expected.data[first])}`,
  );
}

/** Throws a Mismatch unless two numbers are close. */
export function compareNumber(what: string, got: unknown, expected: number, tolerance: Tolerance, scale = 1): void {
  if (typeof got !== 'number' || !close(got, expected, tolerance, scale)) {
    throw new Mismatch(`${what}: ${describe(got)}, expected ${expected}`);
  }
}

/** A value in a few words. */
export function describe(value: unknown): string {
  if (isTensor(value)) return `a tensor of shape [${value.shape}]`;
  if (Array.isArray(value)) return `an array of ${value.length}`;
  return typeof value === 'object' && value !== null ? `a ${value.constructor?.name ?? 'object'}` : String(value);
}
