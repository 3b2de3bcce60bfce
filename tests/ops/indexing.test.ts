import * as tg from '../../lib/index.js';

const cube = (): tg.Tensor => tg.arange(24, { dtype: 'float32' }).reshape(2, 3, 4);

describe('at', () => {
  // Shapes and sums as PyTorch gives them for arange(24).reshape(2, 3, 4).
  const cases: [tg.Index[], number[], number][] = [
    [[1], [3, 4], 210],
    [[-1, 0], [4], 54],
    [[':', '1:3', '::2'], [2, 2, 2], 104],
    [['...', -1], [2, 3], 78],
    [[null, 0, '...', null], [1, 3, 4, 1], 66],
    [[[1, 0, 1]], [3, 3, 4], 486],
    [[':', [0, 2]], [2, 2, 4], 184],
    [[[0, 1], ':', [3, 0]], [2, 3], 69],
    [[':', [[0], [2]], [1, 3]], [2, 2, 2], 96],
    [[0, ':', [1, 1]], [3, 2], 30],
    [[[true, false]], [1, 3, 4], 66],
    [[':', [true, false, true], 0], [2, 2], 40],
    [['5:'], [0, 3, 4], 0],
    [['-100:100', '-1:'], [2, 1, 4], 124],
  ];
  test.each(cases)('%j', (indices, shape, sum) => {
    const y = cube().at(...indices);
    expect(y.shape).toEqual(shape);
    expect(y.sum().item()).toBe(sum);
  });

  test('integers, slices and null give views, lists and masks copies', () => {
    const x = cube();
    x.at(0, '1:', null, '::2').fill_(-1);
    expect(x.eq(-1).sum().item()).toBe(4);
    x.at([0, 1]).fill_(-2);
    x.at(x.ge(0)).fill_(-2);
    expect(x.eq(-2).any().item()).toBe(0);
  });

  test('tensors of integers and of truth values index as their lists do', () => {
    const x = cube();
    const index = tg.tensor([1, -2]).long();
    expect(x.at(':', index).tolist()).toEqual(x.at(':', [1, -2]).tolist());
    expect(x.at(':', index.to('int64')).tolist()).toEqual(x.at(':', [1, 1]).tolist());
    expect(x.at(x.gt(20)).tolist()).toEqual([21, 22, 23]);
    expect(x.at(tg.tensor(1).long()).shape).toEqual([3, 4]);
    expect(x.at(true).shape).toEqual([1, 2, 3, 4]);
    expect(x.at(false).shape).toEqual([0, 2, 3, 4]);
  });

  test.each([
    [[2], 'at: index 2 is out of range|select: index 2 is out of range'],
    [[[0, 2]], 'at: index 2 is out of range for dimension 0 of size 2; use -2 to 1'],
    [[0, 0, 0, 0], 'at: 4 indices for 3 dimensions of \\(2, 3, 4\\)'],
    [['...', 0, '...'], 'only once'],
    [['1:2:0'], 'positive'],
    [[[0.5]], 'integers'],
    [[[true, false, true]], 'sizes 3 and 2 meet at dimension 0'],
    [
      [
        [0, 1],
        [0, 1, 2],
      ],
      'do not broadcast',
    ],
  ])('%j is refused', (indices, message) => {
    expect(() => cube().at(...(indices as number[]))).toThrow(new RegExp(message as string));
  });

  test('gradients go back to where the elements were, added up where one was taken twice', () => {
    const x = tg.zeros(3, { requiresGrad: true });
    x.at([0, 0, 2])
      .mul(tg.tensor([1, 2, 3]))
      .sum()
      .backward();
    expect(x.grad?.tolist()).toEqual([3, 0, 3]);
  });
});

