import * as tg from '../../lib/index.js';
import { checkGradient } from '../helpers/facts.js';

const double = (data: tg.TensorData): tg.Tensor => tg.tensor(data, { dtype: 'float64' });

describe('dtypes', () => {
  test('integers and truth values sum to int32, and cut fractions before an integer sum', () => {
    expect(tg.tensor(Uint8Array.of(200, 100)).sum().dtype).toBe('int32');
    expect(tg.tensor(Uint8Array.of(200, 100)).sum().item()).toBe(300);
    expect(tg.tensor([true, true]).cumsum(0).tolist()).toEqual([1, 2]);
    expect(tg.tensor([1.5, 1.5]).sum({ dtype: 'int32' }).item()).toBe(2);
    expect(tg.tensor([3, 4], { dtype: 'int32' }).prod().dtype).toBe('int32');
  });

  test('uint8 stays uint8 in all and any, everything else becomes bool', () => {
    expect(tg.tensor(Uint8Array.of(1, 7)).all().dtype).toBe('uint8');
    expect(tg.tensor([0, NaN]).any().tolist()).toBe(true);
  });

  test('int64 compares exactly and does not add', () => {
    const x = tg.tensor([2n ** 60n, 2n ** 60n + 1n, -1n]);
    expect(x.amax().tolist()).toBe(2n ** 60n + 1n);
    expect(x.argmax().item()).toBe(1);
    expect(x.min(0).values.tolist()).toBe(-1);
    expect(() => x.sum()).toThrow(tg.DTypeError);
  });

  test('float16 is added in more than float16', () => {
    const x = tg.ones(4096, { dtype: 'float16' });
    expect(x.sum().item()).toBe(4096);
    expect(x.softmax(0).sum().dtype).toBe('float16');
    expect(x.var().item()).toBe(0);
  });
});

describe('nothing to fold', () => {
  test('sums are 0, products 1, means NaN, all true, any false', () => {
    const x = tg.zeros(0, 3);
    expect(x.sum(0).tolist()).toEqual([0, 0, 0]);
    expect(x.prod(0).tolist()).toEqual([1, 1, 1]);
    expect(x.mean().item()).toBeNaN();
    expect([x.all().tolist(), x.any().tolist()]).toEqual([true, false]);
    expect(x.logsumexp(0).tolist()).toEqual([-Infinity, -Infinity, -Infinity]);
    expect(x.median().item()).toBeNaN();
  });

  test('an extreme of nothing is an error, one of no lines is not', () => {
    expect(() => tg.zeros(0, 3).amax(0)).toThrow('dimension 0 of (0, 3) has no elements');
    expect(() => tg.zeros(2, 0).argmax()).toThrow(tg.IndexError);
    expect(tg.zeros(0, 3).amax(1).shape).toEqual([0]);
  });
});

describe('extremes', () => {
  test('NaN wins, the first of equal ones is taken', () => {
    expect(tg.tensor([1, NaN, 3]).max().item()).toBeNaN();
    expect(tg.tensor([1, NaN, 3, NaN]).argmin().item()).toBe(1);
    expect(tg.tensor([2, 5, 5]).max(0).indices.item()).toBe(1);
    expect(tg.tensor([5, 2, 5]).cummax(0).indices.tolist()).toEqual([0, 0, 2]);
  });

  test('several results have names and an order', () => {
    const { values, indices } = tg
      .tensor([
        [1, 5],
        [7, 2],
      ])
      .max(1);
    const [first, second] = tg
      .tensor([
        [1, 5],
        [7, 2],
      ])
      .max({ dim: 1, keepdim: true });
    expect([values.tolist(), indices.tolist()]).toEqual([
      [5, 7],
      [1, 0],
    ]);
    expect([first.shape, second.dtype]).toEqual([[2, 1], 'int32']);
    expect(tg.max(tg.tensor([1, 5]), tg.tensor([3, 2])).tolist()).toEqual([3, 5]);
  });

  test('equal elements share the gradient of amax and max(), one gets that of max(dim)', () => {
    const gradient = (f: (x: tg.Tensor) => tg.Tensor): unknown => {
      const x = tg.tensor([2, 5, 5], { requiresGrad: true });
      f(x).sum().backward();
      return x.grad?.tolist();
    };
    expect(gradient((x) => x.amax(0))).toEqual([0, 0.5, 0.5]);
    expect(gradient((x) => x.max())).toEqual([0, 0.5, 0.5]);
    expect(gradient((x) => x.max(0).values)).toEqual([0, 1, 0]);
    expect(gradient((x) => x.median())).toEqual([0, 0.5, 0.5]);
  });
});

describe('products', () => {
  test.each([[[2, 3, 4]], [[2, 0, 4]], [[0, 3, 0]], [[0, 0, 0]]])('gradients of %p are right with zeros', (data) => {
    checkGradient(([x]) => [x.prod()], [double(data)], 3);
    checkGradient(([x]) => [x.cumprod(0)], [double(data)], 3);
  });

  test('the gradient of a running product over many elements', () => {
    checkGradient(([x]) => [x.cumprod(0)], [double([1.5, -0.5, 0, 2, 1, -1, 0.5, 0, 3, 1, 2])], 2);
  });
});

