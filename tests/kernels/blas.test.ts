import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import fc from 'fast-check';
import { multiply, policy, product } from '../../kernels/blas/gemm.js';
import { systemBlas } from '../../kernels/blas/library.js';
import type { Floats, Matrix } from '../../kernels/cpu/gemm.js';
import { matmul } from '../../kernels/cpu/matmul.js';
import * as reference from '../../kernels/reference/matmul.js';
import type { DType, View } from '../../kernels/types.js';
import { skipUnless } from '../helpers/skip.js';
import { readOnly } from './guard.js';
import { blank, duplicate, expectSame, layouts, plain, put, randoms, stored } from './views.js';

const blas = systemBlas();
const testWithBlas = skipUnless(blas !== null, 'no BLAS of the system, or no npm koffi');
const floats = ['float32', 'float64'] as const;
const usual = { ...policy };

beforeEach(() => {
  policy.products = 1;
});
afterEach(() => {
  Object.assign(policy, usual);
});

function matrix({ buffer, offset, strides: [row, column] }: View): Matrix {
  return { data: buffer as Floats, offset, row, column };
}

function through(output: View, a: View, b: View): boolean {
  const [rows, columns] = output.shape;
  return product(rows, columns, a.shape[1], matrix(output), matrix(a), matrix(b));
}

/** Small whole numbers, whose sums are the same in every order, and now and then what is no number. */
function fill(view: View, random: () => number, odd = 0): View {
  const strange = [NaN, Infinity, -Infinity];
  const one = (): number => (random() < odd ? strange[Math.floor(random() * 3)] : Math.floor(random() * 9) - 4);
  return put(
    view,
    stored(view).map(() => one()),
  );
}

/** Makes every zero positive. */
function unsigned(view: View): View {
  return put(
    view,
    stored(view).map((x) => Number(x) + 0),
  );
}

/** Expects the product of the reference, up to the sign of zero; or, where BLAS declined, untouched memory. */
function expectReference(output: View, a: View, b: View): boolean {
  const [fast, slow] = [duplicate(output), duplicate(output)];
  const done = through(fast, a, b);
  if (done) {
    reference.matmul(slow, a, b);
    for (const view of [fast, slow]) unsigned(view);
  }
  expectSame(fast, slow, output);
  return done;
}

/** A matrix in memory with something in front, rows or columns following each other, and gaps between them. */
function lying(dtype: DType, rows: number, columns: number, transposed: boolean, gap: number): View {
  const view = blank(dtype, transposed ? [columns, rows + gap] : [rows, columns + gap]);
  const [far, near] = view.strides;
  return { ...view, shape: [rows, columns], strides: transposed ? [near, far] : [far, near] };
}

const sizes = [
  [5, 7, 9],
  [17, 18, 35],
  [1, 40, 30],
  [40, 1, 30],
  [12, 13, 1],
  [1, 1, 50],
] as const;

/** What is taken in pieces of its depth. */
const deep = [33, 130, 521] as const;

describe('every transposition and gap', () => {
  for (const dtype of floats) {
    testWithBlas(`of ${dtype}`, () => {
      for (const [rows, columns, depth] of sizes) {
        for (let bits = 0; bits < 64; bits++) {
          const bit = (n: number): boolean => (bits >> n) % 2 === 1;
          const random = randoms(bits);
          const a = fill(lying(dtype, rows, depth, bit(0), bit(3) ? 3 : 0), random);
          const b = fill(lying(dtype, depth, columns, bit(1), bit(4) ? 2 : 0), random);
          const output = lying(dtype, rows, columns, bit(2), bit(5) ? 5 : 0);
          expect(expectReference(output, a, b)).toBe(true);
        }
      }
    });
  }
});

/** Layouts that flags express, half of the time. */
const mixed = (expand: boolean) => fc.oneof(fc.constant(plain), layouts(expand));

testWithBlas('any layout is the reference, NaN and infinity too, or is declined', () => {
  const size = fc.oneof(fc.integer({ min: 0, max: 6 }), fc.integer({ min: 7, max: 40 }));
  const done = { true: 0, false: 0 };
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.constantFrom<DType>(...floats),
      fc.tuple(mixed(false), mixed(true), mixed(true)),
      fc.constantFrom(0, 0.02),
      fc.integer(),
      ([rows, columns, depth], dtype, [outputLayout, aLayout, bLayout], odd, seed) => {
        const random = randoms(seed);
        const a = fill(blank(dtype, [rows, depth], aLayout), random, odd);
        const b = fill(blank(dtype, [depth, columns], bLayout), random, odd);
        done[`${expectReference(blank(dtype, [rows, columns], outputLayout), a, b)}`]++;
      },
    ),
    { numRuns: 500 },
  );
  expect(done.true).toBeGreaterThan(50);
  expect(done.false).toBeGreaterThan(50);
});

