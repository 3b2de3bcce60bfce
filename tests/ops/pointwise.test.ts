import { contiguousStrides } from '../../kernels/view.js';
import { isTranscendental } from '../../kernels/wasm/formula/formula.js';
import type { Launch, Launching } from '../../lib/autograd/define.js';
import { evaluate, type PointwiseRow, pointwise } from '../../lib/autograd/pointwise.js';
import * as tg from '../../lib/index.js';
import * as activation from '../../lib/ops/activation.js';
import * as table from '../../lib/ops/pointwise.js';
import * as functions from '../../lib/ops/pointwiseFunctions.js';
import * as methods from '../../lib/ops/pointwiseMethods.js';
import * as special from '../../lib/ops/special.js';
import { checkGradient, maker } from '../helpers/facts.js';
import { reference } from '../helpers/reference.js';

type Callable = Launching & ((...args: unknown[]) => tg.Tensor) & { inplace?(...args: unknown[]): tg.Tensor };

const exported = [table, methods, functions, activation, special].flatMap((module) => Object.entries(module));
const callables = new Map(
  exported
    .filter((entry): entry is [string, Callable] => typeof entry[1] === 'function' && 'launch' in entry[1])
    .map(([name, call]) => [call, name]),
);

/** Calls that run every row of a function: its samples, or as many tensors as its signature has arguments. */
function samplesOf(call: Callable, dtype: tg.DType): unknown[][] {
  const make = maker(dtype, 3);
  return call.facts.samples?.(make) ?? [call.signature.positional.map(() => make.positive(2, 3))];
}

/** A row, the numbers it was run with, and which of its operands are truth values. */
interface Case {
  readonly row: PointwiseRow;
  readonly numbers: readonly number[];
  readonly truths: readonly boolean[];
}

function casesOf(): [string, Case][] {
  const found = new Map<PointwiseRow, [string, Case]>();
  for (const [call, name] of callables) {
    for (const args of samplesOf(call, dtypeFor(call))) {
      const { row, operands, numbers } = call.launch(...args);
      const truths = operands.map((x) => x instanceof tg.Tensor && x.dtype === 'bool');
      const title = `${name} of ${row.arity}, numbers (${numbers.join(', ')})`;
      if (!found.has(row)) found.set(row, [title, { row, numbers, truths }]);
    }
  }
  return [...found.values()];
}

/** Integers for what takes nothing else. */
function dtypeFor(call: Callable): tg.DType {
  return call.signature.name.startsWith('bitwise') ? 'int32' : 'float64';
}

const cases = casesOf();

/** A small generator of numbers in [0, 1). */
function uniform(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) | 0;
    return (state >>> 0) / 4294967296;
  };
}

function domainOf({ domain = [-3, 3] }: PointwiseRow, i: number): readonly [number, number] {
  return (typeof domain[0] === 'number' ? domain : domain[i]) as readonly [number, number];
}

/** A tensor of numbers that an operand of a row may take. */
function draw({ row, truths }: Case, i: number, shape: number[], dtype: tg.DType, next: () => number): tg.Tensor {
  const [low, high] = domainOf(row, i);
  const count = shape.reduce((product, size) => product * size, 1);
  const one = (): number => {
    if (dtype.startsWith('float') && !truths[i]) return low + (high - low) * next();
    return Math.floor(next() * (dtype === 'bool' || truths[i] ? 2 : 4) + (dtype === 'bool' || truths[i] ? 0 : 1));
  };
  return tg.tensor(Float64Array.from({ length: count }, one), { shape, dtype: truths[i] ? 'bool' : dtype });
}

const layouts: Readonly<Record<string, (d: (shape: number[]) => tg.Tensor) => tg.Tensor>> = {
  contiguous: (d) => d([3, 4]),
  transposed: (d) => d([4, 3]).transpose(0, 1),
  'sliced with an offset': (d) => d([5, 9]).at('1:4', '1::2'),
  expanded: (d) => d([3, 1]).expand(3, 4),
  '0-d': (d) => d([]),
  empty: (d) => d([0, 4]),
};

