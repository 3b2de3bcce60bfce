import fc from 'fast-check';
import { type Formula, formula, identity } from '../kernels/dag.js';
import { matmul } from '../kernels/reference/matmul.js';
import { pointwise } from '../kernels/reference/pointwise.js';
import { reduce } from '../kernels/reference/reduce.js';
import type { DType, Operand, Reduction, View } from '../kernels/types.js';
import { fromGpu, gpu, small, testOnGpu, toGpu } from './helpers/webgpu.js';
import { blank, duplicate, from, layouts, put, randoms, stored } from './kernels/views.js';

const cheap = { numRuns: 25 };
const shapes = fc.array(fc.nat(4), { maxLength: 4 });

/** Runs a formula on the GPU and in the reference; views that are equal objects stay one on the GPU. */
function comparePointwise(f: Formula, compute: DType, outputs: readonly View[], inputs: readonly Operand[]): void {
  const views = [...outputs, ...inputs.filter((x) => typeof x !== 'number')];
  const memories = new Map(views.map((v) => [v.buffer, toGpu(v).buffer]));
  const onGpu = (v: View): View => ({ ...v, buffer: memories.get(v.buffer)! });
  gpu().kernels.pointwise(
    f,
    compute,
    outputs.map(onGpu),
    inputs.map((x) => (typeof x === 'number' ? x : onGpu(x))),
  );
  pointwise(f, compute, outputs, inputs);
  for (const output of outputs) expect(fromGpu(onGpu(output)).buffer).toEqual(output.buffer);
}

describe('pointwise', () => {
  const weigh = formula(3, (s, a, b, c) => s.add(s.mul(a, b), c));

  testOnGpu('any layouts, with numbers among the inputs', () => {
    fc.assert(
      fc.property(
        fc.constantFrom<DType>('float32', 'int32'),
        shapes,
        layouts(false),
        layouts(true),
        layouts(true),
        (dtype, shape, a, b, c) =>
          comparePointwise(
            weigh,
            dtype,
            [blank(dtype, shape, a)],
            [small(dtype, shape, b), -3, small('bool', shape, c, 2)],
          ),
      ),
      cheap,
    );
  });

  testOnGpu('inputs broadcast to the output', () => {
    const inputs = [small('float32', [3]), small('float32', [2, 1]), small('float32', [1, 1])];
    comparePointwise(weigh, 'float32', [blank('float32', [2, 3])], inputs);
  });

  testOnGpu('in place, in another order of the same memory, and in halves of one memory', () => {
    const x = small('float32', [4, 3]);
    comparePointwise(weigh, 'float32', [x], [x, x, 2]);
    comparePointwise(
      weigh,
      'float32',
      [{ ...x, offset: x.offset + 6, shape: [2, 3] }],
      [{ ...x, shape: [2, 3] }, 5, x],
    );
  });

  testOnGpu('several outputs, of several dtypes, some in place', () => {
    const step = formula(3, (s, p, g, m) => {
      const momentum = s.add(s.mul(s.const(0.5), m), g);
      return [s.sub(p, s.mul(s.const(0.25), momentum)), momentum, s.lt(momentum, s.const(0)), s.trunc(momentum)];
    });
    const [p, g, m] = [1, 2, 3].map((seed) => small('float32', [5], undefined, seed));
    comparePointwise(step, 'float32', [p, m, blank('bool', [5]), blank('int32', [5])], [p, g, m]);
  });

  testOnGpu('a formula whose parameters differ launch by launch', () => {
    const { kernels } = gpu();
    const scale = formula(2, (s, a, b) => s.mul(a, b));
    const x = toGpu(from('float32', [1]));
    const results = Array.from({ length: 40 }, (_, i) => {
      const y = toGpu(blank('float32', [1]));
      kernels.pointwise2(scale, 'float32', y, x, i);
      return y;
    });
    expect(results.map((y) => kernels.read(y)[0])).toEqual(Array.from({ length: 40 }, (_, i) => i));
  });

  testOnGpu('more elements than one row of workgroups holds', () => {
    const n = 65535 * 64 + 100;
    const output = { ...toGpu(blank('int32', [n])), offset: 0 };
    gpu().kernels.fill(output, 5);
    const result = gpu().kernels.read(output) as Int32Array;
    expect(result.every((x) => x === 5)).toBe(true);
  });

  testOnGpu('integers stay exact, and quotients are rounded in integers', () => {
    const a = [2 ** 31 - 1, -(2 ** 31), 16777217, -7, 7, -7, 7];
    const b = [3, 7, 1, 2, -2, -2, 2];
    const each = formula(2, (s, x, y) => [
      s.add(x, y),
      s.floor(s.div(x, y)),
      s.trunc(s.div(x, y)),
      s.remainder(x, y),
      s.fmod(x, y),
      s.maximum(x, y),
      s.bitwiseXor(x, y),
    ]);
    const outputs = each.outputs.map(() => blank('int32', [a.length]));
    comparePointwise(each, 'int32', outputs, [from('int32', a), from('int32', b)]);
  });

  testOnGpu('integers to whole powers; what leads out of the integers is cut only in the end', () => {
    const f = formula(1, (s, x) => [
      s.pow(x, s.const(3)),
      s.mul(s.div(x, s.const(2)), s.const(4)),
      s.lt(x, s.const(0.5)),
    ]);
    const outputs = [blank('int32', [4]), blank('int32', [4]), blank('bool', [4])];
    comparePointwise(f, 'int32', outputs, [from('int32', [-5, 0, 1, 1290])]);
  });

  testOnGpu('says how many buffers a device takes at once', () => {
    const sum = formula(40, (s, ...x) => x.reduce((a, b) => s.add(a, b)));
    const inputs = Array.from({ length: 40 }, () => toGpu(from('float32', [1])));
    expect(() => gpu().kernels.pointwise(sum, 'float32', [inputs[0]], inputs)).toThrow(
      /^webgpu: a kernel over 40 buffers; this device takes \d+ at once$/,
    );
  });
});

