import fc from 'fast-check';
import { pointwise } from '../../kernels/cpu/pointwise.js';
import { type Formula, formula, type GraphNode } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import { numbers, type ScalarName } from '../../kernels/scalar.js';
import type { Operand, View } from '../../kernels/types.js';
import { float32 } from '../../kernels/wasm/formula/lowerings.js';
import { runVectors } from '../../kernels/wasm/formula/pointwise.js';
import { wasmHeap } from '../../kernels/wasm/heap.js';
import { policy } from '../../kernels/wasm/policy.js';
import type { Launching } from '../../lib/autograd/define.js';
import { backwardOf } from '../../lib/autograd/formulas.js';
import * as tables from '../../lib/ops/pointwise.js';
import { maker } from '../helpers/facts.js';
import {
  blank,
  duplicate,
  expectAlike,
  layouts,
  plain,
  put,
  randoms,
  scramble,
  scrambleIntegers,
  stored,
} from './views.js';

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
    ['sinh', 2.5],
    ['cosh', 2],
    ['log2', 2],
    ['log10', 2],
    ['asinh', 2],
    ['acosh', 2],
    ['atanh', 2.5],
    ['sin', 2],
    ['cos', 2],
    ['tan', 3.5],
    ['asin', 2],
    ['acos', 2],
    ['atan', 2],
    ['erf', 2],
    ['erfc', 6],
  ] as const)('%s is right within %f ulp over all float32', (name, ulps) => {
    always();
    const bits = Int32Array.from({ length: 1 << 17 }, (_, i) => i * 32749 - 2 ** 31);
    const x = new Float32Array(bits.buffer);
    const y = new Float32Array(x.length);
    expect(runVectors(unary(name), 'float32', [floats(y)], [floats(x)])).toBe(true);
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
      expect(runVectors(unary(name), 'float32', [floats(y)], [floats(x)])).toBe(true);
      for (let i = 0; i < x.length; i++) {
        const exact = Math.fround(numbers[name](x[i]));
        if (Number.isFinite(exact) && exact !== 0)
          expect(Math.abs(y[i] - exact)).toBeLessThanOrEqual(2 * spacing(exact));
        else expect(y[i]).toBe(exact);
      }
    },
  );
});

const quick = ['exp', 'expm1', 'sinh', 'cosh', 'log', 'log1p', 'log2', 'log10', 'asinh', 'erfc', 'ndtr'] as const;

test.each(quick)('%s of an argument is the same whatever stands beside it', (name) => {
  always();
  const usual = Float32Array.from({ length: 1024 }, (_, i) => (i < 100 ? i : 6 * Math.sin(i) ** 2));
  const alone = new Float32Array(1024);
  runVectors(unary(name), 'float32', [floats(alone)], [floats(usual)]);
  for (const rare of [Infinity, -Infinity, NaN, -1, 0, 1e-40, 88, 200, -89, -200]) {
    const beside = usual.map((x, i) => (i % 256 === 5 ? rare : x));
    const y = new Float32Array(1024);
    runVectors(unary(name), 'float32', [floats(y)], [floats(beside)]);
    const differ = [...beside.keys()].filter((i) => i % 256 !== 5 && !Object.is(y[i], alone[i]));
    expect(differ).toEqual([]);
    const exact = Math.fround(numbers[name](rare));
    if (Number.isFinite(exact)) expect(Math.abs(y[5] - exact)).toBeLessThanOrEqual(6 * spacing(exact));
    else expect(y[5]).toBe(exact);
  }
});

test.each(quick)('%s of NaN with any bits is NaN', (name) => {
  always();
  const bits = Int32Array.of(-1, 0x7fffffff, 0x7f800001, -0x7fffff, 0x7fc00001, 0x7fc001ff);
  const y = new Float32Array(bits.length);
  runVectors(unary(name), 'float32', [floats(y)], [floats(new Float32Array(bits.buffer))]);
  expect([...y]).toEqual([...y].map(() => NaN));
});