function flat(x: tg.Tensor): number[] {
  return (x.detach().reshape(-1).to('float64').tolist() as number[]).map(Number);
}

/** A value as a store into an array of the dtype leaves it. */
function stored(value: number, dtype: tg.DType): number {
  if (dtype === 'bool') return value === 0 ? 0 : 1;
  if (dtype === 'uint8') return Uint8Array.of(value)[0];
  return dtype.startsWith('int') ? Int32Array.of(value)[0] : value;
}

const rounding: Readonly<Record<string, number>> = { float16: 2 ** -11, float32: 2 ** -24, float64: 2 ** -50 };

/** Expects what JavaScript gives: to the bit, or as near as the row promises where vectors compute in a way of their own. */
function expectSameOrNear(it: Case, wanted: readonly number[], result: tg.Tensor): void {
  if (isTranscendental(it.row.formula)) expectNear(it, wanted, result);
  else expect(flat(result)).toEqual(wanted);
}

/** Expects results as near as the row promises, and the same where they are not finite. */
function expectNear({ row }: Case, wanted: readonly number[], result: tg.Tensor): void {
  const allowed = (row.ulps ?? 4) * (rounding[result.dtype] ?? 0);
  flat(result).forEach((got, i) => {
    if (Object.is(got, wanted[i]) || got === wanted[i]) return;
    expect(Math.abs(got - wanted[i]) / Math.max(1, Math.abs(wanted[i]))).toBeLessThanOrEqual(allowed);
  });
}

function expectOracle(it: Case, operands: readonly tg.Tensor[], result: tg.Tensor): void {
  const columns = operands.map((x) => flat(x.expand(result.shape)));
  const wanted = flat(result).map((_, i) => {
    const value = evaluate(it.row, ...columns.map((column) => column[i]), ...it.numbers);
    return stored(value, result.dtype);
  });
  expectNear(it, wanted, result);
}

/** Zeros with their signs, where both results have one. */
function zeros(x: readonly number[], y: readonly number[]): number[] {
  return x.filter((value, i) => value === 0 && y[i] === 0);
}

const dtypes: readonly tg.DType[] = ['float32', 'float64', 'float16', 'int32', 'uint8', 'bool'];

/** The result, or null where the row refuses the dtype. */
function attempt({ row, numbers }: Case, operands: readonly tg.Tensor[]): tg.Tensor | null {
  try {
    return pointwise(row, operands, numbers, null);
  } catch (error) {
    expect(error).toBeInstanceOf(tg.DTypeError);
    return null;
  }
}

test('the table holds what it should', () => {
  expect(cases.length).toBeGreaterThan(130);
});