describe('at_', () => {
  test.each<[(string | number | null | number[] | boolean[])[], number | tg.Tensor, number[][]]>([
    [
      [0],
      5,
      [
        [5, 5, 5],
        [3, 4, 5],
      ],
    ],
    [
      [':', '::2'],
      tg.tensor([-1, -2]),
      [
        [-1, 1, -2],
        [-1, 4, -2],
      ],
    ],
    [
      [
        [1, 0],
        [0, 2],
      ],
      tg.tensor([7, 8]),
      [
        [0, 1, 8],
        [7, 4, 5],
      ],
    ],
    [
      ['...', [true, false, true]],
      9,
      [
        [9, 1, 9],
        [9, 4, 9],
      ],
    ],
    [
      [1, '1:'],
      tg.tensor([[[6, 7]]]),
      [
        [0, 1, 2],
        [3, 6, 7],
      ],
    ],
  ])('%j', (indices, value, expected) => {
    const x = tg.arange(6, { dtype: 'float32' }).reshape(2, 3);
    expect(x.at_(indices, value)).toBe(x);
    expect(x.tolist()).toEqual(expected);
  });

  test('a mask chooses where to write', () => {
    const x = tg.tensor([1, -2, 3, -4]);
    x.at_([x.lt(0)], 0);
    expect(x.tolist()).toEqual([1, 0, 3, 0]);
    x.at_([x.gt(0)], tg.tensor([5, 6]));
    expect(x.tolist()).toEqual([5, 0, 6, 0]);
  });

  test('gradients reach the written values, and what was overwritten gets none', () => {
    const a = tg.ones(4, { requiresGrad: true });
    const value = tg.tensor([2, 3], { requiresGrad: true });
    const x = a.mul(10);
    x.at_([[0, 3]], value);
    x.mul(x).sum().backward();
    expect(a.grad?.tolist()).toEqual([0, 200, 200, 0]);
    expect(value.grad?.tolist()).toEqual([4, 6]);
  });

  test('nothing is written where an index is out of range or the value does not fit', () => {
    const x = tg.zeros(3);
    expect(() => x.at_([[0, 3]], 1)).toThrow(tg.IndexError);
    expect(() => x.at_([[0, 1]], tg.ones(3))).toThrow('values of shape (3,) do not broadcast to the (2,)');
    expect(x.tolist()).toEqual([0, 0, 0]);
  });
});

describe('an int64 index that 32 bits do not hold is out of range', () => {
  const { embedding, nllLoss } = tg.nn.functional;
  const uses: [string, (x: tg.Tensor, index: tg.Tensor, values: tg.Tensor) => unknown][] = [
    ['at', (x, index) => x.at(index)],
    ['at, one', (x, index) => x.at(index.max())],
    ['at_', (x, index) => x.at_([index], 1)],
    ['gather', (x, index) => x.gather(0, index)],
    ['takeAlongDim', (x, index) => x.takeAlongDim(index, 0)],
    ['scatter', (x, index, values) => x.scatter(0, index, values)],
    ['scatterAdd', (x, index, values) => x.scatterAdd(0, index, values)],
    ['scatterReduce', (x, index, values) => x.scatterReduce(0, index, values, 'amax')],
    ['take', (x, index) => x.take(index)],
    ['put', (x, index, values) => x.put(index, values)],
    ['indexSelect', (x, index) => x.indexSelect(0, index)],
    ['indexAdd', (x, index, values) => x.indexAdd(0, index, values)],
    ['indexCopy', (x, index, values) => x.indexCopy(0, index, values)],
    ['indexFill', (x, index) => x.indexFill(0, index, 1)],
    ['indexPut', (x, index, values) => x.indexPut([index], values)],
    ['embedding', (x, index) => embedding(index, x.unsqueeze(1))],
    ['nllLoss', (x, index) => nllLoss(x.expand(index.numel(), 4), index)],
  ];
  test.each(uses)('%s', (_name, use) => {
    for (const far of [2n ** 32n, 2n ** 32n + 1n, 2n ** 63n - 1n]) {
      for (const n of [1, 100, 1000]) {
        const index = tg.tensor(BigInt64Array.from({ length: n }, (_, i) => (i === n >> 1 ? far : 1n)));
        expect(() => use(tg.zeros(4), index, tg.ones(n))).toThrow(tg.IndexError);
      }
    }
  });
});

