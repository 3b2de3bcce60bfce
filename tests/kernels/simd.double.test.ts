import fc from 'fast-check';
import { pointwise } from '../../kernels/cpu/pointwise.js';
import { type Formula, formula } from '../../kernels/dag.js';
import * as reference from '../../kernels/reference/pointwise.js';
import { numbers, operations, type ScalarName } from '../../kernels/scalar.js';
import type { Operand, View } from '../../kernels/types.js';
import { runVectors } from '../../kernels/wasm/formula/pointwise.js';
import { policy } from '../../kernels/wasm/policy.js';
import { blank, duplicate, layouts, put, randoms, stored } from './views.js';

const usual = { ...policy };

afterEach(() => void Object.assign(policy, usual));

/** One formula for each function: to compile takes longer than to compute. */
const formulas = Object.fromEntries(
  (Object.keys(operations) as ScalarName[]).map((name) => [
    name,
    formula(operations[name].arity, (s, ...x) => (s[name] as (...x: unknown[]) => never)(...x)),
  ]),
) as Record<ScalarName, Formula>;

function doubles(data: Float64Array): View {
  return { buffer: data, offset: 0, shape: [data.length], strides: [1], dtype: 'float64' };
}

function inVectors(f: Formula, ...x: Float64Array[]): Float64Array {
  const y = new Float64Array(x[0].length);
  if (!runVectors(f, 'float64', [doubles(y)], x.map(doubles))) throw new Error('not in vectors');
  return y;
}

/** Distance between neighbours among the float64 near a value. */
function spacing(value: number): number {
  const bits = new BigInt64Array(new Float64Array([Math.abs(value)]).buffer)[0];
  return Math.max(2 ** -1074, 2 ** (Number(bits >> 52n) - 1075));
}

/** Whether `y` is as near to `exact` as `ulps` units in its last place, or is the same zero, infinity or NaN. */
function isNear(y: number, exact: number, ulps: number): boolean {
  if (!Number.isFinite(exact) || exact === 0) return Object.is(y, exact);
  return Math.abs(y - exact) <= ulps * spacing(exact);
}

/** Numbers of all sizes, and many about 1. */
function ofAllSizes(count: number, seed: number): Float64Array {
  const random = randoms(seed);
  const words = Uint32Array.from({ length: 2 * count }, () => random() * 2 ** 32);
  const x = new Float64Array(words.buffer);
  return x.map((value, i) => {
    if (i % 4 === 0) return value;
    if (i % 4 === 1) return 8 * random() - 4 + random() * 2 ** -24;
    return i % 4 === 2 ? 1500 * random() - 750 : (random() - 0.5) * 2 ** (40 * random() - 20);
  });
}

// What `Math` and the reference are off by is part of the limits: most of it of erf, erfc and sinh.
const limits = [
  ['exp', 1],
  ['expm1', 2],
  ['log', 1],
  ['log1p', 1],
  ['log2', 1],
  ['log10', 2],
  ['tanh', 2],
  ['sinh', 2],
  ['cosh', 2],
  ['asinh', 2],
  ['acosh', 2],
  ['atanh', 2],
  ['sin', 2],
  ['cos', 2],
  ['tan', 4],
  ['asin', 2],
  ['acos', 1],
  ['atan', 2],
  ['erf', 5],
  ['erfc', 11],
] as const;

test.each(limits)('%s is the same as in JavaScript within %f ulp over all sizes of numbers', (name, ulps) => {
  // Few elements at once: what an operation gives up on is computed in JavaScript with all that stands beside it.
  const x = ofAllSizes(1 << 16, 7);
  const wrong: unknown[] = [];
  for (let from = 0; from < x.length; from += 16) {
    const part = x.slice(from, from + 16);
    const y = inVectors(formulas[name], part);
    part.forEach((value, i) => {
      const exact = numbers[name](value);
      if (!isNear(y[i], exact, ulps)) wrong.push([value, y[i], exact]);
    });
  }
  expect(wrong).toEqual([]);
});