test('ndtr is right within the rounding of numbers near 1 over all float32', () => {
  always();
  const bits = Int32Array.from({ length: 1 << 17 }, (_, i) => i * 32749 - 2 ** 31);
  const x = new Float32Array(bits.buffer).map((value) => (Number.isNaN(value) ? 0 : value));
  const y = new Float32Array(x.length);
  runVectors(unary('ndtr'), 'float32', [floats(y)], [floats(x)]);
  expect([...x.keys()].filter((i) => !(Math.abs(y[i] - numbers.ndtr(x[i])) <= 2 ** -23))).toEqual([]);
});

/** Functions that leave out rare arguments of different kinds, and two results. */
const elementary = formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
  s.where(s.lt(b, s.const(-2)), s.exp(s.mul(a, s.const(32))), s.log(b)),
  s.sub(s.expm1(c), s.ndtr(s.mul(b, s.const(4)))),
]) as never);

/** A formula with every kind of operation that vectors have, and two results. */
const mixed = formula(3, ((s: typeof numbers, a: number, b: number, c: number) => {
  const chosen = s.where(s.logicalOr(s.lt(a, b), s.logicalNot(s.le(b, c))), s.maximum(a, c), s.minimum(b, s.abs(c)));
  const both = s.where(s.logicalAnd(s.ne(a, b), s.eq(c, c)), s.sub(chosen, s.neg(a)), s.div(a, s.const(3)));
  return [s.add(both, s.sign(b)), s.mul(s.floor(a), s.add(s.trunc(b), s.ceil(c)))];
}) as never);

test.each([
  ['arithmetic', mixed],
  ['elementary functions', elementary],
])('%s agree with the reference over lengths, offsets and operands of one element, and write nothing else', (_, f) => {
  always();
  const operand = fc.constantFrom('elements', 'one', 'expanded', 'number');
  const length = fc.oneof(
    fc.integer({ min: 1, max: 70 }),
    fc.constantFrom(255, 256, 257, 4095, 32767, 32768, 32769, 65700),
  );
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
      expect(runVectors(f, 'float32', results, inputs)).toBe(true);
      reference.pointwise(f, 'float32', others, inputs);
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
    'float32',
    [floats(x)],
    [floats(x), floats(x)],
  );
  expect(x).toEqual(wanted);
});

test('writes in place through strides, a tile at a time', () => {
  always();
  policy.tile = 192;
  const x: View = { ...blank('float32', [30, 7], { ...plain, order: [0, 1, 2, 3, 4], steps: [2, 1, 1, 1, 1] }) };
  scrambleIntegers(x, randoms(3), -50, 50);
  const row = scrambleIntegers(blank('float32', [7]), randoms(4), -50, 50);
  const f = formula(2, (s, a, b) => s.add(s.mul(a, a), b));
  expectAlike([x], [runVectors, reference.pointwise], (kernel, [y]) => void kernel(f, 'float32', [y], [y, row]));
});

test.each([1, 6, 10])('four operands and %i numbers, in place', (count) => {
  always();
  const f = formula(4 + count, (s, p, g, m, v, ...given) => {
    const sum = given.reduce((x, number) => s.add(s.mul(x, number), g), p);
    return [sum, s.add(m, g), s.sub(v, sum)];
  });
  const random = randoms(count);
  const operands = [1, 2, 3, 4].map(() => scrambleIntegers(blank('float32', [1003]), random, -9, 9));
  const numbers = Array.from({ length: count }, (_, k) => (k % 3) - 1);
  const [p, g, m, v] = operands;
  expectAlike([p, m, v], [runVectors, reference.pointwise], (kernel, [p, m, v]) => {
    kernel(f, 'float32', [p, m, v], [p, g, m, v, ...numbers]);
  });
});

