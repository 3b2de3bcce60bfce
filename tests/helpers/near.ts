import * as tg from '../../lib/index.js';

/** Expects a tensor of these nested numbers: the shape exactly, elements relative to the larger of 1 and their size. */
export function expectNear(x: tg.Tensor, expected: tg.TensorData, tolerance = 1e-6): void {
  const wanted = tg.tensor(expected, { dtype: 'float64' });
  expect(x.shape).toEqual(wanted.shape);
  const got = x.detach().to('float64').flatten().tolist() as number[];
  const off = (wanted.flatten().tolist() as number[]).flatMap((value, i) => {
    const near = Object.is(got[i], value) || Math.abs(got[i] - value) <= tolerance * Math.max(1, Math.abs(value));
    return near ? [] : [`element ${i}: ${got[i]}, expected ${value}`];
  });
  expect(off).toEqual([]);
}

/** A float64 tensor of numbers that rise, but not in even steps. */
export function ramp(...shape: number[]): tg.Tensor {
  const count = shape.reduce((product, n) => product * n, 1);
  return tg.tensor(
    Float64Array.from({ length: count }, (_, i) => Math.sin(i * 1.7) + i / 10),
    { shape },
  );
}