// Rounded from 400 bits: where errors were largest, and where arguments are reduced the most.
const exact: readonly (readonly [ScalarName, number, readonly number[], number])[] = [
  ['exp', 1, [-745.1], 5e-324],
  ['exp', 1, [1.0397207708399179], 2.82842712474619],
  ['exp', 1, [709.7], 1.6549840276802644e308],
  ['expm1', 2, [0.34707174662129014], 0.4149182373317454],
  ['expm1', 2, [-1e-5], -9.999950000166666e-6],
  ['log', 1, [0.7071067811865475], -0.34657359027997275],
  ['log', 1, [Math.SQRT2], 0.3465735902799727],
  ['log1p', 1, [-0.29289321881345254], -0.34657359027997275],
  ['log1p', 1, [1.787410522432935e-16], 1.7874105224329347e-16],
  ['log10', 2, [1.6969180164296844], 0.22966086066047056],
  ['tanh', 1, [0.55], 0.5005202111902353],
  ['tanh', 1, [-0.7405982581627497], -0.6295064788168495],
  ['sinh', 2, [0.2397487424440854], 0.24205212369915746],
  ['sinh', 2, [-710.4], -1.6663642832806496e308],
  ['sin', 2, [Math.PI], 1.2246467991473532e-16],
  ['sin', 2, [314159.2653589793], -3.3960653996302193e-11],
  ['cos', 2, [1.5707963267948966], 6.123233995736766e-17],
  ['cos', 2, [523598.7755982988], -0.49999999995098204],
  ['tan', 3, [0.7853981633974483], 0.9999999999999999],
  ['asin', 2, [0.5341624658755588], 0.5635167197321175],
  ['atan', 2, [-0.42991737571293526], -0.4060283252055895],
  ['erf', 1, [0.4711048596602625], 0.49474413222266694],
  ['erf', 1, [-1], -0.8427007929497149],
  ['erfc', 4, [2.9696065287519477], 2.6731864379548385e-5],
  ['erfc', 4, [19.560471611336816], 1.9641659105410631e-168],
  ['erfc', 4, [27], 5.23705e-319],
  ['ndtr', 4, [-24.672020504735173], 1.068077258552569e-134],
  ['ndtr', 4, [-37.5], 4.605353009581955e-308],
  ['ndtr', 1, [1.5], 0.9331927987311419],
  ['pow', 1, [1.2222320161977535e-92, 0.33890537045037217], 7.083416203341398e-32],
  ['pow', 1, [1.0000000000000002, 1e17], 4398196873.9457445],
  ['pow', 1, [44.28565326618097, 7.232167913858151], 805472740423.7631],
  ['pow', 1, [0.1, -308], 9.999999999999828e307],
  ['pow', 1, [10, -320.5], 3.16e-321],
];

test.each(exact)('%s is right within %f ulp at %j', (name, ulps, x, value) => {
  const operands = x.map((number) => Float64Array.of(number));
  const [y] = inVectors(formulas[name], ...operands);
  expect(Math.abs(y - value)).toBeLessThanOrEqual(ulps * spacing(value));
});

test('powers are the same as in JavaScript within 1 ulp, for all sizes of results', () => {
  const random = randoms(11);
  const [a, b] = [0, 1].map((k) =>
    ofAllSizes(1 << 16, 5 + k).map((x, i) => (i % 2 === k && i % 8 < 4 ? Math.floor(random() * 20) - 10 : x)),
  );
  const y = inVectors(formulas.pow, a, b);
  const wrong = [...y.keys()].filter((i) => !isNear(y[i], numbers.pow(a[i], b[i]), 1));
  expect(wrong.map((i) => [a[i], b[i], y[i], numbers.pow(a[i], b[i])])).toEqual([]);
});

test('pow of what is not finite, not positive or not whole is IEEE’s', () => {
  const sizes = [
    0,
    1,
    0.5,
    2,
    3,
    1e-310,
    5e-324,
    1e300,
    1.7e308,
    Infinity,
    2 ** 53 + 2,
    1.5,
    2 ** 52 - 1,
    1 + 2 ** -52,
  ];
  const odd = new Float64Array(BigInt64Array.of(-1n, 0x7ff0000000000001n, 0x7ff0000007ffffffn).buffer);
  const pool = [NaN, ...odd, ...sizes, ...sizes.map((x) => -x)];
  const a = Float64Array.from(pool.flatMap((x) => pool.map(() => x)));
  const b = Float64Array.from(pool.flatMap(() => pool));
  const y = inVectors(formulas.pow, a, b);
  const wrong = [...y.keys()].filter((i) => !isNear(y[i], numbers.pow(a[i], b[i]), 1));
  expect(wrong.map((i) => [a[i], b[i], y[i], numbers.pow(a[i], b[i])])).toEqual([]);
});