describe.each(cases)('%s', (_title, it) => {
  const { row, numbers } = it;

  test.each(dtypes)('agrees with the formula in float64 on %s, in every layout', (dtype) => {
    for (const layout of Object.values(layouts)) {
      const next = uniform(7);
      const operands = Array.from({ length: row.arity }, (_, i) => layout((shape) => draw(it, i, shape, dtype, next)));
      const result = attempt(it, operands);
      if (result === null) {
        expect(row.refuses).toContain(dtype);
        return;
      }
      expect(result.shape).toEqual(operands[0].shape);
      const floats = row.result === 'float' && !dtype.startsWith('float');
      expect(result.dtype).toBe(row.result === 'bool' ? 'bool' : floats ? 'float32' : dtype);
      expectOracle(it, operands, result);
    }
  });

  test('agrees with the reference kernel', () => {
    const dtype = row.refuses?.includes('float64') ? 'int32' : 'float64';
    const next = uniform(9);
    const operands = Array.from({ length: row.arity }, (_, i) => draw(it, i, [3, 4], dtype, next));
    const result = pointwise(row, operands, numbers, null);
    const plain = tg.empty([3, 4], { dtype: result.dtype });
    expect(plain.strides).toEqual(contiguousStrides([3, 4]));
    reference.pointwise(row.formula, dtype, [plain], [...operands, ...numbers]);
    expectSameOrNear(it, flat(plain), result);
  });

  if (row.gradients.some((grad) => grad !== null)) {
    test('has the gradient that differences show, and its gradient too', () => {
      const next = uniform(11);
      const operands = Array.from({ length: row.arity }, (_, i) => draw(it, i, [2, 3], 'float64', next));
      const places = operands.flatMap((_, i) => (row.gradients[i] === null ? [] : [i]));
      const run = (xs: readonly tg.Tensor[]): tg.Tensor[] => {
        const all = operands.map((x, i) => (places.includes(i) ? xs[places.indexOf(i)] : x));
        return [pointwise(row, all, numbers, null)];
      };
      checkGradient(
        run,
        places.map((i) => operands[i]),
        2,
      );
    });
  } else {
    test('without a gradient says so', () => {
      const operands = Array.from({ length: row.arity }, (_, i) => draw(it, i, [2], 'float64', uniform(13)));
      const result = attempt(it, [operands[0].to('float64').requiresGrad_(), ...operands.slice(1)]);
      if (result?.requiresGrad !== true) return;
      expect(() => result.sum().backward()).toThrow('has no gradient');
    });
  }
});

describe('at infinity, NaN and zero', () => {
  const edges = [0, -0, 1, -1, 0.5, 1e-40, 1e30, -1e30, Infinity, -Infinity, NaN];

  test.each(cases.filter(([, { row }]) => row.arity < 3 && !row.refuses?.includes('float64')))('%s', (_title, it) => {
    const { row, numbers, truths } = it;
    const pairs = row.arity === 1 ? edges.map((x) => [x]) : edges.flatMap((x) => edges.map((y) => [x, y]));
    if (truths.includes(true)) return;
    const operands = Array.from({ length: row.arity }, (_, i) =>
      tg.tensor(Float64Array.from(pairs, (pair) => pair[i])),
    );
    const wanted = pairs.map((pair) => evaluate(row, ...pair, ...numbers));
    const result = pointwise(row, operands, numbers, null);
    expectSameOrNear(it, wanted.map(Number), result);
    expect(zeros(flat(result), wanted)).toEqual(zeros(wanted, flat(result)));
  });
});

describe('in place', () => {
  const inplace = [...callables]
    .filter(([call]) => call.inplace !== undefined)
    .map(([call, name]) => [name, call] as const);

  test.each(inplace)('%s_ gives what it gives without', (_name, call) => {
    for (const dtype of ['float32', 'float64', 'int32'] as const) {
      const [given, again] = [samplesOf(call, dtype), samplesOf(call, dtype)];
      given.forEach((args, i) => {
        const [self, ...rest] = again[i] as [tg.Tensor, ...unknown[]];
        let expected: tg.Tensor;
        try {
          expected = call(...args);
        } catch (error) {
          expect(error).toBeInstanceOf(tg.TapegradError);
          return;
        }
        if (!(self instanceof tg.Tensor) || expected.shape.join() !== self.shape.join()) return;
        const fits = expected.dtype === self.dtype || (expected.dtype === 'bool' && self.dtype !== 'bool');
        if (!fits) {
          expect(() => call.inplace?.(self, ...rest)).toThrow(tg.TapegradError);
          return;
        }
        expect(call.inplace?.(self, ...rest)).toBe(self);
        expect(flat(self)).toEqual(flat(expected));
      });
    }
  });
});

describe('what a call runs', () => {
  test.each([...callables].map(([call, name]) => [name, call] as const))('%s', (_name, call) => {
    for (const args of samplesOf(call, dtypeFor(call))) {
      const { row, operands, numbers }: Launch = call.launch(...args);
      expect(flat(call(...args))).toEqual(flat(pointwise(row, operands, numbers, null)));
    }
  });
});