describe('logarithms of sums', () => {
  test('do not overflow, and take infinities', () => {
    expect(tg.tensor([1000, 1000]).logsumexp(0).item()).toBeCloseTo(1000 + Math.log(2), 3);
    expect(tg.tensor([-Infinity, -Infinity]).logsumexp(0).item()).toBe(-Infinity);
    expect(tg.tensor([Infinity, 1]).logsumexp(0).item()).toBe(Infinity);
    expect(double([-800, 0, 800]).logcumsumexp(0).tolist()).toEqual([-800, 0, 800]);
    expect(tg.tensor([-Infinity, -Infinity, 1]).logcumsumexp(0).tolist()).toEqual([-Infinity, -Infinity, 1]);
  });

  test('a running one passes its gradient by elements of -inf', () => {
    const x = double([-Infinity, 1, -Infinity, 2]).requiresGrad_();
    x.logcumsumexp(0).at('1:').sum().backward();
    expect((x.grad as tg.Tensor).isnan().any().item()).toBe(0);
    expect((x.grad as tg.Tensor).sum().item()).toBeCloseTo(3, 12);
  });

  test('softmax of large numbers', () => {
    expect(tg.tensor([1e30, 0]).softmax(0).tolist()).toEqual([1, 0]);
    expect(tg.tensor([1000, 0]).logSoftmax(0).tolist()).toEqual([0, -1000]);
  });
});

describe('spread', () => {
  test('the forms of the correction', () => {
    const x = double([1, 2, 3, 6]);
    expect([x.var().item(), x.var(false).item(), x.var(0, false).item()]).toEqual([14 / 3, 3.5, 3.5]);
    expect(x.var({ correction: 2 }).item()).toBe(7);
    expect(x.var(null, true, true).shape).toEqual([1]);
    const [deviation, mean] = tg.stdMean(x, { unbiased: false });
    expect([deviation.item(), mean.item()]).toEqual([Math.sqrt(3.5), 3]);
    expect(double([1]).var().item()).toBeNaN();
  });

  test('differences from a large mean keep their digits', () => {
    expect(tg.tensor([10000, 10001, 10002]).var().item()).toBeCloseTo(1, 5);
  });

  test('a constant line has deviation 0 and gradient 0', () => {
    const x = tg.full([3], 2, { requiresGrad: true });
    x.std().backward();
    expect(x.grad?.tolist()).toEqual([0, 0, 0]);
  });
});

describe('norms', () => {
  test('have gradient 0 where they are 0, in every order', () => {
    const x = tg.zeros(3, { dtype: 'float64', requiresGrad: true });
    const [g] = tg.autograd.grad([x.norm()], [x], { createGraph: true }) as tg.Tensor[];
    const [second] = tg.autograd.grad([g.sum()], [x]) as tg.Tensor[];
    expect([g.tolist(), second.tolist()]).toEqual([
      [0, 0, 0],
      [0, 0, 0],
    ]);
  });

  test('cdist of equal points has gradient 0 in both of its ways', () => {
    for (const mode of ['use_mm_for_euclid_dist', 'donot_use_mm_for_euclid_dist'] as const) {
      const x = tg.ones(2, 3, { requiresGrad: true });
      tg.cdist(x, tg.ones(2, 3), { computeMode: mode }).sum().backward();
      expect(x.grad?.tolist()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    }
  });
});

describe('order statistics', () => {
  test('NaN wins in median and quantile, and is passed over in their nan forms', () => {
    const x = tg.tensor([3, NaN, 1, 2]);
    expect([x.median().item(), x.nanmedian().item()]).toEqual([NaN, 2]);
    expect(x.median(0).indices.item()).toBe(1);
    expect([x.quantile(0.5).item(), x.nanquantile(0.5).item()]).toEqual([NaN, 2]);
    expect(tg.tensor([NaN, NaN]).nanmedian(0).indices.item()).toBe(0);
  });

  test('several quantiles come first', () => {
    const x = tg.arange(10).to('float32').reshape(2, 5);
    expect(x.quantile(tg.tensor([0, 0.25, 1]), 1).tolist()).toEqual([
      [0, 5],
      [1, 6],
      [4, 9],
    ]);
    expect(x.quantile(tg.tensor([0, 1]), 1, true).shape).toEqual([2, 2, 1]);
  });

  test('the mode is the smallest of the most frequent', () => {
    const { values, indices } = tg
      .tensor([
        [3, 1, 3, 1],
        [2, 2, 9, 4],
      ])
      .mode();
    expect([values.tolist(), indices.tolist()]).toEqual([
      [1, 2],
      [3, 1],
    ]);
  });
});

test('in place: running sums', () => {
  const x = tg.tensor([1, 2, 3]);
  expect(x.cumsum_(0)).toBe(x);
  expect(x.tolist()).toEqual([1, 3, 6]);
});