test('powers of two and ten have whole logarithms, and the cosine of 0 is 1', () => {
  const two = Float64Array.from({ length: 2098 }, (_, i) => 2 ** (i - 1074));
  expect([...inVectors(formulas.log2, two)]).toEqual([...two.keys()].map((i) => i - 1074));
  const ten = Float64Array.from({ length: 23 }, (_, i) => 10 ** i);
  expect([...inVectors(formulas.log10, ten)]).toEqual([...ten.keys()]);
  expect([...inVectors(formulas.cos, Float64Array.of(0, -0, 1e-9, -1e-300))]).toEqual([1, 1, 1, 1]);
});

const names = [...limits.map(([name]) => name), 'ndtr'] as const;

test.each(names)('%s of zeros, infinities, NaN with any bits and what is below the normal numbers', (name) => {
  const odd = new Float64Array(BigInt64Array.of(-1n, 0x7ff0000000000001n, -0xfffffffffffffn).buffer);
  const x = Float64Array.of(
    0,
    -0,
    Infinity,
    -Infinity,
    NaN,
    ...odd,
    5e-324,
    -5e-324,
    1e-310,
    -1e-310,
    1,
    -1,
    800,
    -800,
  );
  const y = inVectors(formulas[name], x);
  const wrong = [...x.keys()].filter((i) => !isNear(y[i], numbers[name](x[i]), 4));
  expect(wrong.map((i) => [x[i], y[i], numbers[name](x[i])])).toEqual([]);
});

test('signs of zeros and of NaN are themselves', () => {
  Object.assign(policy, { formulas: 0, compiled: 0 });
  const x = Float64Array.of(0, -0, NaN, 5e-324, -5e-324, Infinity, -Infinity, -3);
  expect([...inVectors(formulas.sign, x)]).toEqual([0, -0, NaN, 1, -1, 1, -1, -1]);
});

const quick = ['exp', 'expm1', 'sinh', 'cosh', 'log', 'log1p', 'log2', 'log10', 'asinh', 'erfc', 'ndtr'] as const;

test.each(quick)('%s of an argument is the same whatever stands beside it', (name) => {
  const ordinary = Float64Array.from({ length: 1024 }, (_, i) => (i < 100 ? i / 5 : 6 * Math.sin(i) ** 2));
  const alone = ordinary.map((x) => inVectors(formulas[name], Float64Array.of(x))[0]);
  for (const rare of [Infinity, -Infinity, NaN, -1, 0, 1e-310, 709, 1000, -709, -1000]) {
    const beside = ordinary.map((x, i) => (i % 256 === 5 ? rare : x));
    const y = inVectors(formulas[name], beside);
    const differ = [...beside.keys()].filter((i) => !Object.is(y[i], i % 256 === 5 ? y[5] : alone[i]));
    expect(differ).toEqual([]);
    expect(isNear(y[5], numbers[name](rare), 4)).toBe(true);
  }
});

test('powers are the same whatever stands beside them', () => {
  const [a, b] = [1, 2].map((k) => Float64Array.from({ length: 1024 }, (_, i) => 8 * Math.sin(k * i) ** 2));
  const whole = b.map((x, i) => (i % 2 === 0 ? Math.round(x) : x));
  const signed = a.map((x, i) => (i % 4 === 0 ? -x : x));
  const alone = inVectors(formulas.pow, signed, whole);
  const beside = inVectors(
    formulas.pow,
    signed.map((x, i) => (i % 256 === 5 ? Infinity : x)),
    whole,
  );
  expect([...beside.keys()].filter((i) => i % 256 !== 5 && !Object.is(beside[i], alone[i]))).toEqual([]);
});

test('sine, cosine and tangent of arguments that are too large for vectors, and of those nearest to multiples of pi / 2', () => {
  const x = Float64Array.of(
    1e30,
    -3e7,
    0.5,
    2 ** 19,
    2 ** 19 + 1,
    NaN,
    Infinity,
    -1.7e308,
    6381956970095103 * 2 ** 797,
  );
  const nearest = Float64Array.of(321307.9594422229, 413441.44719405076, 505574.93494587863, 229174.47169039503);
  const multiples = Float64Array.from({ length: 1 << 15 }, (_, i) => (i - (1 << 14)) * (Math.PI / 2));
  for (const name of ['sin', 'cos', 'tan'] as const) {
    for (const from of [x, nearest, multiples]) {
      const y = inVectors(formulas[name], from);
      expect([...from.keys()].filter((i) => !isNear(y[i], numbers[name](from[i]), 4))).toEqual([]);
    }
  }
});

