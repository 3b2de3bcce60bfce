import fc from 'fast-check';
import { pointwise } from '../../kernels/cpu/pointwise.js';
import { type Formula, formula, type GraphNode } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import { numbers, type ScalarName } from '../../kernels/scalar.js';
import type { Operand, View } from '../../kernels/types.js';
import { runVectors } from '../../kernels/wasm/formula.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy } from '../../kernels/wasm/policy.js';
import type { Launching } from '../../lib/autograd/define.js';
import { backwardOf } from '../../lib/autograd/formulas.js';
import * as tables from '../../lib/ops/pointwise.js';
import { maker } from '../helpers/facts.js';
import { blank, duplicate, put, randoms, stored } from './views.js';

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

const always = (): void => void Object.assign(policy, { formulas: 0, compiled: 0 });

function floats(data: Float32Array): View {
  return { buffer: data, offset: 0, shape: [data.length], strides: [1], dtype: 'float32' };
}

const unary = (name: ScalarName): Formula => formula(1, (s, x) => (s[name] as (x: unknown) => never)(x));

/** Distance between neighbours among the float32 near a value. */
function spacing(value: number): number {
  const size = Math.abs(value);
  return size < 2 ** -126 ? 2 ** -149 : 2 ** (Math.floor(Math.log2(size)) - 23);
}

describe('elementary functions', () => {
  test.each([
    ['exp', 2],
    ['expm1', 2],
    ['log', 2],
    ['log1p', 2],
    ['tanh', 2.3],
  ] as const)('%s is right within %f ulp over all float32', (name, ulps) => {
    always();
    const bits = Int32Array.from({ length: 1 << 18 }, (_, i) => i * 16381 - 2 ** 31);
    const x = new Float32Array(bits.buffer);
    const y = new Float32Array(x.length);
    expect(runVectors(unary(name), [floats(y)], [floats(x)])).toBe(true);
    const evaluate = numbers[name];
    const { fround } = Math;
    const wrong: unknown[] = [];
    for (let i = 0; i < x.length; i++) {
      const exact = evaluate(x[i]);
      const rounded = fround(exact);
      const close = Math.abs(y[i] - exact) <= ulps * spacing(exact);
      if (!Object.is(y[i], rounded) && !close) wrong.push([x[i], y[i], exact]);
    }
    expect(wrong).toEqual([]);
  });

  test.each(['exp', 'expm1', 'log', 'log1p', 'tanh', 'sqrt', 'sign', 'abs', 'neg', 'floor', 'ceil', 'trunc'] as const)(
    '%s of zeros, infinities, NaN and what is below the normal numbers',
    (name) => {
      always();
      const x = Float32Array.of(0, -0, Infinity, -Infinity, NaN, 1e-45, -1e-45, 1e-39, -1e-39, 1, -1, 0.5, -0.5);
      const y = new Float32Array(x.length);
      expect(runVectors(unary(name), [floats(y)], [floats(x)])).toBe(true);
      for (let i = 0; i < x.length; i++) {
        const exact = Math.fround(numbers[name](x[i]));
        if (Number.isFinite(exact) && exact !== 0)
          expect(Math.abs(y[i] - exact)).toBeLessThanOrEqual(2 * spacing(exact));
        else expect(y[i]).toBe(exact);
      }
    },
  );
});

/** A formula with every kind of operation that vectors have, and two results. */
const mixed = formula(3, ((s: typeof numbers, a: number, b: number, c: number) => {
  const chosen = s.where(s.logicalOr(s.lt(a, b), s.logicalNot(s.le(b, c))), s.maximum(a, c), s.minimum(b, s.abs(c)));
  const both = s.where(s.logicalAnd(s.ne(a, b), s.eq(c, c)), s.sub(chosen, s.neg(a)), s.div(a, s.const(3)));
  return [s.add(both, s.sign(b)), s.mul(s.floor(a), s.add(s.trunc(b), s.ceil(c)))];
}) as never);

test('agrees with the reference over lengths, offsets and operands of one element, and writes nothing else', () => {
  always();
  const operand = fc.constantFrom('elements', 'one', 'expanded', 'number');
  const length = fc.oneof(fc.integer({ min: 1, max: 70 }), fc.constantFrom(4095, 32767, 32768, 32769, 65700));
  fc.assert(
    fc.property(length, fc.tuple(operand, operand, operand), fc.nat(), (n, kinds, seed) => {
      const random = randoms(seed);
      const pool = [0, 1, -1, 0.5, NaN, Infinity, -Infinity, 2.5, -3.25];
      const one = (): number => (random() < 0.3 ? pool[Math.floor(random() * pool.length)] : 8 * random() - 4);
      const inputs = kinds.map((kind): Operand => {
        if (kind === 'number') return Math.fround(one());
        const size = kind === 'elements' ? n : 1;
        const view = put(blank('float32', [size]), Array.from({ length: size }, one));
        return kind === 'expanded' ? { ...view, shape: [n], strides: [0] } : view;
      });
      const results = [blank('float32', [n]), blank('float32', [n])];
      const others = results.map(duplicate);
      const before = results.map(duplicate);
      expect(runVectors(mixed, results, inputs)).toBe(true);
      reference.pointwise(mixed, 'float32', others, inputs);
      results.forEach((result, k) => {
        const wanted = stored(others[k]) as number[];
        const got = stored(result) as number[];
        const wrong = got.filter((y, i) => {
          const close = Math.abs(y - wanted[i]) <= 2 ** -21 * Math.max(1, Math.abs(wanted[i]));
          return !Object.is(y, wanted[i]) && y !== wanted[i] && !close;
        });
        expect(wrong).toEqual([]);
        const around = (view: View): unknown => put(duplicate(view), new Array(n).fill(0)).buffer;
        expect(around(result)).toEqual(around(before[k]));
      });
    }),
    { numRuns: 60 },
  );
});