const first = formula(2, (_s, a) => a);
const reduction = (name: string, init: number, combine: Formula, before = identity, after = first): Reduction => ({
  name,
  init,
  before,
  combine,
  after,
  compiled: [],
});
const addition = formula(2, (s, a, x) => s.add(a, x));
const truth = formula(1, (s, x) => s.ne(x, s.const(0)));
const sum = reduction('sum', 0, addition);
const mean = reduction(
  'mean',
  0,
  addition,
  identity,
  formula(2, (s, a, n) => s.div(a, n)),
);
const largest = reduction(
  'amax',
  -Infinity,
  formula(2, (s, a, x) => s.maximum(a, x)),
);
const any = reduction(
  'any',
  0,
  formula(2, (s, a, x) => s.logicalOr(a, x)),
  truth,
);
const nonzeros = reduction('countNonzero', 0, addition, truth);

/** Runs a reduction on the GPU and in the reference. */
function compareReduce(r: Reduction, to: DType, input: View, dims: readonly number[]): void {
  const kept = input.shape.filter((_, d) => !dims.includes(d));
  const expected = blank(to, kept);
  const output = toGpu(expected);
  gpu().kernels.reduce(r, output, toGpu(input), dims);
  reduce(r, expected, input, dims);
  const [got, wanted] = [stored(fromGpu(output)), stored(expected)].map((x) => x.map(Number));
  got.forEach((x, i) => {
    if (Number.isFinite(wanted[i])) expect(Math.abs(x - wanted[i])).toBeLessThanOrEqual(1e-6 * Math.abs(wanted[i]));
    else expect(x).toBe(wanted[i]);
  });
}

describe('reduce', () => {
  const cases: readonly [Reduction, DType, DType][] = [
    [sum, 'float32', 'float32'],
    [sum, 'bool', 'int32'],
    [mean, 'float32', 'float32'],
    [largest, 'float32', 'float32'],
    [largest, 'int32', 'int32'],
    [any, 'float32', 'bool'],
    [nonzeros, 'float32', 'int32'],
  ];

  testOnGpu('any dimensions of any layout', () => {
    fc.assert(
      fc.property(fc.constantFrom(...cases), shapes, layouts(true), fc.nat(15), ([r, of, to], shape, layout, mask) => {
        fc.pre(r !== largest || of !== 'int32' || !shape.includes(0));
        const dims = shape.map((_, d) => d).filter((d) => (mask >> d) & 1);
        compareReduce(r, to, small(of, shape, layout), dims);
      }),
      cheap,
    );
  });

  testOnGpu('many elements an output, whose work a workgroup shares', () => {
    for (const [r, of, to] of cases) {
      for (const n of [256, 257, 1000]) {
        compareReduce(r, to, small(of, [n]), [0]);
        compareReduce(r, to, small(of, [3, n, 2]), [1]);
      }
    }
  });

  testOnGpu('an infinite start and NaN', () => {
    compareReduce(largest, 'float32', from('float32', [-Infinity, -Infinity]), [0]);
    compareReduce(largest, 'float32', from('float32', [1, NaN, 2]), [0]);
    compareReduce(largest, 'float32', put(blank('float32', [300]), [NaN, ...new Array(299).fill(3)]), [0]);
  });

  testOnGpu('sums floats that are not whole to a relative error of 1e-6', () => {
    const random = randoms(7);
    compareReduce(sum, 'float32', from('float32', Array.from({ length: 20000 }, random)), [0]);
  });
});

/** Runs a product of matrices on the GPU and in the reference. */
function compareMatmul(output: View, a: View, b: View): void {
  const onGpu = toGpu(duplicate(output));
  gpu().kernels.matmul(onGpu, toGpu(a), toGpu(b));
  matmul(output, a, b);
  expect(fromGpu(onGpu).buffer).toEqual(output.buffer);
}

describe('matmul', () => {
  testOnGpu('any layouts and batches', () => {
    const side = fc.oneof(fc.nat(3), fc.constantFrom(4, 5, 9));
    fc.assert(
      fc.property(
        fc.constantFrom<DType>('float32', 'int32'),
        fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
        fc.tuple(side, side, side),
        layouts(false),
        layouts(true),
        layouts(true),
        (dtype, batch, [m, k, n], o, a, b) =>
          compareMatmul(
            blank(dtype, [...batch, m, n], o),
            small(dtype, [...batch, m, k], a),
            small(dtype, [...batch, k, n], b, 2),
          ),
      ),
      cheap,
    );
  });

  testOnGpu('several workgroups, and a product with itself', () => {
    const x = small('float32', [45, 45]);
    compareMatmul(blank('float32', [45, 45]), x, x);
    compareMatmul(blank('float32', [70, 3]), small('float32', [70, 33]), small('float32', [33, 3]));
  });
});
