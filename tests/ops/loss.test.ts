import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;
const logits = tg.tensor([
  [1, 2, 3],
  [1, -1, 0.5],
]);
const weight = tg.tensor([1, 2, 3]);

// The numbers without a formula beside them are PyTorch's.
test('crossEntropy of class indices: weighted, smoothed, ignored', () => {
  expectNear(F.crossEntropy(logits, [2, 0]), 0.48128145933);
  expectNear(F.crossEntropy(logits, [2, 0], weight), 0.4444437027);
  expectNear(F.crossEntropy(logits, [2, -100], { labelSmoothing: 0.1 }), 0.50760591);
  expectNear(F.crossEntropy(logits, [2, 0], { weight, labelSmoothing: 0.1 }), 0.52729415894);
});

test('crossEntropy of probabilities', () => {
  const target = tg.tensor([
    [0.2, 0.3, 0.5],
    [1, 0, 0],
  ]);
  expectNear(F.crossEntropy(logits, target, weight), 1.246225357);
});

test('crossEntropy of images takes classes in the second dimension', () => {
  const x = ramp(2, 3, 4, 5);
  const target = tg
    .tensor(
      Array.from({ length: 40 }, (_, i) => i % 3),
      { dtype: 'int32' },
    )
    .reshape(2, 4, 5);
  const rows = x.permute(0, 2, 3, 1).reshape(-1, 3);
  expectNear(F.crossEntropy(x, target), F.crossEntropy(rows, target.flatten()).item());
});

test('int64 targets, one sample, and every target ignored', () => {
  expectNear(F.crossEntropy(logits, tg.tensor([2n, 0n])), 0.48128145933);
  expectNear(F.crossEntropy(logits.select(0, 0), 2), 0.40760596);
  expect(F.crossEntropy(logits, [-100, -100]).item()).toBeNaN();
});

test('a target out of range is an IndexError with its value', () => {
  expect(() => F.crossEntropy(logits, [0, 3])).toThrow(tg.IndexError);
  expect(() => F.crossEntropy(logits, [0, 3])).toThrow('index 3 is out of range');
  expect(() => F.nllLoss(logits, [0, -1])).toThrow('index -1 is out of range');
});

test('an ignored target costs nothing even where its probability is zero', () => {
  const x = tg.tensor(
    [
      [0, Number.NEGATIVE_INFINITY],
      [1, 1],
    ],
    { requiresGrad: true },
  );
  const loss = F.nllLoss(x, [1, 0], { ignoreIndex: 1 });
  loss.backward();
  expect([loss.item(), x.grad?.tolist()]).toEqual([
    -1,
    [
      [0, 0],
      [-1, 0],
    ],
  ]);
});

test("PyTorch's deprecated switches say what reduction says", () => {
  const [a, b] = [tg.tensor([1, 2]), tg.tensor([3, 5])];
  expect(F.mseLoss(a, b, false).item()).toBe(13);
  expect(F.mseLoss(a, b, { reduce: false }).tolist()).toEqual([4, 9]);
  expect(F.mseLoss(a, b, true, true, 'sum').item()).toBe(6.5);
});

test('losses of pairs', () => {
  const [a, b] = [tg.tensor([0, 1, 3]), tg.tensor([0.5, -1, 3.25])];
  expectNear(F.l1Loss(a, b, { reduction: 'none' }), [0.5, 2, 0.25]);
  expectNear(F.smoothL1Loss(a, b, { reduction: 'none' }), [0.125, 1.5, 0.03125]);
  expectNear(F.huberLoss(a, b, { reduction: 'none', delta: 0.25 }), [0.09375, 0.46875, 0.03125]);
  expectNear(F.smoothL1Loss(a, b, { reduction: 'none', beta: 0 }), [0.5, 2, 0.25]);
});

test('the gradient of l1Loss is 0 where both are equal', () => {
  const x = tg.tensor([1, 2, 3], { requiresGrad: true });
  F.l1Loss(x, tg.tensor([1, 1, 4]), { reduction: 'sum' }).backward();
  expect(x.grad?.tolist()).toEqual([0, 1, -1]);
});

test('binary cross entropy of certain probabilities costs at most 100', () => {
  expect(F.binaryCrossEntropy(tg.tensor([0, 1]), tg.tensor([1, 0]), { reduction: 'none' }).tolist()).toEqual([
    100, 100,
  ]);
  expect(() => F.binaryCrossEntropy(tg.tensor([1.5]), tg.ones(1))).toThrow('got 1.5');
  expect(() => F.binaryCrossEntropy(tg.tensor([Number.NaN]), tg.ones(1))).toThrow('between 0 and 1');
});

test('with logits it neither overflows nor loses digits', () => {
  const x = tg.tensor([1000, -1000, 0], { dtype: 'float64', requiresGrad: true });
  const y = F.binaryCrossEntropyWithLogits(x, tg.tensor([0, 1, 1], { dtype: 'float64' }), { reduction: 'none' });
  expectNear(y, [1000, 1000, Math.LN2], 1e-15);
  y.sum().backward();
  expectNear(x.grad as tg.Tensor, [1, -1, -0.5], 1e-15);
});

