import * as tg from '../../lib/index.js';

describe('sort', () => {
  test('names its results and iterates over them', () => {
    const x = tg.tensor([
      [3, 1, 2],
      [1, 3, 1],
    ]);
    const { values, indices } = x.sort();
    expect(values.tolist()).toEqual([
      [1, 2, 3],
      [1, 1, 3],
    ]);
    expect([indices.dtype, indices.tolist()]).toEqual([
      'int32',
      [
        [1, 2, 0],
        [0, 2, 1],
      ],
    ]);
    const [v, i] = x.sort(0, true);
    expect(v.tolist()).toEqual([
      [3, 3, 2],
      [1, 1, 1],
    ]);
    expect(i.tolist()).toEqual([
      [0, 1, 0],
      [1, 0, 1],
    ]);
  });

  test('NaN is the largest, infinities keep their places', () => {
    const x = tg.tensor([1, NaN, -Infinity, Infinity]);
    expect(x.argsort().tolist()).toEqual([2, 0, 3, 1]);
    expect(x.argsort({ descending: true }).tolist()).toEqual([1, 3, 0, 2]);
  });

  test('equal elements keep their order both ways', () => {
    const x = tg.tensor([1, 0, 1, 0, 1]);
    expect(x.argsort().tolist()).toEqual([1, 3, 0, 2, 4]);
    expect(x.argsort(-1, true).tolist()).toEqual([0, 2, 4, 1, 3]);
  });
});

describe('topk and kthvalue', () => {
  const x = tg.tensor([
    [1, 5, 3],
    [9, 7, 8],
  ]);

  test('the best along a dimension', () => {
    expect(x.topk(2).values.tolist()).toEqual([
      [5, 3],
      [9, 8],
    ]);
    expect(x.topk(2, { largest: false }).indices.tolist()).toEqual([
      [0, 2],
      [1, 2],
    ]);
    expect(x.topk(1, 0).values.tolist()).toEqual([[9, 7, 8]]);
    expect(tg.topk(tg.tensor(4), 1).values.shape).toEqual([]);
  });

  test('the k-th smallest', () => {
    expect(x.kthvalue(2).values.tolist()).toEqual([3, 8]);
    expect(x.kthvalue(1, { keepdim: true }).indices.tolist()).toEqual([[0], [1]]);
  });

  test('their gradients go to the chosen elements', () => {
    const leaf = x.clone().requiresGrad_();
    leaf.topk(1).values.sum().backward();
    expect(leaf.grad?.tolist()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
    ]);
  });
});

describe('unique', () => {
  test('with inverse and counts', () => {
    const x = tg.tensor([
      [3, 1],
      [3, 2],
    ]);
    const [values, inverse, counts] = x.unique({ returnInverse: true, returnCounts: true });
    expect(values.tolist()).toEqual([1, 2, 3]);
    expect(inverse.tolist()).toEqual([
      [2, 0],
      [2, 1],
    ]);
    expect(counts.tolist()).toEqual([1, 1, 2]);
    expect(values.at(inverse).tolist()).toEqual(x.tolist());
  });

  test('of rows', () => {
    const x = tg.tensor([
      [2, 1],
      [1, 9],
      [2, 1],
    ]);
    const [rows, inverse] = x.unique({ dim: 0, returnInverse: true });
    expect(rows.tolist()).toEqual([
      [1, 9],
      [2, 1],
    ]);
    expect(inverse.tolist()).toEqual([1, 0, 1]);
  });

  test('every NaN is one of its own', () => {
    expect(tg.tensor([NaN, 1, NaN]).unique().tolist()).toEqual([1, NaN, NaN]);
  });

  test('of neighbours', () => {
    const [values, counts] = tg.tensor([1, 1, 2, 1]).uniqueConsecutive({ returnCounts: true });
    expect(values.tolist()).toEqual([1, 2, 1]);
    expect(counts.tolist()).toEqual([2, 1, 1]);
  });
});

describe('searching and counting', () => {
  test('searchsorted, on either side of equal elements', () => {
    const sorted = tg.tensor([1, 3, 5, 5]);
    expect(tg.searchsorted(sorted, tg.tensor([5, 0, 6])).tolist()).toEqual([2, 0, 4]);
    expect(tg.searchsorted(sorted, 5, { right: true }).item()).toBe(4);
    expect(tg.searchsorted(tg.tensor([5, 1, 3]), 4, { sorter: [1, 2, 0] }).item()).toBe(2);
    expect(tg.bucketize(tg.tensor([0, 3]), sorted).tolist()).toEqual([0, 1]);
  });

  test('nonzero, in both forms', () => {
    const x = tg.tensor([
      [0, 1],
      [2, 0],
    ]);
    expect(x.nonzero().tolist()).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(x.nonzero({ asTuple: true }).map((index) => index.tolist())).toEqual([
      [0, 1],
      [1, 0],
    ]);
    expect(tg.zeros(3).nonzero().shape).toEqual([0, 1]);
  });

  test('bincount, histc, oneHot, isin', () => {
    const many = Array.from({ length: 300 }, (_, i) => i % 3);
    expect(tg.bincount(tg.tensor(many).long()).tolist()).toEqual([100, 100, 100]);
    expect(tg.bincount(tg.tensor(many).long().reshape(150, 2).select(1, 0)).tolist()).toEqual([50, 50, 50]);
    const far = tg.tensor([2n ** 32n, 1n], { dtype: 'int64' });
    expect(() => tg.nn.functional.oneHot(far, 3)).toThrow('the largest class 4294967296');
    expect(() => tg.nn.functional.oneHot(tg.tensor([-(2n ** 32n)], { dtype: 'int64' }))).toThrow(
      'takes integers of 0 or more, got -4294967296',
    );
    expect(tg.bincount(tg.tensor([1, 1, 4]).long()).tolist()).toEqual([0, 2, 0, 0, 1]);
    expect(tg.bincount(tg.tensor([0, 1, 1]).long(), tg.tensor([0.5, 1, 1])).tolist()).toEqual([0.5, 2]);
    expect(tg.histc(tg.tensor([1, 2, 1]), 4, 0, 3).tolist()).toEqual([0, 2, 1, 0]);
    expect(tg.nn.functional.oneHot(tg.tensor([1, 0]).long(), 3).tolist()).toEqual([
      [0, 1, 0],
      [1, 0, 0],
    ]);
    expect(tg.isin(tg.tensor([1, 2, 3]), tg.tensor([2, 9])).tolist()).toEqual([false, true, false]);
    expect(tg.isin(tg.tensor([1, 2]), tg.zeros(0), { invert: true }).tolist()).toEqual([true, true]);
  });
});
