import { specialize } from '../../kernels/cpu/specialize.js';

function total(data: Float32Array | Int32Array, scale: number): number {
  const { abs } = Math;
  let sum = 0;
  for (let i = 0; i < data.length; i++) sum += abs(data[i]);
  return sum * scale;
}

test('a copy for each key, made once, that does what the loop does', () => {
  const loops = specialize(total);
  const [first, second] = [loops(4), loops(8)];
  expect(first(new Float32Array([1, -2]), 3)).toBe(9);
  expect(second(new Int32Array([4, -5]), 1)).toBe(9);
  expect(loops(4)).toBe(first);
  expect(new Set([total, first, second]).size).toBe(3);
});
