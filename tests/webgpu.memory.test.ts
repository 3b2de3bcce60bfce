import fc from 'fast-check';
import { formula } from '../kernels/dag.js';
import * as reference from '../kernels/reference/pointwise.js';
import type { DType, View } from '../kernels/types.js';
import { fromGpu, gpu, small, testOnGpu, toGpu } from './helpers/webgpu.js';
import { blank, expectSame, from, layouts, stored } from './kernels/views.js';

const dtypes: readonly DType[] = ['float32', 'int32', 'bool'];
const cheap = { numRuns: 30 };

/** Runs a kernel on the GPU's copies of views and compares all their memory with what the reference makes of the views themselves. */
function compare(views: readonly View[], onGpu: (views: View[]) => void, onCpu: (views: View[]) => void): void {
  const copies = views.map(toGpu);
  const before = fromGpu(copies[0]);
  onGpu(copies);
  onCpu([...views]);
  expectSame(fromGpu(copies[0]), views[0], before);
}

const shapes = fc.array(fc.nat(4), { maxLength: 4 });

describe('memory', () => {
  testOnGpu('holds float32, int32 and bool', () => {
    expect(stored(fromGpu(toGpu(from('float32', [1.5, -0, NaN, Infinity]))))).toEqual([1.5, -0, NaN, Infinity]);
    expect(stored(fromGpu(toGpu(from('int32', [-(2 ** 31), 2 ** 31 - 1]))))).toEqual([-(2 ** 31), 2 ** 31 - 1]);
    expect(stored(fromGpu(toGpu(from('bool', [1, 0, 1]))))).toEqual([1, 0, 1]);
    expect(() => gpu().kernels.allocate('float64', 1)).toThrow('webgpu holds float32, int32, bool, not float64');
  });

  testOnGpu('reads synchronously, many times, with work in between', () => {
    const { kernels } = gpu();
    const x = toGpu(from('float32', [0, 10]));
    const increment = formula(1, (s, a) => s.add(a, s.const(1)));
    for (let i = 1; i <= 200; i++) {
      kernels.pointwise1(increment, 'float32', x, x);
      expect([...(kernels.read(x) as Float32Array)]).toEqual([i, 10 + i]);
    }
  });

  testOnGpu('reads asynchronously, several at once', async () => {
    const { kernels } = gpu();
    const reads = [1, 2, 3].map((value) => kernels.readAsync(toGpu(from('int32', [value, -value]))));
    expect((await Promise.all(reads)).map((r) => [...(r as Int32Array)])).toEqual([
      [1, -1],
      [2, -2],
      [3, -3],
    ]);
  });

  testOnGpu('reads strided and empty views in order', () => {
    const { kernels } = gpu();
    const x = toGpu(from('int32', [0, 1, 2, 3, 4, 5], [2, 3]));
    const read = (view: View): number[] => [...(kernels.read(view) as Int32Array)];
    expect(read({ ...x, shape: [3, 2], strides: [1, 3] })).toEqual([0, 3, 1, 4, 2, 5]);
    expect(read({ ...x, offset: x.offset + 5, shape: [6], strides: [-1] })).toEqual([5, 4, 3, 2, 1, 0]);
    expect(read({ ...x, shape: [0, 3], strides: [3, 1] })).toEqual([]);
  });

  testOnGpu('uploads behind the commands that were recorded before', () => {
    const { kernels } = gpu();
    const x = toGpu(from('int32', [1, 2]));
    const y = toGpu(from('int32', [0, 0]));
    kernels.copy(y, x);
    kernels.upload(x.buffer, x.offset + 1, Int32Array.of(7));
    expect(stored(fromGpu(y))).toEqual([1, 2]);
    expect(stored(fromGpu(x))).toEqual([1, 7]);
  });

  testOnGpu('uploads from memory that threads share', () => {
    const { kernels } = gpu();
    const shared = new Float32Array(new SharedArrayBuffer(8));
    shared.set([3, 4]);
    const x = toGpu(from('float32', [0, 0]));
    kernels.upload(x.buffer, x.offset, shared);
    expect(stored(fromGpu(x))).toEqual([3, 4]);
  });

  testOnGpu('many launches without a read, in memory that is released and taken again', () => {
    const { kernels, release, memory } = gpu();
    const increment = formula(1, (s, a) => s.add(a, s.const(1)));
    let x: View = toGpu(from('float32', new Array(100).fill(0)));
    for (let i = 0; i < 5000; i++) {
      const y = { ...x, buffer: kernels.allocate('float32', x.buffer.byteLength / 4) };
      kernels.pointwise1(increment, 'float32', y, x);
      release(x.buffer);
      x = y;
    }
    expect(stored(fromGpu(x))).toEqual(new Array(100).fill(5000));
    expect(memory().pooledBytes).toBeLessThan(2 ** 20);
  });

  testOnGpu('refuses memory that has been released', () => {
    const { kernels, release } = gpu();
    const x = toGpu(from('float32', [1]));
    release(x.buffer);
    release(x.buffer);
    expect(() => kernels.read(x)).toThrow('webgpu: the memory of this tensor has been released');
    expect(() => kernels.fill(x, 1)).toThrow('webgpu: the memory of this tensor has been released');
  });

  testOnGpu('refuses a tensor above the limits of the device', () => {
    expect(() => gpu().kernels.allocate('float32', 2 ** 40)).toThrow(
      /^webgpu: a tensor of 4398046511104 bytes is above this device's limit of \d+$/,
    );
  });
});

describe('copy and fill', () => {
  testOnGpu('copies any layout to any other, converted', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dtypes),
        fc.constantFrom(...dtypes),
        shapes,
        layouts(false),
        layouts(true),
        (to, of, shape, a, b) =>
          compare(
            [blank(to, shape, a), small(of, shape, b)],
            ([output, input]) => gpu().kernels.copy(output, input),
            ([output, input]) => reference.copy(output, input),
          ),
      ),
      cheap,
    );
  });

  testOnGpu('converts floats to integers as JavaScript does', () => {
    const floats = [2.9, -2.9, 2 ** 31, -(2 ** 31), 2 ** 32 + 1024, -1e10, 1e20, 1e38, NaN, Infinity, -Infinity, 0.5];
    const output = toGpu(blank('int32', [floats.length]));
    gpu().kernels.copy(output, toGpu(from('float32', floats)));
    expect(stored(fromGpu(output))).toEqual(floats.map((x) => Math.fround(x) | 0));
  });

  testOnGpu('moves bits of the same dtype as they are', () => {
    const bits = Int32Array.of(0x7fc12345, -0x3edcbb, 1, 0x80000000 | 0);
    const input = toGpu({ ...from('float32', [0, 0, 0, 0]), buffer: new Float32Array(bits.buffer), offset: 0 });
    const output = toGpu(blank('float32', [4]));
    gpu().kernels.copy(output, input);
    expect([...new Int32Array((gpu().kernels.read(output) as Float32Array).buffer)]).toEqual([...bits]);
  });

  testOnGpu('fills any layout', () => {
    fc.assert(
      fc.property(
        fc.constantFrom(...dtypes),
        shapes,
        layouts(false),
        fc.constantFrom(0, 1, -3, 7n),
        (dtype, shape, layout, value) =>
          compare(
            [blank(dtype, shape, layout)],
            ([output]) => gpu().kernels.fill(output, value),
            ([output]) => reference.fill(output, value),
          ),
      ),
      cheap,
    );
  });
});