test('small launches, other dtypes and what vectors do not have stay in JavaScript', () => {
  const x = floats(new Float32Array(2000));
  const eight = floats(new Float32Array(8));
  const addition = formula(2, (s, a, b) => s.add(a, b));
  expect(runVectors(unary('neg'), 'float32', [eight], [eight])).toBe(false);
  expect(runVectors(unary('lgamma'), 'float32', [x], [x])).toBe(false);
  expect(runVectors(unary('exp'), 'float32', [{ ...x, buffer: new Float64Array(2000), dtype: 'float64' }], [x])).toBe(
    false,
  );
  expect(runVectors(addition, 'float32', [x], [x, x])).toBe(false);
  for (let i = 0; i < 25; i++) runVectors(addition, 'float32', [x], [x, x]);
  expect(runVectors(addition, 'float32', [x], [x, x])).toBe(true);
  expect(wasmHeap()).not.toBeNull();
});

test('what float32 rounds in its own way gives the same at every size and in every layout', () => {
  const values = Float32Array.from({ length: 5000 }, (_, i) => Math.sin(i) * 3);
  const all = new Float32Array(5000);
  const tanh = unary('tanh');
  pointwise(tanh, 'float32', [floats(all)], [floats(values)]);
  for (const n of [1, 3, 47, 48, 49, 1000]) {
    const some = floats(new Float32Array(n));
    pointwise(tanh, 'float32', [some], [floats(values.subarray(0, n))]);
    expect(some.buffer).toEqual(all.slice(0, n));
  }
  const columns: View = { buffer: values, offset: 4, shape: [3, 5], strides: [1, 7], dtype: 'float32' };
  const strided = blank('float32', [3, 5]);
  pointwise(tanh, 'float32', [strided], [columns]);
  expect(stored(strided)).toEqual(stored({ ...columns, buffer: all }));
});

test('arguments that an operation gives up on are computed one at a time', () => {
  always();
  const values = Float32Array.of(1e30, -3e7, 0.5, 2 ** 20, 2 ** 21, 1, NaN, Infinity, -1e38);
  const result = floats(new Float32Array(values.length));
  const wave = formula(2, (s, a, b) => s.where(s.lt(a, b), s.sin(a), s.remainder(a, b)));
  expect(runVectors(wave, 'float32', [result], [floats(values), 0.75])).toBe(true);
  const wanted = values.map((x) => (x < 0.75 ? Math.sin(x) : x === Infinity ? NaN : x % 0.75));
  (stored(result) as number[]).forEach((y, i) => {
    if (!Number.isNaN(wanted[i])) expect(y).toBeCloseTo(wanted[i], 6);
    else expect(y).toBeNaN();
  });
});

test('pow of what is not finite, not positive or not whole is IEEE’s', () => {
  always();
  const pool = [
    0,
    -0,
    1,
    -1,
    0.5,
    -0.5,
    2,
    -2,
    3,
    -3,
    1e-40,
    -1e-40,
    1e30,
    -1e30,
    Infinity,
    -Infinity,
    NaN,
    16777217,
    1.5,
  ];
  const base = Float32Array.from(pool.flatMap((a) => pool.map(() => a)));
  const exponent = Float32Array.from(pool.flatMap(() => pool));
  const result = new Float32Array(base.length);
  const pow = formula(2, (s, a, b) => s.pow(a, b));
  expect(runVectors(pow, 'float32', [floats(result)], [floats(base), floats(exponent)])).toBe(true);
  base.forEach((a, i) => {
    const exact = Math.fround(numbers.pow(a, exponent[i]));
    if (Math.abs(result[i] - exact) <= spacing(exact)) return;
    expect([a, exponent[i], result[i]]).toEqual([a, exponent[i], exact]);
  });
});

