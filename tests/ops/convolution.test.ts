import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;

/** One output element after the other, as the definition says. */
function plainly(
  x: tg.Tensor,
  w: tg.Tensor,
  stride: number,
  padding: number,
  dilation: number,
  groups: number,
): number[] {
  const [images, , height, width] = x.shape;
  const [outputs, channels, kernelHeight, kernelWidth] = w.shape;
  const size = (n: number, k: number): number => Math.floor((n + 2 * padding - dilation * (k - 1) - 1) / stride) + 1;
  const [input, weight] = [x.tolist() as number[][][][], w.tolist() as number[][][][]];
  const result: number[] = [];
  for (let n = 0; n < images; n++)
    for (let o = 0; o < outputs; o++)
      for (let y = 0; y < size(height, kernelHeight); y++)
        for (let z = 0; z < size(width, kernelWidth); z++) {
          let sum = 0;
          for (let c = 0; c < channels; c++)
            for (let i = 0; i < kernelHeight; i++)
              for (let j = 0; j < kernelWidth; j++) {
                const from = Math.floor(o / (outputs / groups)) * channels + c;
                const at = input[n][from][y * stride + i * dilation - padding];
                sum += (at?.[z * stride + j * dilation - padding] ?? 0) * weight[o][c][i][j];
              }
          result.push(sum);
        }
  return result;
}

test.each([
  [1, 0, 1, 1],
  [2, 1, 1, 1],
  [1, 2, 2, 2],
  [3, 1, 2, 2],
])('conv2d is its definition: stride %i, padding %i, dilation %i, groups %i', (stride, padding, dilation, groups) => {
  const [x, w] = [ramp(2, 4, 7, 6), ramp(4, 4 / groups, 3, 2)];
  const y = F.conv2d(x, w, { stride, padding, dilation, groups });
  expectNear(y.flatten(), plainly(x, w, stride, padding, dilation, groups));
});

test('the forms of a call agree', () => {
  const [x, w, b] = [ramp(1, 2, 5, 5), ramp(3, 2, 3, 3), ramp(3)];
  const y = F.conv2d(x, w, b, [2, 2], [1, 1]);
  expect(F.conv2d(x, { weight: w, bias: b, stride: 2, padding: 1 }).tolist()).toEqual(y.tolist());
  expect(F.conv2d(x.squeeze(0), w, b, 2, 1).tolist()).toEqual(y.squeeze(0).tolist());
});

test("padding 'same' of an even kernel adds more behind than before", () => {
  const y = F.conv1d(tg.tensor([[[1, 2, 3, 4]]]), tg.tensor([[[1, 10]]]), { padding: 'same' });
  expect(y.tolist()).toEqual([[[21, 32, 43, 4]]]);
});

test("padding 'valid' adds nothing", () => {
  expect(F.conv1d(tg.ones(1, 1, 4), tg.ones(1, 1, 3), { padding: 'valid' }).tolist()).toEqual([[[3, 3]]]);
});

test.each([1, 2, 3])('convTranspose%id is the adjoint of the convolution', (rank) => {
  const plane = [7, 6, 5].slice(0, rank);
  const options = { stride: 2, padding: 1, groups: 2 };
  const x = ramp(2, 4, ...plane);
  const w = ramp(6, 2, ...plane.map(() => 3));
  const conv = [F.conv1d, F.conv2d, F.conv3d][rank - 1];
  const transposed = [F.convTranspose1d, F.convTranspose2d, F.convTranspose3d][rank - 1];
  const y = conv(x, w, options);
  const v = ramp(...y.shape);
  const outputPadding = plane.map((n) => (n + 1) % 2);
  const back = transposed(v, w, { ...options, outputPadding });
  expect(back.shape).toEqual(x.shape);
  expectNear(back.mul(x).sum(), y.mul(v).sum().item(), 1e-12);
});

test('an empty batch has a shape, and zeros for gradients', () => {
  const w = tg.ones([3, 2, 2, 2], { requiresGrad: true });
  const y = F.conv2d(tg.ones(0, 2, 4, 4), w);
  expect(y.shape).toEqual([0, 3, 3, 3]);
  y.sum().backward();
  expect(w.grad?.abs().sum().item()).toBe(0);
});

test('the bias gets the sum of the gradient over batch and places', () => {
  const bias = tg.zeros([3], { dtype: 'float64', requiresGrad: true });
  F.conv2d(ramp(2, 1, 4, 4), ramp(3, 1, 2, 2), bias)
    .sum()
    .backward();
  expect(bias.grad?.tolist()).toEqual([18, 18, 18]);
});

test('a third derivative', () => {
  const w = tg.tensor([[[2]]], { dtype: 'float64', requiresGrad: true });
  const x = tg.tensor([[[1, 3]]], { dtype: 'float64' });
  const y = F.conv1d(x, w).pow(3).sum();
  const [first] = tg.autograd.grad([y], [w], null, { createGraph: true });
  const [second] = tg.autograd.grad([first.sum()], [w], null, { createGraph: true });
  const [third] = tg.autograd.grad([second.sum()], [w]);
  expect(third.item()).toBeCloseTo(6 * (1 + 27), 10);
});

test('integers are convolved, int64 and mixed dtypes refused', () => {
  const x = tg.ones([1, 1, 3], { dtype: 'int32' });
  expect(F.conv1d(x, tg.ones([1, 1, 2], { dtype: 'int32' })).tolist()).toEqual([[[2, 2]]]);
  expect(() => F.conv1d(x.to('int64'), tg.ones([1, 1, 2], { dtype: 'int64' }))).toThrow("to('int32')");
  expect(() => F.conv1d(x, tg.ones(1, 1, 2))).toThrow('the input is int32, but the weight float32');
});
