import { halfToFloat } from '../kernels/half.js';
import { count } from '../kernels/view.js';
import { isPlainObject } from './core/bind.js';
import { type DType, promoteTypes } from './core/dtype.js';
import { ArgumentError, showShape, TapegradError } from './core/errors.js';
import { Tensor } from './tensor.js';

/** A comparison that failed. */
export class AssertionError extends TapegradError {
  override name = 'AssertionError';
}

/** What `assertClose` compares: tensors, numbers, booleans, null, and arrays and plain objects of these. */
export type Comparable =
  | Tensor
  | number
  | bigint
  | boolean
  | string
  | null
  | undefined
  | readonly Comparable[]
  | { readonly [key: string]: Comparable };

/** How `assertClose` compares. */
export interface AssertCloseOptions {
  /** Relative tolerance; together with `atol`, or neither. */
  rtol?: number | null;
  /** Absolute tolerance. */
  atol?: number | null;
  /** Whether NaN equals NaN; false unless set. */
  equalNan?: boolean;
  /** Whether dtypes must agree; true unless set. Else values are compared in the promoted dtype. */
  checkDtype?: boolean;
  /** Whether devices must agree; true unless set. */
  checkDevice?: boolean;
  /** Replaces the message, or makes it out of the usual one. */
  msg?: string | ((message: string) => string) | null;
}

interface Tolerances {
  readonly rtol: number;
  readonly atol: number;
}

const exact: Tolerances = { rtol: 0, atol: 0 };

/** PyTorch's defaults; every other dtype must be equal. */
const defaults: Readonly<Partial<Record<DType, Tolerances>>> = {
  float16: { rtol: 1e-3, atol: 1e-5 },
  float32: { rtol: 1.3e-6, atol: 1e-5 },
  float64: { rtol: 1e-7, atol: 1e-7 },
};

type Value = number | bigint;
type Settings = Required<Pick<AssertCloseOptions, 'equalNan' | 'checkDtype' | 'checkDevice'>> & {
  readonly given: Tolerances | null;
};

const known = ['rtol', 'atol', 'equalNan', 'checkDtype', 'checkDevice', 'msg'];

/** NaN where the numbers cannot be compared, so that it counts as the greatest. */
function distance(a: Value, b: Value): number {
  if (a === b) return 0;
  return typeof a === 'bigint' && typeof b === 'bigint' ? Math.abs(Number(a - b)) : Math.abs(Number(a) - Number(b));
}

function isClose(a: Value, b: Value, { rtol, atol }: Tolerances, equalNan: boolean): boolean {
  if (a === b) return true;
  if (equalNan && Number.isNaN(a) && Number.isNaN(b)) return true;
  const off = distance(a, b);
  return Number.isFinite(off) && off <= atol + rtol * Math.abs(Number(b));
}

function toleranceFor(given: Tolerances | null, ...dtypes: DType[]): Tolerances {
  if (given !== null) return given;
  const found = dtypes.map((dtype) => defaults[dtype] ?? exact);
  return { rtol: Math.max(...found.map((t) => t.rtol)), atol: Math.max(...found.map((t) => t.atol)) };
}

function valuesOf(x: Tensor, dtype: DType): Value[] {
  // On the CPU, which has every dtype.
  const y = x.detach().to('cpu').to(dtype);
  const list = Array.from(y.storage.kernels.read(y) as ArrayLike<number>);
  return dtype === 'float16' ? list.map(halfToFloat) : list;
}

function coordinates(flat: number, shape: readonly number[]): number[] {
  const index: number[] = [];
  let rest = flat;
  for (let d = shape.length - 1; d >= 0; d--) {
    index.unshift(rest % shape[d]);
    rest = Math.floor(rest / shape[d]);
  }
  return index;
}

/** Numbers as PyTorch's messages write them: 1e-05, not 0.00001. */
function show(value: number): string {
  if (Number.isNaN(value)) return 'nan';
  if (!Number.isFinite(value)) return value > 0 ? 'inf' : '-inf';
  return value > 0 && value < 1e-4 ? value.toExponential().replace(/e-(\d)$/, 'e-0$1') : String(value);
}

const kinds = ['absolute', 'relative'] as const;

function allowed(kind: (typeof kinds)[number], { rtol, atol }: Tolerances): string {
  if (rtol === 0 && atol === 0) return '';
  return ` (up to ${show(kind === 'absolute' ? atol : rtol)} allowed)`;
}

const verdict = ({ rtol, atol }: Tolerances): string => (rtol === 0 && atol === 0 ? 'equal' : 'close');

function scalarMessage(a: Value, b: Value, tolerances: Tolerances): string {
  const off = distance(a, b);
  const size = { absolute: off, relative: Number(b) === 0 ? Number.POSITIVE_INFINITY : off / Math.abs(Number(b)) };
  const lines = kinds.map(
    (kind) =>
      `${kind === 'absolute' ? 'Absolute' : 'Relative'} difference: ${show(size[kind])}${allowed(kind, tolerances)}`,
  );
  return [`Scalars are not ${verdict(tolerances)}!`, '', ...lines].join('\n');
}