describe('every dtype moves exactly', () => {
  const large = 2n ** 62n + 1n;
  const moves: [string, (x: tg.Tensor) => tg.Tensor][] = [
    ['at', (x) => x.at([3, 2, 1, 0])],
    ['at, strided', (x) => x.at('::2')],
    ['gather', (x) => x.gather(0, [3, 0])],
    ['indexSelect', (x) => x.indexSelect(0, [1, 1])],
    ['take', (x) => x.take([3, 2])],
    ['maskedSelect', (x) => x.maskedSelect(tg.tensor([true, false, true, true]))],
    ['maskedFill', (x) => x.maskedFill(tg.tensor([true, false, false, false]), 1)],
    ['scatter', (x) => x.scatter(0, [0], x.narrow(0, 3, 1))],
    ['indexCopy', (x) => x.indexCopy(0, [1], x.narrow(0, 3, 1))],
    ['sort', (x) => x.sort().values],
    ['topk', (x) => x.topk(2).values],
    ['unique', (x) => x.unique()],
    ['cat', (x) => tg.cat([x, x])],
    ['stack', (x) => tg.stack([x, x], 1)],
    ['flip', (x) => x.flip(0)],
    ['roll', (x) => x.roll(1)],
    ['repeat', (x) => x.repeat(2)],
    ['repeatInterleave', (x) => x.repeatInterleave(2)],
    ['diag', (x) => x.diag()],
    ['tril', (x) => x.reshape(2, 2).tril()],
    ['pad', (x) => tg.nn.functional.pad(x, [1, 1])],
    ['where it is not zero', (x) => x.at(x.nonzero().squeeze(1))],
  ];

  test.each(moves)('%s', (_, move) => {
    const order = [large - 3n, large, large - 2n, large - 1n];
    const rank = (x: tg.Tensor, values: readonly (number | bigint)[]): number[] =>
      (x.reshape(-1).tolist() as (number | bigint)[]).map((value) =>
        values.findIndex((v) => BigInt(v) === BigInt(value)),
      );
    const wide = rank(move(tg.tensor(order)), order);
    const narrow = move(tg.tensor([5, 8, 6, 7]));
    expect(move(tg.tensor(order)).dtype).toBe('int64');
    expect(wide).toEqual(rank(narrow, [5, 8, 6, 7]));
    for (const dtype of ['int32', 'uint8', 'int8', 'int16', 'float16', 'float64'] as const) {
      const y = move(tg.tensor([5, 8, 6, 7], { dtype }));
      expect(y.dtype).toBe(dtype);
      expect(y.tolist()).toEqual(narrow.tolist());
    }
    expect(move(tg.tensor([true, false, true, true])).dtype).toBe('bool');
  });
});

describe('scatter', () => {
  test('adds and multiplies where several meet', () => {
    const x = tg.ones(3);
    expect(x.scatter(0, [1, 1], tg.tensor([2, 3]), { reduce: 'add' }).tolist()).toEqual([1, 6, 1]);
    expect(x.scatter(0, [1, 1], tg.tensor([2, 3]), { reduce: 'multiply' }).tolist()).toEqual([1, 6, 1]);
    expect(x.scatter(0, [0], 9).tolist()).toEqual([9, 1, 1]);
    expect(x.scatter_(0, [0], 9)).toBe(x);
    expect(x.tolist()).toEqual([9, 1, 1]);
  });

  test('scatterReduce with and without the element that was there', () => {
    const x = tg.tensor([10, 20, 30]);
    const src = tg.tensor([1, 2, 3]);
    const reduce = (kind: 'sum' | 'prod' | 'mean' | 'amax' | 'amin', includeSelf: boolean): unknown =>
      x.scatterReduce(0, [0, 0, 2], src, kind, { includeSelf }).tolist();
    expect(reduce('sum', true)).toEqual([13, 20, 33]);
    expect(reduce('sum', false)).toEqual([3, 20, 3]);
    expect(reduce('prod', true)).toEqual([20, 20, 90]);
    expect(reduce('mean', false)).toEqual([1.5, 20, 3]);
    expect(reduce('amax', false)).toEqual([2, 20, 3]);
    expect(reduce('amin', true)).toEqual([1, 20, 3]);
  });

  test('int64 may be moved but not added', () => {
    const x = tg.tensor([1n, 2n]);
    expect(x.scatter(0, [0], x.narrow(0, 1, 1)).tolist()).toEqual([2, 2]);
    expect(() => x.scatterAdd(0, [0], x.narrow(0, 1, 1))).toThrow(tg.DTypeError);
  });
});
