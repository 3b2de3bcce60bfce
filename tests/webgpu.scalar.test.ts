import { formula } from '../kernels/dag.js';
import { names, operations, type Scalar, type ScalarName } from '../kernels/scalar.js';
import type { View } from '../kernels/types.js';
import { gpu, testOnGpu, toGpu } from './helpers/webgpu.js';
import { blank, from, randoms } from './kernels/views.js';

const { abs, fround, log } = Math;

/** Below this a GPU may flush to zero. */
const smallest = 2 ** -126;

const edges = [0, -0, 0.5, -0.5, 1, -1, 1.5, -2.5, 2, -3, 10.5, 88, -88, 100, -103, 1e-3, 16777216, 1e30, -1e30, 1e-30];
const special = [...edges, Infinity, -Infinity, NaN];

/** Every pair of special values, then pairs from near zero, from around the origin and from all magnitudes. */
function pairs(): [number, number][] {
  const random = randoms(1);
  const one = (i: number): number => {
    const u = random() * 2 - 1;
    return fround([u, u * 20, Math.sign(u) * Math.exp(160 * random() - 80)][i % 3]);
  };
  const found = special.flatMap((a) => special.map((b): [number, number] => [fround(a), fround(b)]));
  for (let i = 0; i < 3000; i++) found.push([one(i), one(i + Math.floor(i / 3))]);
  return found;
}

/** How far a result may be from the float64 one, relative to it, and absolutely. */
interface Tolerance {
  readonly relative: number;
  readonly absolute?: number;
}

const exact: Tolerance = { relative: 2 ** -24 };
const close: Tolerance = { relative: 4e-7 };

/** Arithmetic is rounded once; what is not listed is right to 4e-7, some three units in the last place. */
const tolerances: Readonly<Partial<Record<ScalarName, Tolerance>>> = {
  ...Object.fromEntries(
    [
      'neg',
      'add',
      'sub',
      'mul',
      'abs',
      'sign',
      'floor',
      'ceil',
      'trunc',
      'round',
      'maximum',
      'minimum',
      'fmod',
      'remainder',
    ]
      .concat(['lt', 'le', 'eq', 'ne', 'logicalAnd', 'logicalOr', 'logicalNot', 'where'])
      .map((name) => [name, exact]),
  ),
  // About their zeros left and right of the origin, and where reflection subtracts.
  lgamma: { relative: 1e-6, absolute: 2e-6 },
  digamma: { relative: 1e-6, absolute: 2e-6 },
  // Left of zero terms as large as order! 2^(order + 1) cancel.
  polygamma: { relative: 2e-6, absolute: 1e-4 },
  // What counts beside 1.
  ndtr: { relative: 4e-7, absolute: 1e-7 },
  // Arguments above 8192 are reduced to 32 bits behind the point.
  sin: { relative: 4e-7, absolute: 1e-9 },
  cos: { relative: 4e-7, absolute: 1e-9 },
  tan: { relative: 4e-7, absolute: 1e-9 },
};

/** The exponent magnifies the rounding of the logarithm. */
function allowed(name: ScalarName, [x, y]: readonly number[], wanted: number): number {
  const { relative, absolute = smallest } = tolerances[name] ?? close;
  const magnified = name === 'pow' ? 2e-7 * abs(y * log(abs(x))) : 0;
  return absolute + ((relative + magnified) * abs(wanted) || 0);
}

/** Arguments and results that differ by more than allowed, as texts. */
function wrong(name: ScalarName, rows: readonly number[][], results: ArrayLike<number>): string[] {
  return rows.flatMap((x, i) => {
    const wanted = operations[name].evaluate(...x);
    const got = results[i];
    const single = fround(wanted);
    const finite = Number.isFinite(single) && Number.isFinite(got);
    const right = finite ? abs(got - wanted) <= allowed(name, x, wanted) : Object.is(single, got);
    return right ? [] : [`${name}(${x.join(', ')}) is ${got}, not ${wanted}`];
  });
}

function onGpu(name: ScalarName, rows: readonly number[][]): ArrayLike<number> {
  const { kernels } = gpu();
  const { arity } = operations[name];
  const apply = <V>(s: Scalar<V>, ...x: V[]): V => (s[name] as (...x: V[]) => V)(...x);
  const inputs = Array.from({ length: arity }, (_, k) =>
    toGpu(
      from(
        'float32',
        rows.map((row) => row[k]),
      ),
    ),
  );
  const output: View = toGpu(blank('float32', [rows.length]));
  kernels.pointwise(formula(arity, apply), 'float32', [output], inputs);
  return kernels.read(output) as Float32Array;
}

describe('every scalar operation against its float64 value', () => {
  const plain = names.filter((name) => name !== 'polygamma' && !name.startsWith('bitwise'));

  for (const name of plain) {
    testOnGpu(name, () => {
      const { arity } = operations[name];
      const rows = pairs().map(([a, b], i) => (arity === 3 ? [i % 3, a, b] : [a, b].slice(0, arity)));
      expect(wrong(name, rows, onGpu(name, rows)).slice(0, 5)).toEqual([]);
    });
  }

  testOnGpu('polygamma', () => {
    const rows = pairs().flatMap(([x], i) => (abs(x) < 1e6 && abs(x) > 1e-2 ? [[i % 5, x]] : []));
    expect(wrong('polygamma', rows, onGpu('polygamma', rows)).slice(0, 5)).toEqual([]);
  });

  testOnGpu('bitwiseAnd, bitwiseOr, bitwiseXor of integers', () => {
    const random = randoms(3);
    const whole = (): number => Math.floor((random() - 0.5) * 2 ** 24);
    const rows = Array.from({ length: 100 }, () => [whole(), whole()]);
    for (const name of ['bitwiseAnd', 'bitwiseOr', 'bitwiseXor'] as const) {
      expect(wrong(name, rows, onGpu(name, rows))).toEqual([]);
    }
  });

  testOnGpu('sin, cos and tan of large arguments', () => {
    const random = randoms(5);
    const rows = Array.from({ length: 2000 }, () => [fround(Math.exp(random() * 87))]);
    for (const name of ['sin', 'cos', 'tan'] as const) {
      expect(wrong(name, rows, onGpu(name, rows)).slice(0, 5)).toEqual([]);
    }
  });

  testOnGpu('tanh near zero, where the device may be far off', () => {
    const rows = Array.from({ length: 1000 }, (_, i) => [fround((i - 500) / 5000)]);
    expect(wrong('tanh', rows, onGpu('tanh', rows)).slice(0, 5)).toEqual([]);
  });
});