function tensorMessage(
  a: readonly Value[],
  b: readonly Value[],
  wrong: readonly number[],
  shape: readonly number[],
  tolerances: Tolerances,
): string {
  const greatest = (kind: (typeof kinds)[number]): string => {
    let [most, at] = [-1, 0];
    for (const i of wrong) {
      const off = distance(a[i], b[i]) / (kind === 'absolute' ? 1 : Math.abs(Number(b[i])));
      if (off > most || Number.isNaN(off)) [most, at] = [off, i];
      if (Number.isNaN(off)) break;
    }
    return `Greatest ${kind} difference: ${show(most)} at index ${showShape(coordinates(at, shape))}${allowed(kind, tolerances)}`;
  };
  const share = ((100 * wrong.length) / a.length).toFixed(1);
  return [
    `Tensor-likes are not ${verdict(tolerances)}!`,
    '',
    `Mismatched elements: ${wrong.length} / ${a.length} (${share}%)`,
    ...kinds.map(greatest),
  ].join('\n');
}

/** The message of the first difference between two tensors, or null. */
function compareTensors(a: Tensor, b: Tensor, settings: Settings): string | null {
  const differ = (what: string, x: string, y: string): string =>
    `The values for attribute '${what}' do not match: ${x} != ${y}.`;
  if (showShape(a.shape) !== showShape(b.shape)) return differ('shape', showShape(a.shape), showShape(b.shape));
  if (settings.checkDevice && a.device !== b.device) return differ('device', a.device, b.device);
  if (settings.checkDtype && a.dtype !== b.dtype) return differ('dtype', a.dtype, b.dtype);
  const tolerances = toleranceFor(settings.given, a.dtype, b.dtype);
  const dtype = promoteTypes(a.dtype, b.dtype);
  const [x, y] = [valuesOf(a, dtype), valuesOf(b, dtype)];
  const wrong: number[] = [];
  for (let i = 0; i < count(a.shape); i++) if (!isClose(x[i], y[i], tolerances, settings.equalNan)) wrong.push(i);
  if (wrong.length === 0) return null;
  return a.shape.length === 0 ? scalarMessage(x[0], y[0], tolerances) : tensorMessage(x, y, wrong, a.shape, tolerances);
}

const describe = (value: Comparable): string =>
  value instanceof Tensor
    ? 'a tensor'
    : Array.isArray(value)
      ? 'an array'
      : isPlainObject(value)
        ? 'an object'
        : String(value);

const within = (path: string): string => (path === '' ? '' : `\n\nThe failure occurred for item ${path}`);

function compare(a: Comparable, b: Comparable, path: string, settings: Settings): string | null {
  if (a instanceof Tensor && b instanceof Tensor) {
    const message = compareTensors(a, b, settings);
    return message === null ? null : message + within(path);
  }
  if (Array.isArray(a) && Array.isArray(b)) {
    if (a.length !== b.length) return `The length of the sequences mismatch: ${a.length} != ${b.length}${within(path)}`;
    return first(a.keys(), (i) => compare(a[i], b[i], `${path}[${i}]`, settings));
  }
  if (isPlainObject(a) && isPlainObject(b)) {
    const missing = [
      ...Object.keys(a).filter((key) => !Object.hasOwn(b, key)),
      ...Object.keys(b).filter((key) => !Object.hasOwn(a, key)),
    ];
    if (missing.length > 0)
      return `The keys of the mappings do not match: only one of them has ${missing.join(', ')}${within(path)}`;
    return first(Object.keys(a), (key) =>
      compare(a[key] as Comparable, b[key] as Comparable, `${path}['${key}']`, settings),
    );
  }
  if ((typeof a === 'number' && typeof b === 'number') || (typeof a === 'bigint' && typeof b === 'bigint')) {
    const tolerances = settings.given ?? (typeof a === 'number' ? toleranceFor(null, 'float64') : exact);
    return isClose(a, b, tolerances, settings.equalNan) ? null : scalarMessage(a, b, tolerances) + within(path);
  }
  return a === b ? null : `${describe(a)} is not ${describe(b)}${within(path)}`;
}

/** The first message that is not null. */
function first<T>(items: Iterable<T>, message: (item: T) => string | null): string | null {
  for (const item of items) {
    const found = message(item);
    if (found !== null) return found;
  }
  return null;
}

/**
 * Throws AssertionError unless shapes, dtypes and devices agree and every element is within `atol + rtol * |expected|`; arrays and
 * plain objects are compared item by item. The tolerances are those of the dtype: float16 1e-3 and 1e-5, float32 1.3e-6 and 1e-5,
 * float64 and numbers 1e-7 and 1e-7, exact for every other. PyTorch: torch.testing.assert_close.
 * @example
 * tg.testing.assertClose(tg.tensor([1, 2]).exp().log(), tg.tensor([1, 2]))
 */
export function assertClose(actual: Comparable, expected: Comparable, options: AssertCloseOptions = {}): void {
  const unknown = Object.keys(options).find((key) => !known.includes(key));
  if (unknown !== undefined)
    throw new ArgumentError(`testing.assertClose: unknown argument ${unknown}; it takes ${known.join(', ')}`);
  const { rtol = null, atol = null, equalNan = false, checkDtype = true, checkDevice = true, msg = null } = options;
  if ((rtol === null) !== (atol === null))
    throw new ArgumentError('testing.assertClose: rtol and atol must be given together, or neither');
  const given = rtol === null || atol === null ? null : { rtol, atol };
  const message = compare(actual, expected, '', { equalNan, checkDtype, checkDevice, given });
  if (message === null) return;
  throw new AssertionError(msg === null ? message : typeof msg === 'string' ? msg : msg(message));
}