test('writes in place', () => {
  always();
  const x = Float32Array.from({ length: 5000 }, (_, i) => i / 100);
  const wanted = x.map((value) => value * value);
  runVectors(
    formula(2, (s, a, b) => s.mul(a, b)),
    [floats(x)],
    [floats(x), floats(x)],
  );
  expect(x).toEqual(wanted);
});

test('small launches, other dtypes and what vectors do not have stay in JavaScript', () => {
  const x = floats(new Float32Array(2000));
  expect(runVectors(unary('exp'), [floats(new Float32Array(8))], [floats(new Float32Array(8))])).toBe(false);
  expect(runVectors(unary('lgamma'), [x], [x])).toBe(false);
  expect(runVectors(unary('exp'), [{ ...x, buffer: new Float64Array(2000), dtype: 'float64' }], [x])).toBe(false);
  const addition = formula(2, (s, a, b) => s.add(a, b));
  expect(runVectors(addition, [x], [x, x])).toBe(false);
  for (let i = 0; i < 25; i++) runVectors(addition, [x], [x, x]);
  expect(runVectors(addition, [x], [x, x])).toBe(true);
  expect(wasmHeap()).not.toBeNull();
});

/** The forward and backward formulas of every pointwise function, with where its operands are drawn from. */
function formulasOf(): [string, Formula, readonly (readonly [number, number])[]][] {
  return Object.entries(tables)
    .filter(([, call]) => typeof call === 'function' && 'launch' in call)
    .flatMap(([name, call]) => {
      const { facts, signature, launch } = call as unknown as Launching;
      const make = maker('float64', 3);
      const args = facts.samples?.(make)[0] ?? signature.positional.map(() => make.positive(2, 3));
      const { row } = launch(...args);
      const { domain = [-3, 3] } = row;
      const ranges = Array.from({ length: row.formula.arity }, (_, i) =>
        typeof domain[0] === 'number'
          ? (domain as readonly [number, number])
          : ((domain[i] ?? [-3, 3]) as readonly [number, number]),
      );
      const { formula: gradient, inputs } = backwardOf(row, new Array<boolean>(row.arity).fill(true));
      const from: (readonly [number, number])[] = [[-1, 1], ...ranges];
      const drawn = inputs.map((i) => from[i] ?? ([-1, 1] as const));
      const backward: [string, Formula, readonly (readonly [number, number])[]][] =
        gradient === null ? [] : [[`the gradient of ${name}`, gradient, drawn]];
      return [[name, row.formula, ranges], ...backward];
    });
}

test.each(formulasOf())('%s in vectors stays within the roundings of its float32 steps', (name, f, ranges) => {
  always();
  const n = 300;
  const random = randoms(5);
  const arity = f.arity;
  const inputs = Array.from({ length: arity }, (_, k) => {
    const [low, high] = ranges[k] ?? [-1, 1];
    return floats(Float32Array.from({ length: n }, () => low + (high - low) * random()));
  });
  const results = f.outputs.map(() => floats(new Float32Array(n)));
  if (!runVectors(f, results, inputs)) {
    // What vectors do not have must be a scalar operation without a lowering, or a truth value.
    const rest = (node: GraphNode): boolean =>
      node.truth || !['input', 'const', 'add', 'mul', 'exp'].includes(node.name);
    expect(f.nodes.some(rest)).toBe(true);
    return;
  }
  Object.assign(policy, { formulas: Infinity });
  const wanted = f.outputs.map(() => floats(new Float32Array(n)));
  pointwise(f, 'float32', wanted, inputs);
  let worst = 0;
  results.forEach((result, k) => {
    (stored(result) as number[]).forEach((y, i) => {
      const exact = stored(wanted[k])[i] as number;
      if (Object.is(y, exact) || y === exact) return;
      worst = Math.max(worst, Math.abs(y - exact) / Math.max(1, Math.abs(exact)));
    });
  });
  // The Bessel functions are the widest: their series were made for float64.
  expect(worst).toBeLessThanOrEqual((name.includes('gradient') ? 20 : 6) * 2 ** -24);
});
