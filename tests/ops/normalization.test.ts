import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;

test('batchNorm in training takes the batch statistics and moves the running ones', () => {
  const x = tg.tensor([
    [1, 10],
    [3, 20],
  ]);
  const [mean, variance] = [tg.zeros(2), tg.ones(2)];
  expectNear(F.batchNorm(x, mean, variance, { training: true, eps: 0 }), [
    [-1, -1],
    [1, 1],
  ]);
  expectNear(mean, [0.2, 1.5]);
  // The running variance is the unbiased one: 2 and 50.
  expectNear(variance, [0.9 + 0.2, 0.9 + 5]);
});

test('batchNorm in evaluation takes the running statistics and leaves them', () => {
  const [mean, variance] = [tg.tensor([1, 2]), tg.tensor([4, 9])];
  const y = F.batchNorm(tg.tensor([[3, 5]]), mean, variance, tg.tensor([2, 1]), tg.tensor([0, 1]), false, 0.1, 0);
  expectNear(y, [[2, 2]]);
  expect([mean.tolist(), variance.tolist()]).toEqual([
    [1, 2],
    [4, 9],
  ]);
});

test('running statistics take no part in gradients', () => {
  const x = ramp(4, 3).requiresGrad_();
  const mean = tg.zeros(3);
  F.batchNorm(x, mean, tg.ones(3), { training: true }).pow(2).sum().backward();
  expect(mean.requiresGrad).toBe(false);
  expect(x.grad?.shape).toEqual([4, 3]);
});

test('the gradient of what is normalized sums to zero', () => {
  const x = ramp(5, 4).requiresGrad_();
  F.layerNorm(x, 4).mul(ramp(5, 4)).sum().backward();
  expectNear((x.grad as tg.Tensor).sum(1), [0, 0, 0, 0, 0], 1e-12);
});

test('an empty batch leaves the running statistics alone', () => {
  const mean = tg.ones(2);
  expect(F.batchNorm(tg.ones(0, 2, 3), mean, tg.ones(2), { training: true }).shape).toEqual([0, 2, 3]);
  expect(mean.tolist()).toEqual([1, 1]);
});

test('instanceNorm is batchNorm of each sample', () => {
  const x = ramp(2, 3, 4);
  const each = [0, 1].map((n) => F.batchNorm(x.narrow(0, n, 1), null, null, { training: true }));
  expectNear(F.instanceNorm(x), tg.cat(each).tolist() as number[][][]);
});

test('groupNorm of one group is layerNorm, of as many groups as channels instanceNorm', () => {
  const x = ramp(2, 4, 3);
  expectNear(F.groupNorm(x, 1), F.layerNorm(x, [4, 3]).tolist() as number[][][]);
  expectNear(F.groupNorm(x, 4), F.instanceNorm(x).tolist() as number[][][]);
});

test('rmsNorm divides by the root mean square', () => {
  expectNear(F.rmsNorm(tg.tensor([[3, 4]]), [2], null, 0), [[3 / Math.sqrt(12.5), 4 / Math.sqrt(12.5)]]);
});

test('localResponseNorm looks at neighbouring channels', () => {
  const x = tg.tensor([[[1], [2], [3]]]);
  expectNear(F.localResponseNorm(x, 2, 2, 1, 1), [[[0.5], [1 / 3], [3 / 14]]]);
});

test('large means do not cost the variance its digits', () => {
  const x = tg.tensor([[4096, 4097, 4098, 4099]]);
  expectNear(F.layerNorm(x, 4, { eps: 0 }), F.layerNorm(x.sub(4096), 4, { eps: 0 }).tolist() as number[][]);
});

test('nativeLayerNorm gives mean and scale beside the result', () => {
  const [y, mean, scale] = tg.nativeLayerNorm(tg.tensor([[1, 3]]), [2], null, null, 0);
  expect([y.tolist(), mean.tolist(), scale.tolist()]).toEqual([[[-1, 1]], [[2]], [[1]]]);
});
