import type { Described, Maker } from '../../lib/core/define.js';
import * as tg from '../../lib/index.js';

type Tensor = tg.Tensor;
type Callable = Described & ((...args: unknown[]) => unknown);

/** A small generator of numbers (mulberry32), so that a failure repeats. */
function numbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

/** Makes the tensors of samples: standard normal ones in `dtype`. */
export function maker(dtype: tg.DType, seed = 1): Maker {
  const next = numbers(seed);
  const fill = (shape: readonly number[], type: tg.DType, value: () => number): Tensor => {
    const count = shape.reduce((product, size) => product * size, 1);
    return tg.tensor(Float64Array.from({ length: count }, value), { shape: [...shape], dtype: type });
  };
  const normal = (): number => Math.sqrt(-2 * Math.log(1 - next())) * Math.cos(2 * Math.PI * next());
  return Object.assign((...shape: number[]) => fill(shape, dtype, normal), {
    integers: (below: number, ...shape: number[]) => fill(shape, 'int32', () => Math.floor(next() * below)),
    bools: (...shape: number[]) => fill(shape, 'bool', () => Number(next() < 0.5)),
    positive: (...shape: number[]) => fill(shape, dtype, () => 0.1 + 2 * next()),
  });
}

const isTensor = (x: unknown): x is Tensor => x instanceof tg.Tensor;

/** Tensors anywhere in arguments, in order. */
function tensorsIn(value: unknown): Tensor[] {
  if (isTensor(value)) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (typeof value === 'object' && value !== null) {
    return tensorsIn(Symbol.iterator in value ? Array.from(value as Iterable<unknown>) : Object.values(value));
  }
  return [];
}

/** The same arguments with every tensor replaced by what `change` makes of it. */
function replaced(value: unknown, change: (x: Tensor) => Tensor): unknown {
  if (isTensor(value)) return change(value);
  if (Array.isArray(value)) return value.map((item) => replaced(item, change));
  if (typeof value === 'object' && value !== null) {
    return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, replaced(item, change)]));
  }
  return value;
}

const isFloat = (x: Tensor): boolean => x.dtype.startsWith('float');

function values(x: Tensor): number[] {
  return (x.detach().reshape(-1).to('float64').tolist() as number[]).map(Number);
}

/** Compares results: shapes and dtypes exactly, elements relative to the larger of 1 and their size. */
function expectClose(got: unknown, wanted: unknown, tolerance: number, dtypes = true): void {
  const [a, b] = [tensorsIn(got), tensorsIn(wanted)];
  expect(a.map((x) => x.shape)).toEqual(b.map((x) => x.shape));
  if (dtypes) expect(a.map((x) => x.dtype)).toEqual(b.map((x) => x.dtype));
  a.forEach((x, i) => {
    const right = values(b[i]);
    values(x).forEach((value, j) => {
      if (Object.is(value, right[j]) || value === right[j]) return;
      expect(Math.abs(value - right[j]) / Math.max(1, Math.abs(right[j]))).toBeLessThan(tolerance);
    });
  });
}

const layouts: Readonly<Record<string, (x: Tensor) => Tensor>> = {
  transposed: (x) => (x.dim() < 2 ? x : x.transpose(0, -1).contiguous().transpose(0, -1)),
  'sliced with an offset': (x) => {
    if (x.dim() === 0) return tg.stack([x, x]).select(0, 1);
    const size = x.shape[x.dim() - 1];
    const wide = tg.full([...x.shape.slice(0, -1), 2 * size + 3], 77, { dtype: x.dtype });
    const part = wide.narrow(-1, 1, 2 * size);
    const every = part.unflatten(-1, [size, 2]).select(-1, 1);
    every.copy_(x);
    return every;
  },
};

function expanded(x: Tensor): Tensor {
  const dim = x.shape.findIndex((size) => size > 1);
  return dim < 0 ? x : x.narrow(dim, 0, 1).expand(x.shape);
}

function dot(xs: readonly Tensor[], ys: readonly (Tensor | null)[]): number {
  return xs.reduce(
    (sum, x, i) =>
      ys[i] === null
        ? sum
        : sum +
          x
            .detach()
            .mul(ys[i] as Tensor)
            .sum()
            .item(),
    0,
  );
}

type Function_ = (xs: readonly Tensor[]) => Tensor[];