test('gives the same at every size and in every layout', () => {
  const values = Float64Array.from({ length: 5000 }, (_, i) => Math.sin(i) * 3);
  for (const name of ['tanh', 'exp', 'cos', 'erf'] as const) {
    const all = new Float64Array(5000);
    pointwise(formulas[name], 'float64', [doubles(all)], [doubles(values)]);
    for (const n of [1, 2, 3, 7, 8, 9, 47, 48, 49, 1000]) {
      const some = doubles(new Float64Array(n));
      pointwise(formulas[name], 'float64', [some], [doubles(values.subarray(0, n))]);
      expect(some.buffer).toEqual(all.slice(0, n));
    }
    const columns: View = { buffer: values, offset: 4, shape: [3, 5], strides: [1, 7], dtype: 'float64' };
    const strided = blank('float64', [3, 5]);
    pointwise(formulas[name], 'float64', [strided], [columns]);
    expect(stored(strided)).toEqual(stored({ ...columns, buffer: all }));
  }
});

/** Functions with a quick way, one that gives up on arguments, and two results: a formula keeps the tile it was first staged in. */
const elementary = (): Formula =>
  formula(3, ((s: typeof numbers, a: number, b: number, c: number) => [
    s.where(s.lt(b, s.const(-2)), s.exp(s.mul(a, s.const(200))), s.log(b)),
    s.add(s.sub(s.expm1(c), s.ndtr(b)), s.mul(s.sin(s.mul(a, s.const(3e5))), s.pow(s.abs(b), c))),
  ]) as never);

test('agrees with the reference over shapes, layouts and tiles, and writes nothing else', () => {
  const operand = fc.record({
    kind: fc.constantFrom('elements', 'elements', 'truths', 'one', 'number'),
    layout: layouts(true),
  });
  const shape = fc.oneof(
    fc.array(fc.integer({ min: 1, max: 7 }), { minLength: 1, maxLength: 4 }),
    fc.tuple(fc.constantFrom(48, 127, 128, 129, 1000, 16384, 16400)),
  );
  fc.assert(
    fc.property(
      shape,
      fc.tuple(operand, operand, operand),
      fc.tuple(layouts(false), layouts(false)),
      fc.constantFrom(64, 192, 2 ** 17),
      fc.constantFrom(0, 1024),
      fc.nat(),
      (sizes, operands, results, tile, packed, seed) => {
        Object.assign(policy, { tile, packed });
        const random = randoms(seed);
        const pool = [0, -0, 1, -1, 0.5, NaN, Infinity, -Infinity, 1e-310, 2.5];
        const one = (): number => (random() < 0.2 ? pool[Math.floor(random() * pool.length)] : 8 * random() - 4);
        const inputs = operands.map(({ kind, layout }): Operand => {
          if (kind === 'number') return one();
          const view = blank(kind === 'truths' ? 'bool' : 'float64', kind === 'one' ? [] : sizes, layout);
          const draw = kind === 'truths' ? (): number => Number(random() < 0.5) : one;
          return put(view, Array.from({ length: stored(view).length }, draw));
        });
        const outputs = results.map((layout) => blank('float64', sizes, layout));
        const others = outputs.map(duplicate);
        const before = outputs.map(duplicate);
        const f = elementary();
        expect(runVectors(f, 'float64', outputs, inputs)).toBe(true);
        reference.pointwise(f, 'float64', others, inputs);
        outputs.forEach((output, k) => {
          const wanted = stored(others[k]) as number[];
          const got = stored(output) as number[];
          const wrong = got.filter((y, i) => {
            const close = Math.abs(y - wanted[i]) <= 2 ** -48 * Math.max(1, Math.abs(wanted[i]));
            return !Object.is(y, wanted[i]) && y !== wanted[i] && !close;
          });
          expect(wrong).toEqual([]);
          const around = (view: View): unknown => put(duplicate(view), new Array(got.length).fill(0)).buffer;
          expect(around(output)).toEqual(around(before[k]));
        });
      },
    ),
    { numRuns: 60 },
  );
});
