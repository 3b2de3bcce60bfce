import { cpu } from '../kernels/cpu/index.js';
import type { Kernels } from '../kernels/types.js';
import { hidden } from '../lib/autograd/hidden.js';
import type { Described } from '../lib/core/define.js';
import { addDevice } from '../lib/core/device.js';
import { making } from '../lib/core/storage.js';
import * as tg from '../lib/index.js';
import * as operations from '../lib/ops/table.js';
import { maker } from './helpers/facts.js';
import { note } from './helpers/note.js';
import { pathNames, paths, usualPath } from './helpers/paths.js';
import { reference } from './helpers/reference.js';

type Callable = Described & ((...args: unknown[]) => unknown);

const rows = Object.entries(operations).filter(
  (entry): entry is [string, Callable] => typeof entry[1] === 'function' && 'facts' in entry[1],
);
const sampled = rows.filter(([, call]) => call.facts.samples !== undefined);
const filled = sampled.filter(([name]) => !/^(empty|newEmpty)/.test(name));

/** Tensors anywhere in a value, in order. */
function tensorsIn(value: unknown): tg.Tensor[] {
  if (value instanceof tg.Tensor) return [value];
  if (Array.isArray(value)) return value.flatMap(tensorsIn);
  if (typeof value !== 'object' || value === null) return [];
  return tensorsIn(Symbol.iterator in value ? [...(value as Iterable<unknown>)] : Object.values(value));
}

const isFloat = (x: tg.Tensor): boolean => x.dtype.startsWith('float');

/** A result as plain data: shapes, dtypes and elements. */
function plain(value: unknown): unknown[] {
  return tensorsIn(value).map((x) => [x.shape, x.dtype, x.detach().reshape(-1).to('float64').tolist()]);
}

/** The results of every sample, and their gradients, on whatever runs as the CPU now. */
function outcome(call: Callable, dtype: tg.DType): unknown[] {
  return (call.facts.samples?.(maker(dtype)) ?? []).map((args) => {
    tg.manualSeed(0);
    const inputs = tensorsIn(args).filter((x) => isFloat(x) && x.isLeaf);
    for (const x of inputs) x.requiresGrad_();
    const result = call(...args);
    const differentiable = tensorsIn(result).filter((y) => isFloat(y) && y.requiresGrad);
    const gradients =
      differentiable.length === 0 || call.facts.gradcheck !== undefined
        ? []
        : tg.autograd.grad(differentiable, inputs, {
            gradOutputs: differentiable.map((y) => tg.onesLike(y)),
            allowUnused: true,
          });
    return [plain(result), plain(gradients)];
  });
}

function expectClose(got: unknown, wanted: unknown, tolerance: number): void {
  if (Array.isArray(wanted)) {
    expect(got).toHaveLength(wanted.length);
    wanted.forEach((value, i) => {
      expectClose((got as unknown[])[i], value, tolerance);
    });
  } else if (typeof wanted === 'number' && !Object.is(got, wanted)) {
    expect(Math.abs((got as number) - wanted) / Math.max(1, Math.abs(wanted))).toBeLessThan(tolerance);
  } else expect(got).toBe(wanted);
}

describe('with the reference kernels in place of the CPU’s', () => {
  afterEach(() => addDevice('cpu', cpu));

  function compare(call: Callable): void {
    for (const dtype of ['float32', 'float64'] as const) {
      const fast = outcome(call, dtype);
      addDevice('cpu', reference);
      const plainly = outcome(call, dtype);
      addDevice('cpu', cpu);
      // Both round once on every store, and differ in the order of sums only.
      // Samples may ask for results of another dtype.
      const single = JSON.stringify(plainly).includes('float32');
      expectClose(fast, plainly, single ? (call.facts.tolerance ?? 1e-5) : 1e-9);
    }
  }

  test.each(sampled)('%s', (_name, call) => compare(call));

  describe.each(pathNames)('every operation the way of %s', (path) => {
    beforeAll(() => paths[path]());
    afterAll(usualPath);

    test.each(sampled)('%s', (_name, call) => compare(call));
  });
});

/** The CPU with every new memory full of NaN (or -1): what is read before it is written shows. */
const poisoned: Kernels = {
  ...cpu,
  allocate(dtype, count) {
    const memory = cpu.allocate(dtype, count) as Float32Array;
    new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).fill(0xff);
    return memory;
  },
};

describe('with poisoned memory', () => {
  afterEach(() => addDevice('cpu', cpu));

  test.each(filled)('%s', (_name, call) => {
    const clean = outcome(call, 'float32');
    addDevice('cpu', poisoned);
    expect(outcome(call, 'float32')).toEqual(clean);
  });
});

/** The CPU with all memory that is given back full of NaN: what is read after that shows. */
const poisonedWhenFreed: Kernels = {
  ...cpu,
  recycle(buffer) {
    const memory = buffer as Float32Array;
    new Uint8Array(memory.buffer, memory.byteOffset, memory.byteLength).fill(0xff);
  },
};

/** What every sample leaves in the `.grad` of its inputs, and its results. */
function deposited(call: Callable, run: <R>(work: () => R) => R = (work) => work()): unknown[] {
  return (call.facts.samples?.(maker('float32')) ?? []).map((args) => {
    tg.manualSeed(0);
    const inputs = tensorsIn(args).filter((x) => isFloat(x) && x.isLeaf);
    for (const x of inputs) x.requiresGrad_();
    const given = run(() => call(...args));
    const values = tensorsIn(given).map(plain);
    const results = tensorsIn(given).filter((y) => isFloat(y) && y.requiresGrad);
    if (results.length > 0 && call.facts.gradcheck === undefined) {
      const mixed = results.map((y) => y.mul(y).sum().add(y.exp().sum()));
      tg.autograd.backward(mixed);
    }
    return [...values, ...inputs.map((x) => x.grad && plain(x.grad))];
  });
}

describe('with what a walk, and code that shows its result alone, give back poisoned', () => {
  const { worth } = making;

  afterEach(() => {
    making.worth = worth;
    addDevice('cpu', cpu);
  });

  test.each(filled)('%s', (_name, call) => {
    const clean = deposited(call);
    making.worth = 0;
    addDevice('cpu', poisonedWhenFreed);
    expect(deposited(call)).toEqual(clean);
    expect(deposited(call, hidden)).toEqual(clean);
  });
});

describe('float16 in place of float32', () => {
  test.each(sampled)('%s: the same shapes, or a typed refusal', (_name, call) => {
    (call.facts.samples?.(maker('float16')) ?? []).forEach((args, i) => {
      const wide = (call.facts.samples?.(maker('float16')) ?? [])[i].map(widened);
      tg.manualSeed(0);
      let got: unknown;
      try {
        got = call(...args);
      } catch (error) {
        expect(error).toBeInstanceOf(tg.TapegradError);
        return;
      }
      tg.manualSeed(0);
      const wanted = tensorsIn(call(...wide));
      expect(tensorsIn(got).map((x) => x.shape)).toEqual(wanted.map((x) => x.shape));
    });
  });
});

function widened(value: unknown): unknown {
  if (value instanceof tg.Tensor) return value.dtype === 'float16' ? value.to('float32') : value;
  if (Array.isArray(value)) return value.map(widened);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, item]) => [key, widened(item)]));
}

test('how many functions carry samples', () => {
  const bare = rows.filter(([, call]) => call.facts.samples === undefined).map(([name]) => name);
  note(
    `rows: ${sampled.length} functions with samples of their own, ${bare.length} covered by the tests of their family`,
  );
  expect(sampled.length).toBeGreaterThan(300);
});