test('divergence, Poisson and Gaussian likelihoods', () => {
  const half = tg.tensor([[0.5, 0.5]]);
  expectNear(F.klDiv(half.log(), tg.tensor([[0.25, 0.75]]), { reduction: 'batchmean' }), 0.130812019);
  expectNear(F.klDiv(half.log(), tg.tensor([[0, 1]]), { reduction: 'none' }), [[0, Math.LN2]]);
  const options = { full: true, reduction: 'none' as const };
  expectNear(F.poissonNllLoss(tg.tensor([0.5, 1]), tg.tensor([1, 3]), options), [1.1487212181, 1.4823633432]);
  const variance = tg.tensor([1, 2]);
  expectNear(F.gaussianNllLoss(tg.tensor([0.5, 1]), tg.tensor([1, 3]), variance, options), [1.0439385176, 2.265511989]);
});

test('margins', () => {
  expectNear(F.multiMarginLoss(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), [3]), 0.325);
  expectNear(F.multilabelMarginLoss(tg.tensor([[0.1, 0.2, 0.4, 0.8]]), [[3, 0, -1, 1]]), 0.85);
  const [a, b] = [
    tg.tensor([
      [1, 0],
      [1, 1],
    ]),
    tg.tensor([
      [1, 1],
      [1, 0],
    ]),
  ];
  expectNear(F.cosineEmbeddingLoss(a, b, tg.tensor([1, -1]), 0.5, { reduction: 'none' }), [0.29289323, 0.20710677]);
  const [near, far] = [tg.tensor([[3, 4]]), tg.tensor([[6, 8]])];
  expectNear(F.tripletMarginLoss(tg.zeros(1, 2), near, far, 7), 2, 1e-5);
  const city = (x: tg.Tensor, y: tg.Tensor): tg.Tensor => x.sub(y).abs().sum(-1);
  expectNear(F.tripletMarginWithDistanceLoss(tg.zeros(1, 2), near, far, { distanceFunction: city, margin: 8 }), 1);
});

/** Every way to read labels from a path of classes: repetitions and blanks go. */
function likelihood(probabilities: number[][], labels: readonly number[], blank: number): number {
  const classes = probabilities[0].length;
  let total = 0;
  for (let path = 0; path < classes ** probabilities.length; path++) {
    const steps = probabilities.map((_, t) => Math.floor(path / classes ** t) % classes);
    const read = steps.filter((c, t) => c !== blank && c !== steps[t - 1]);
    if (read.join() === labels.join()) total += steps.reduce((p, c, t) => p * probabilities[t][c], 1);
  }
  return total;
}

test.each([
  [[1, 2], 0],
  [[1, 1], 0],
  [[], 2],
  [[0, 1], 2],
])('ctcLoss is minus the log probability of every path that reads %j', (labels, blank) => {
  const x = ramp(4, 3).logSoftmax(-1);
  const loss = F.ctcLoss(x, tg.tensor(labels, { dtype: 'int32' }), 4, labels.length, { blank, reduction: 'sum' });
  expectNear(loss, -Math.log(likelihood(x.exp().tolist() as number[][], labels, blank)), 1e-12);
});

test('crossEntropy reads classes that lie last wherever their dimension stands', () => {
  const targets = tg.tensor(
    [
      [0, 2, 1, 1],
      [2, 2, 0, 1],
    ],
    { dtype: 'int64' },
  );
  const options = { weight: weight.to('float64'), labelSmoothing: 0.1 };
  const [seen, copied] = [(y: tg.Tensor) => y, (y: tg.Tensor) => y.contiguous()].map((lay) => {
    const x = ramp(2, 4, 3).requiresGrad_();
    const loss = F.crossEntropy(lay(x.transpose(1, 2)), targets, options);
    const [first] = tg.autograd.grad(loss, [x], { createGraph: true });
    first.pow(2).sum().backward();
    return [loss, first, x.grad].map((y) => y?.tolist());
  });
  expect(seen).toEqual(copied);
});

test('the gradient of ctcLoss behind logSoftmax agrees with differences', () => {
  const x = ramp(5, 2, 4).requiresGrad_();
  const f = (y: tg.Tensor): tg.Tensor =>
    F.ctcLoss(
      y.logSoftmax(-1),
      [
        [1, 2, 2],
        [3, 1, 0],
      ],
      [5, 4],
      [3, 2],
    );
  const [gradient] = tg.autograd.grad([f(x)], [x]);
  const direction = ramp(5, 2, 4).cos();
  const at = (step: number): number => f(x.detach().add(direction.mul(step))).item();
  expectNear(gradient.mul(direction).sum(), (at(1e-6) - at(-1e-6)) / 2e-6, 1e-8);
});

test('a target that does not fit its input costs infinity, or nothing', () => {
  const x = ramp(2, 3).logSoftmax(-1).requiresGrad_();
  expect(F.ctcLoss(x, [1, 1], 2, 2).item()).toBe(Number.POSITIVE_INFINITY);
  const loss = F.ctcLoss(x, [1, 1], 2, 2, { zeroInfinity: true });
  loss.backward();
  expect([loss.item(), x.grad?.abs().sum().item()]).toEqual([0, 0]);
});
