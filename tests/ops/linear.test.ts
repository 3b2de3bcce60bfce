import * as tg from '../../lib/index.js';

type Tensor = tg.Tensor;

const { linear } = tg.nn.functional;

/** The same as a product and a sum. */
function composed(x: Tensor, weight: Tensor, bias: Tensor | null): Tensor {
  const y = x.matmul(weight.transpose(0, 1));
  return bias === null ? y : y.add(bias);
}

function close(a: Tensor, b: Tensor): void {
  expect(a.shape).toEqual(b.shape);
  expect(tg.allclose(a, b, { rtol: 1e-5, atol: 1e-6 })).toBe(true);
}

const inputs: [string, () => Tensor][] = [
  ['a matrix', () => tg.randn(5, 6)],
  ['more dimensions', () => tg.randn(2, 3, 4, 6)],
  ['rows of another order', () => tg.randn(4, 3, 6).transpose(0, 1)],
  ['a transposed matrix', () => tg.randn(6, 5).transpose(0, 1)],
  ['one row many times', () => tg.randn(1, 6).expand(2, 7, 6)],
  ['no rows', () => tg.randn(2, 0, 6)],
];

describe.each(inputs)('linear of %s', (_name, make) => {
  test.each([true, false])('is the product, and so are its gradients; bias: %p', (given) => {
    tg.manualSeed(1);
    const x = make().detach().requiresGrad_();
    const [weight, bias] = [tg.randn(4, 6, { requiresGrad: true }), tg.randn(4, { requiresGrad: true })];
    const leaves = given ? [x, weight, bias] : [x, weight];
    const results = [linear, composed].map((f) => f(x, weight, given ? bias : null));
    close(results[0], results[1]);
    const g = tg.randn(results[0].shape);
    for (const createGraph of [false, true]) {
      const [ours, theirs] = results.map((y) => tg.autograd.grad(y, leaves, g, { retainGraph: true, createGraph }));
      ours.forEach((to, i) => {
        close(to as Tensor, theirs[i] as Tensor);
      });
    }
  });
});

test('the bias of rows without features has a gradient', () => {
  const bias = tg.ones(4, { requiresGrad: true });
  linear(tg.ones(2, 3, 0), tg.ones(4, 0), bias)
    .sum()
    .backward();
  expect(bias.grad?.tolist()).toEqual([6, 6, 6, 6]);
});

test('a gradient of its gradient', () => {
  tg.manualSeed(2);
  const leaves = [tg.randn(2, 3, 4), tg.randn(5, 4), tg.randn(5)].map((x) => x.to('float64').requiresGrad_());
  expect(
    tg.autograd.gradgradcheck((x: Tensor, weight: Tensor, bias: Tensor) => linear(x, weight, bias).pow(2), leaves),
  ).toBe(true);
});