/** Compares <v, J u> by a central difference with the tape's <J^T v, u>; then the same for the gradient. */
export function checkGradient(f: Function_, inputs: readonly Tensor[], orders: number, seed = 5): void {
  const make = maker('float64', seed);
  const run = (xs: readonly Tensor[]): Tensor[] => f(xs).filter(isFloat);
  const leaves = inputs.map((x) => x.detach().clone().requiresGrad_());
  const outputs = run(leaves);
  const cotangents = outputs.map((y) => make(...y.shape));
  const directions = leaves.map((x) => make(...x.shape));
  const wanted = outputs.map((y) => y.requiresGrad);
  const pick = <T>(list: readonly T[]): T[] => list.filter((_, i) => wanted[i]);
  if (!wanted.includes(true)) throw new Error('no result requires a gradient');
  const gradientOf = (xs: readonly Tensor[], create: boolean): (Tensor | null)[] =>
    tg.autograd.grad(pick(run(xs)), [...xs], pick(cotangents), {
      createGraph: create,
      allowUnused: true,
    }) as (Tensor | null)[];
  const gradients = gradientOf(leaves, false);
  gradients.forEach((g, i) => {
    if (g !== null) expect(g.shape).toEqual(leaves[i].shape);
  });
  const step = 1e-5;
  const at = (sign: number): number =>
    dot(
      pick(cotangents),
      pick(
        run(
          leaves.map((x, i) =>
            x
              .detach()
              .add(directions[i].mul(sign * step))
              .requiresGrad_(),
          ),
        ).map((y) => y.detach()),
      ),
    );
  const numeric = (at(1) - at(-1)) / (2 * step);
  const analytic = dot(directions, gradients);
  expect(Math.abs(numeric - analytic)).toBeLessThan(2e-5 * Math.max(1, Math.abs(numeric)));
  if (orders < 2) return;
  const smooth = gradientOf(leaves, true).flatMap((g, i) => (g?.requiresGrad ? [i] : []));
  if (smooth.length === 0) return;
  checkGradient((xs) => smooth.map((i) => gradientOf(xs, true)[i] as Tensor), leaves, orders - 1, seed + 1);
}

/** Tests every described function by the facts that stand beside it; modules may be given by name, or their exports spread out. */
export function testFacts(tables: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(tables)) {
    if (typeof value === 'function') {
      if ('facts' in value) describe(name, () => testFunction(value as Callable));
    } else if (typeof value === 'object' && value !== null) {
      describe(name, () => testFacts(value as Record<string, unknown>));
    }
  }
}

/** Compares two layouts of the same values: results, or that both are refused (equal rows make a singular matrix). */
function expectSame(call: Callable, args: readonly unknown[], dense: readonly unknown[]): void {
  let wanted: unknown;
  try {
    wanted = call(...dense);
  } catch (error) {
    expect(error).toBeInstanceOf(tg.TapegradError);
    expect(() => call(...args)).toThrow((error as Error).message);
    return;
  }
  expectClose(call(...args), wanted, 1e-10);
}

function testFunction(call: Callable): void {
  const { samples, errors, gradcheck, gradgradcheck, tolerance = 1e-5 } = call.facts;
  const all = (dtype: tg.DType): unknown[][] => samples?.(maker(dtype)) ?? [];
  all('float64').forEach((args, i) => {
    test(`sample ${i}`, () => {
      const result = call(...args);
      expectClose(call(...all('float32')[i]), result, tolerance, false);
      for (const change of Object.values(layouts))
        expectClose(call(...(replaced(args, change) as unknown[])), result, 1e-10);
      const spread = replaced(args, expanded) as unknown[];
      const dense = replaced(spread, (x) => x.clone().contiguous()) as unknown[];
      if (gradcheck === undefined) expectSame(call, spread, dense);
      const inputs = tensorsIn(args).filter((x) => isFloat(x) && x.numel() > 0);
      if (gradcheck !== undefined || inputs.length === 0) return;
      const f: Function_ = (xs) => tensorsIn(call(...(replaced(args, (x) => xs[inputs.indexOf(x)] ?? x) as unknown[])));
      checkGradient(f, inputs, gradgradcheck === undefined ? 2 : 1);
    });
  });
  (errors?.(maker('float32')) ?? []).forEach(([args, message]) => {
    test(`error: ${message}`, () => {
      expect(() => call(...args)).toThrow(tg.TapegradError);
      expect(() => call(...args)).toThrow(message);
    });
  });
}