/** Formulas for every type of lanes, with truth values among operands and results. */
const families = {
  float32: () =>
    formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
      s.where(s.lt(a, b), s.mul(a, c), s.maximum(b, c)),
      s.le(s.floor(a), s.round(b)),
    ]) as never),
  float64: () =>
    formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
      s.add(
        s.where(s.logicalOr(s.eq(a, b), s.logicalNot(c)), s.div(a, s.const(3)), s.sqrt(b)),
        s.minimum(a, s.trunc(c)),
      ),
      s.logicalAnd(s.ne(a, c), b),
    ]) as never),
  int32: () =>
    formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
      s.sub(s.mul(a, b), s.where(s.lt(a, c), s.bitwiseXor(b, c), s.maximum(s.sign(a), s.bitwiseAnd(b, s.neg(c))))),
      s.bitwiseOr(a, s.abs(b)),
    ]) as never),
  bool: () =>
    formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
      s.logicalOr(s.logicalAnd(a, b), s.logicalNot(c)),
      s.bitwiseXor(a, s.bitwiseOr(b, c)),
    ]) as never),
};

test.each(['float32', 'int32', 'float64'] as const)('reads transposed operands of %s', (dtype) => {
  always();
  Object.assign(policy, { transposes: 0, packed: 0 });
  const f = formula(2, (s, a, b) => s.sub(a, b));
  for (const [rows, columns] of [
    [300, 270],
    [9, 400],
    [33, 8],
  ]) {
    const turned: View = { ...blank(dtype, [columns, rows + 1]), shape: [rows, columns], strides: [1, rows + 1] };
    const inputs = [turned, blank(dtype, [rows, columns])].map((x, k) => scrambleIntegers(x, randoms(k), -99, 99));
    expectAlike([blank(dtype, [rows, columns])], [runVectors, reference.pointwise], (kernel, outputs) => {
      expect(kernel(f, dtype, outputs, inputs)).not.toBe(false);
    });
  }
});

test('agrees with the reference over layouts, dtypes and operands of other kinds, and writes nothing else', () => {
  const operand = fc.record({
    kind: fc.constantFrom('elements', 'elements', 'elements', 'truths', 'one', 'number'),
    layout: layouts(true),
    lead: fc.nat(2),
    ones: fc.array(fc.boolean(), { minLength: 4, maxLength: 4 }),
  });
  const output = fc.record({ truths: fc.boolean(), layout: layouts(false) });
  fc.assert(
    fc.property(
      fc.constantFrom('float32', 'float64', 'int32', 'bool'),
      fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
      fc.tuple(operand, operand, operand),
      fc.tuple(output, output),
      fc.constantFrom(64, 192, 2 ** 17),
      fc.constantFrom(0, 1024),
      fc.nat(),
      (dtype, shape, operands, results, tile, packed, seed) => {
        always();
        Object.assign(policy, { tile, packed });
        const random = randoms(seed);
        const fill = (view: View): View =>
          view.dtype === 'int32' ? scrambleIntegers(view, random, -100, 100) : scramble(view, random);
        const inputs = operands.map(({ kind, layout, lead, ones }): Operand => {
          if (kind === 'number') return dtype === 'bool' ? 1 : 3;
          const size =
            kind === 'one' ? [] : shape.map((n, d) => (ones[d] ? 1 : n)).slice(Math.min(lead, shape.length - 1));
          return fill(blank(kind === 'truths' ? 'bool' : dtype, size, layout));
        });
        const outputs = results.map(({ truths, layout }) => blank(truths ? 'bool' : dtype, shape, layout));
        const f = families[dtype]();
        expectAlike(outputs, [runVectors, reference.pointwise], (kernel, views) => {
          expect(kernel(f, dtype, views, inputs)).not.toBe(false);
        });
      },
    ),
    { numRuns: 250 },
  );
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
  if (!runVectors(f, 'float32', results, inputs)) {
    const { lowerings, longest } = float32;
    const missing = (node: GraphNode): boolean => !['input', 'const', ...Object.keys(lowerings)].includes(node.name);
    expect(f.nodes.length > longest || f.nodes.some(missing)).toBe(true);
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
  expect(worst).toBeLessThanOrEqual((name.includes('gradient') ? 20 : 6) * 2 ** -24);
});