testWithBlas('batches of the cpu kernel are the reference', () => {
  const size = fc.integer({ min: 1, max: 9 });
  fc.assert(
    fc.property(
      fc.tuple(size, size, size),
      fc.array(fc.integer({ min: 1, max: 3 }), { maxLength: 2 }),
      fc.constantFrom<DType>(...floats),
      fc.tuple(mixed(false), mixed(true), mixed(true)),
      fc.integer(),
      ([rows, columns, depth], batch, dtype, [outputLayout, aLayout, bLayout], seed) => {
        const random = randoms(seed);
        const a = fill(blank(dtype, [...batch, rows, depth], aLayout), random);
        const b = fill(blank(dtype, [...batch, depth, columns], bLayout), random);
        const output = blank(dtype, [...batch, rows, columns], outputLayout);
        const [fast, slow] = [duplicate(output), duplicate(output)];
        matmul(fast, a, b);
        reference.matmul(slow, a, b);
        expectSame(unsigned(fast), unsigned(slow), output);
      },
    ),
  );
});

testWithBlas('adds to what is there when asked', () => {
  const random = randoms(3);
  for (const [rows, columns, depth] of [...sizes, deep]) {
    const [a, b] = [fill(blank('float32', [rows, depth]), random), fill(blank('float32', [depth, columns]), random)];
    const sum = fill(blank('float32', [rows, columns]), random);
    const alone = duplicate(sum);
    const expected = stored(sum).map(Number);
    reference.matmul(alone, a, b);
    expect(multiply(blas!, rows, columns, depth, matrix(sum), matrix(a), matrix(b), true)).toBe(true);
    expect(stored(sum).map(Number)).toEqual(stored(alone).map((x, i) => Number(x) + expected[i]));
  }
});

testWithBlas('what lay in the output, NaN above all, does not matter', () => {
  for (const [rows, columns, depth] of [...sizes, deep]) {
    const random = randoms(4);
    const output = blank('float64', [rows, columns]);
    put(output, new Array(rows * columns).fill(NaN));
    const a = fill(blank('float64', [rows, depth]), random);
    expect(expectReference(output, a, fill(blank('float64', [depth, columns]), random))).toBe(true);
  }
});

testWithBlas('declines other memory than typed arrays of one kind, and what is too small to pay', () => {
  const random = randoms(5);
  const a = fill(blank('float32', [9, 9]), random);
  const output = blank('float32', [9, 9]);
  expect(through(output, readOnly(a), a)).toBe(false);
  expect(through(output, a, fill(blank('float64', [9, 9]), random))).toBe(false);
  policy.products = 9 ** 3;
  expect(through(output, a, a)).toBe(true);
  policy.products = 9 ** 3 + 1;
  expect(through(output, a, a)).toBe(false);
});

testWithBlas('the library says its name, where it is, and takes a number of threads', () => {
  expect(blas!.name).toMatch(/\w/);
  expect(blas!.path).toMatch(/blas|Accelerate/);
  const threads = blas!.threads();
  if (threads === null) return;
  blas!.setThreads(2);
  expect(blas!.threads()).toBe(2);
  blas!.setThreads(threads);
});

describe('TAPEGRAD_BLAS', () => {
  /** Opens the library in a process of its own; what it found, and what it warned of. */
  function found(wish: string): { output: string; warnings: string } {
    const program = `
      const { systemBlas } = await import(${JSON.stringify(resolve('kernels/blas/library.ts'))});
      const blas = systemBlas();
      console.log(blas === null ? 'none' : blas.path, blas?.threads());`;
    const { OPENBLAS_NUM_THREADS: _, OMP_NUM_THREADS: __, ...env } = process.env;
    const { stdout, stderr } = spawnSync(
      process.execPath,
      ['--import', 'tsx', '--input-type=module', '--eval', program],
      { encoding: 'utf8', timeout: 60_000, env: { ...env, TAPEGRAD_BLAS: wish } },
    );
    return { output: stdout.trim(), warnings: stderr };
  }

  test('off turns it off', () => {
    expect(found('off')).toEqual({ output: 'none undefined', warnings: '' });
  });

  test('a path that is no library is a warning, and the work goes on without', () => {
    const { output, warnings } = found('/no/such/library.so');
    expect(output).toBe('none undefined');
    expect(warnings).toContain('TAPEGRAD_BLAS=/no/such/library.so is not used');
  });

  testWithBlas('a path is taken, and one thread is the default', () => {
    const { output } = found(blas!.path);
    expect(output).toBe(`${blas!.path} ${blas!.threads() === null ? null : 1}`);
  });
});
