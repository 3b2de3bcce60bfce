import * as tg from '../lib/index.js';
import { testOnGpu } from './helpers/webgpu.js';

type Made = (data: tg.TensorData, options?: tg.TensorOptions) => tg.Tensor;

/** The same lines on the CPU and on the GPU; what they return must agree to rounding. */
async function onBoth(run: (make: Made) => unknown[]): Promise<void> {
  await tg.webgpu();
  const on = (device: tg.Device): unknown =>
    run((data, options) => {
      const x = tg.tensor(data, options).detach().to(device);
      return options?.requiresGrad === true ? x.requiresGrad_() : x;
    });
  const expected = on('cpu') as unknown[];
  const got = on('webgpu') as unknown[];
  expect(JSON.stringify(got).length).toBeGreaterThan(0);
  expected.forEach((value, i) => {
    expectClose(got[i], value);
  });
}

function expectClose(got: unknown, expected: unknown): void {
  if (Array.isArray(expected)) {
    expect(got).toHaveLength(expected.length);
    expected.forEach((value, i) => {
      expectClose((got as unknown[])[i], value);
    });
  } else if (typeof expected === 'number') expect(got).toBeCloseTo(expected, 5);
  else expect(got).toEqual(expected);
}

describe('tensors on the GPU', () => {
  testOnGpu('a formula, a reduction and a matrix product, forward and backward', () =>
    onBoth((make) => {
      const x = make(
        [
          [0.1, 0.2, 0.3],
          [0.4, 0.5, 0.6],
        ],
        { requiresGrad: true },
      );
      const w = make(
        [
          [0.1, 0.2],
          [0.3, -0.4],
          [0.5, 0.6],
        ],
        { requiresGrad: true },
      );
      const y = tg.matmul(x, w).tanh().mul(2).sum(0);
      y.sum().backward();
      return [y.tolist(), x.grad?.tolist(), w.grad?.tolist()];
    }),
  );

  testOnGpu('the gradient of a gradient', () =>
    onBoth((make) => {
      const x = make([0.5, -1, 2], { requiresGrad: true });
      const [first] = tg.autograd.grad(x.tanh().mul(x).sum(), x, { createGraph: true });
      const [second] = tg.autograd.grad(first.sum(), x);
      return [first.tolist(), second.tolist()];
    }),
  );

  testOnGpu('views and in-place changes through them', () =>
    onBoth((make) => {
      const base = make([
        [0, 0, 0],
        [0, 0, 0],
      ]);
      const rows = make([1, 2, 3], { requiresGrad: true });
      base.select(0, 1).copy_(rows);
      base.transpose(0, 1).mul_(2);
      base.mul(base).sum().backward();
      return [base.tolist(), rows.grad?.tolist()];
    }),
  );

  testOnGpu('a tensor moves there and back, and its gradient with it', async () => {
    await tg.webgpu();
    const x = tg.tensor([1, 2, 3], { requiresGrad: true });
    const y = x.to('webgpu').mul(3).to('cpu');
    y.sum().backward();
    expect(y.tolist()).toEqual([3, 6, 9]);
    expect(x.grad?.tolist()).toEqual([3, 3, 3]);
    expect(x.grad?.device).toBe('cpu');
  });

  testOnGpu('the same seed gives the same numbers', async () => {
    await tg.webgpu();
    const draw = (device: tg.Device): tg.Tensor => tg.rand(5, { device, generator: new tg.Generator().manualSeed(3) });
    expect(draw('webgpu').device).toBe('webgpu');
    expect(draw('webgpu').tolist()).toEqual(draw('cpu').tolist());
  });

  testOnGpu('mixed devices, dtypes it does not hold and kernels it lacks are named', async () => {
    await tg.webgpu();
    const x = tg.ones(2, 2).to('webgpu');
    expect(() => x.add(tg.ones(2, 2))).toThrow(
      /add: the tensors are on different devices: \(2, 2\) on webgpu, \(2, 2\) on cpu/,
    );
    expect(() => tg.ones(2, { dtype: 'float64' }).to('webgpu')).toThrow(
      /webgpu holds float32, int32, bool, not float64/,
    );
    expect(() => x.argmax()).toThrow(/argreduce: webgpu has no kernel for this yet/);
    expect(x.add(tg.tensor(1)).tolist()).toEqual([
      [2, 2],
      [2, 2],
    ]);
  });
});
