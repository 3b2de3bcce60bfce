import * as tg from '../lib/index.js';

const { clipGradNorm_, clipGradValue_, parametersToVector, vectorToParameters } = tg.nn.utils;

function withGradient(...gradient: number[]): tg.Tensor {
  const x = tg.zeros(gradient.length, { dtype: 'float64', requiresGrad: true });
  x.grad = tg.tensor(gradient, { dtype: 'float64' });
  return x;
}

const gradients = (list: readonly tg.Tensor[]): unknown[] => list.map((x) => x.grad?.tolist());

describe('clipGradNorm_', () => {
  test.each<[number | 'inf', number]>([
    [2, 13],
    [1, 19],
    ['inf', 12],
    [Number.POSITIVE_INFINITY, 12],
  ])('scales all gradients together, by the norm of order %s', (normType, norm) => {
    const list = [withGradient(3, 4), withGradient(-12)];
    expect(clipGradNorm_(list, 1, normType).item()).toBeCloseTo(norm, 12);
    const [[a, b], [c]] = gradients(list) as number[][];
    expect([a, b, c].map((x) => x * norm)).toEqual([3, 4, -12].map((x) => expect.closeTo(x, 4)));
  });

  test('leaves small gradients and missing ones alone', () => {
    const bare = tg.zeros(2, { requiresGrad: true });
    const list = [withGradient(3, 4), bare];
    expect(clipGradNorm_(list, { maxNorm: 10 }).item()).toBe(5);
    expect(gradients(list)).toEqual([[3, 4], undefined]);
    expect(clipGradNorm_([bare], 1).item()).toBe(0);
    expect(clipGradNorm_(withGradient(6), 3).item()).toBe(6);
  });

  test('two parameters that got one gradient are each scaled once', () => {
    const [a, b] = [tg.zeros(1, { requiresGrad: true }), tg.zeros(1, { requiresGrad: true })];
    a.add(b).mul(4).sum().backward();
    clipGradNorm_([a, b], Math.sqrt(8));
    expect(gradients([a, b]).flat()).toEqual([expect.closeTo(2, 5), expect.closeTo(2, 5)]);
  });

  test('refuses a norm that is not finite where asked to, and changes nothing', () => {
    const x = withGradient(1, Number.NaN);
    expect(() => clipGradNorm_([x], 1, { errorIfNonfinite: true })).toThrow('the norm of the gradients is NaN');
    expect(x.grad?.tolist()).toEqual([1, Number.NaN]);
    expect(() => clipGradNorm_([3 as never], 1)).toThrow(tg.ArgumentError);
    expect(() => clipGradNorm_([x], 1, 'two' as never)).toThrow(tg.ValueError);
  });
});

test('clipGradValue_ bounds every element', () => {
  const list = [withGradient(-3, 0.5), withGradient(2)];
  clipGradValue_(list, 1);
  expect(gradients(list)).toEqual([[-1, 0.5], [1]]);
});

test('parameters to a vector and back', () => {
  const list = [
    tg.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    ),
    tg.tensor(5, { requiresGrad: true }),
  ];
  const vector = parametersToVector(list);
  expect(vector.tolist()).toEqual([1, 2, 3, 4, 5]);
  vector.mul(2).sum().backward();
  expect(list[0].grad?.tolist()).toEqual([
    [2, 2],
    [2, 2],
  ]);
  vectorToParameters(vector.detach().mul(-1), list);
  expect([list[0].tolist(), list[1].item(), list[0].isLeaf]).toEqual([
    [
      [-1, -2],
      [-3, -4],
    ],
    -5,
    true,
  ]);
  expect(() => vectorToParameters(tg.zeros(4), list)).toThrow('take a vector of 5 elements, got shape (4,)');
});
