import {
  f32,
  f64,
  i32,
  lane,
  load,
  ModuleBuilder,
  op,
  plus,
  select,
  shuffle,
  signed,
  times,
  unsigned,
  v128,
} from '../../kernels/wasm/assembler.js';
import { type Heap, wasmHeap } from '../../kernels/wasm/heap.js';

const heap = wasmHeap() as Heap;

test('integers are written as in LEB128', () => {
  expect(unsigned(0)).toEqual([0]);
  expect(unsigned(127)).toEqual([0x7f]);
  expect(unsigned(624485)).toEqual([0xe5, 0x8e, 0x26]);
  expect(unsigned(2 ** 32 - 1)).toEqual([0xff, 0xff, 0xff, 0xff, 0x0f]);
  expect(signed(63)).toEqual([63]);
  expect(signed(64)).toEqual([0xc0, 0x00]);
  expect(signed(-64)).toEqual([0x40]);
  expect(signed(-123456)).toEqual([0xc0, 0xbb, 0x78]);
  expect(signed(-(2 ** 31))).toEqual([0x80, 0x80, 0x80, 0x80, 0x78]);
});

test('constants come back as they are', () => {
  const integers = [0, 1, -1, 63, 64, -64, -65, 8191, 8192, 2 ** 31 - 1, -(2 ** 31)];
  const module = new ModuleBuilder();
  integers.forEach((value, k) => {
    module.function(`i${k}`, [], 'i32', (f) => f.result(i32(value)));
  });
  module.function('single', [], 'f32', (f) => f.result(f32(-0)));
  module.function('double', [], 'f64', (f) => f.result(f64(Math.PI)));
  const functions = heap.compile(module);
  expect(integers.map((_, k) => functions[`i${k}`]())).toEqual(integers);
  expect(functions.single()).toBe(-0);
  expect(functions.double()).toBe(Math.PI);
});

test('loops, branches and memory: the sum of a list until its first zero', () => {
  const module = new ModuleBuilder();
  module.function('sum', ['i32', 'i32'], 'i32', (f, [address, count]) => {
    const k = f.local('i32');
    const total = f.local('i32');
    f.block((end) => {
      f.count(k, count, 1, () => {
        const element = f.define(load('i32.load', plus(address, times(k, i32(4)))));
        f.branchIf(end, op('i32.eqz', element));
        f.set(total, plus(total, element));
      });
    });
    f.result(total);
  });
  const { sum } = heap.compile(module);
  const at = heap.reserve(64);
  heap.i32.set([5, -7, 40, 0, 100], at / 4);
  expect(sum(at, 5)).toBe(38);
  expect(sum(at, 2)).toBe(-2);
  expect(sum(at, 0)).toBe(0);
});

test('conditions take one side, select chooses one of two', () => {
  const module = new ModuleBuilder();
  module.function('sign', ['i32'], 'i32', (f, [x]) => {
    const result = f.local('i32');
    f.when(
      op('i32.lt_s', x, i32(0)),
      () => f.set(result, i32(-1)),
      () => f.set(result, select(op('i32.eqz', x), i32(0), i32(1))),
    );
    f.result(result);
  });
  const { sign } = heap.compile(module);
  expect([-5, 0, 9].map((x) => sign(x))).toEqual([-1, 0, 1]);
});

test('vectors: arithmetic, shuffles, lanes, offsets of many bytes', () => {
  const module = new ModuleBuilder();
  module.function('mix', ['i32'], 'f32', (f, [at]) => {
    const x = f.define(load('v128.load', at));
    const scaled = f.define(op('f32x4.mul', x, v128(Float32Array.of(1, 10, 100, 1000))));
    f.store('v128.store', at, shuffle(x, scaled, [3, 0, 5, 7]), 1024);
    f.result(lane('f32x4.extract_lane', scaled, 2));
  });
  const { mix } = heap.compile(module);
  const at = heap.reserve(2048);
  heap.f32.set([1, 2, 3, 4], at / 4);
  expect(mix(at)).toBe(300);
  expect([...heap.f32.subarray(at / 4 + 256, at / 4 + 260)]).toEqual([4, 1, 20, 4000]);
});

test('a memory that grows keeps what it holds, and one that cannot says so', () => {
  const at = heap.reserve(64);
  heap.f64[at / 8] = 1.5;
  const large = heap.f64.byteLength + 1;
  expect(heap.reserve(large)).toBe(at);
  expect(heap.f64.byteLength).toBeGreaterThanOrEqual(at + large);
  expect(heap.f64[at / 8]).toBe(1.5);
  const before = heap.f32;
  expect(heap.reserve(2 ** 31)).toBe(0);
  expect(heap.reserve(Number.NaN)).toBe(0);
  expect(heap.f32).toBe(before);
});
