import * as tg from '../../lib/index.js';

const x = tg.arange(6).reshape(2, 3);

describe('shapes', () => {
  test.each<[string, tg.Tensor, number[]]>([
    ['flatten', tg.zeros(2, 3, 4).flatten(1), [2, 12]],
    ['unflatten', tg.zeros(2, 12).unflatten(-1, [3, -1]), [2, 3, 4]],
    ['movedim', tg.zeros(2, 3, 4).movedim(0, -1), [3, 4, 2]],
    ['movedim of several', tg.zeros(2, 3, 4).movedim([0, 1], [1, 2]), [4, 2, 3]],
    ['mT', tg.zeros(2, 3, 4).mT, [2, 4, 3]],
    ['T', tg.zeros(2, 3, 4).T, [4, 3, 2]],
    ['expandAs', tg.zeros(3).expandAs(x), [2, 3]],
    ['broadcastTo', tg.zeros(2, 1).broadcastTo(4, 2, 3), [4, 2, 3]],
    ['repeat', x.repeat(2, 1, 2), [2, 2, 6]],
    ['tile', x.tile(2), [2, 6]],
    ['hstack', tg.hstack([x, x]), [2, 6]],
    ['vstack', tg.vstack([x, tg.zeros(3)]), [3, 3]],
    ['dstack', tg.dstack([x, x]), [2, 3, 2]],
    ['columnStack', tg.columnStack([tg.zeros(2), x]), [2, 4]],
    ['blockDiag', tg.blockDiag(x, tg.zeros(1, 2)), [3, 5]],
    ['diagEmbed', x.diagEmbed(1), [2, 4, 4]],
    ['atleast3d', tg.atleast3d(x), [2, 3, 1]],
    ['pad', tg.nn.functional.pad(x, [1, 2, 0, 1]), [3, 6]],
    ['pixelShuffle', tg.pixelShuffle(tg.zeros(1, 8, 2, 3), 2), [1, 2, 4, 6]],
    ['unfold', tg.nn.functional.unfold(tg.zeros(1, 2, 4, 4), 3, { padding: 1 }), [1, 18, 16]],
  ])('%s', (_, y, shape) => {
    expect(y.shape).toEqual(shape);
  });
});

describe('views share memory, copies do not', () => {
  const views: [string, (a: tg.Tensor) => tg.Tensor][] = [
    ['flatten', (a) => a.flatten()],
    ['T', (a) => a.T],
    ['movedim', (a) => a.movedim(0, 1)],
    ['split', (a) => a.split(1)[0]],
    ['chunk', (a) => a.chunk(2, 1)[1]],
    ['unbind', (a) => a.unbind()[1]],
    ['narrow', (a) => a.narrow(1, 1, 1)],
    ['diagonal', (a) => a.diagonal()],
    ['meshgrid', (a) => tg.meshgrid(a.select(0, 0))[0]],
  ];
  test.each(views)('%s', (_, view) => {
    const a = x.clone();
    view(a).fill_(9);
    expect(a.eq(9).any().item()).toBe(1);
  });

  const copies: [string, (a: tg.Tensor) => tg.Tensor][] = [
    ['diag', (a) => a.diag()],
    ['flip', (a) => a.flip(0)],
    ['roll by nothing', (a) => a.roll(0, 0)],
    ['rot90 by nothing', (a) => a.rot90(4)],
    ['repeat once', (a) => a.repeat(1, 1)],
    ['narrowCopy', (a) => a.narrowCopy(1, 1, 1)],
    ['reflect pad of nothing', (a) => tg.nn.functional.pad(a, [0, 0], 'reflect')],
  ];
  test.each(copies)('%s', (_, copy) => {
    const a = x.clone();
    copy(a).fill_(9);
    expect(a.eq(9).any().item()).toBe(0);
  });
});

describe('values', () => {
  test('splitting', () => {
    const lists = (parts: tg.Tensor[]): unknown => parts.map((part) => part.tolist());
    const y = tg.arange(7);
    expect(lists(y.split(3))).toEqual([[0, 1, 2], [3, 4, 5], [6]]);
    expect(lists(y.split([2, 5]))).toEqual([
      [0, 1],
      [2, 3, 4, 5, 6],
    ]);
    expect(lists(y.chunk(4))).toEqual([[0, 1], [2, 3], [4, 5], [6]]);
    expect(lists(y.tensorSplit(3))).toEqual([
      [0, 1, 2],
      [3, 4],
      [5, 6],
    ]);
    expect(lists(y.tensorSplit([1, 5]))).toEqual([[0], [1, 2, 3, 4], [5, 6]]);
    expect(() => y.hsplit(2)).toThrow('cannot be cut into 2 equal parts');
  });

  test('joining promotes dtypes', () => {
    const y = tg.cat([x, tg.tensor([[0.5, 1, 2]])]);
    expect([y.dtype, y.tolist()]).toEqual([
      'float32',
      [
        [0, 1, 2],
        [3, 4, 5],
        [0.5, 1, 2],
      ],
    ]);
    expect(tg.stack([x, x]).dtype).toBe('int32');
    expect(tg.cat([tg.zeros(0), x]).shape).toEqual([2, 3]);
    expect(() => tg.cat([x, tg.zeros(3, 2)])).toThrow(tg.ShapeError);
  });

  test('moving', () => {
    expect(x.roll(1, 1).tolist()).toEqual([
      [2, 0, 1],
      [5, 3, 4],
    ]);
    expect(x.roll(2).tolist()).toEqual([
      [4, 5, 0],
      [1, 2, 3],
    ]);
    expect(x.rot90().tolist()).toEqual([
      [2, 5],
      [1, 4],
      [0, 3],
    ]);
    expect(x.flip(0, 1).tolist()).toEqual([
      [5, 4, 3],
      [2, 1, 0],
    ]);
    expect(x.repeatInterleave(tg.tensor([2, 1]).long(), 0).tolist()).toEqual([
      [0, 1, 2],
      [0, 1, 2],
      [3, 4, 5],
    ]);
  });

  test('padding', () => {
    const y = tg.tensor([[[1, 2, 3]]]);
    const padded = (mode: 'reflect' | 'replicate' | 'circular'): unknown =>
      tg.nn.functional.pad(y, [2, 1], mode).reshape(-1).tolist();
    expect(padded('reflect')).toEqual([3, 2, 1, 2, 3, 2]);
    expect(padded('replicate')).toEqual([1, 1, 1, 2, 3, 3]);
    expect(padded('circular')).toEqual([2, 3, 1, 2, 3, 1]);
    expect(tg.nn.functional.pad(y, [-1, 1], 'constant', 7).tolist()).toEqual([[[2, 3, 7]]]);
  });

  test('folding adds up what unfolding took', () => {
    const images = tg.ones(1, 1, 3, 3);
    const F = tg.nn.functional;
    expect(F.fold(F.unfold(images, 2), 3, 2).tolist()).toEqual([
      [
        [
          [1, 2, 1],
          [2, 4, 2],
          [1, 2, 1],
        ],
      ],
    ]);
  });

  test('grids and choices', () => {
    const [a, b] = tg.meshgrid(tg.arange(2), tg.arange(3), { indexing: 'xy' });
    expect([a.shape, a.tolist(), b.tolist()]).toEqual([
      [3, 2],
      [
        [0, 1],
        [0, 1],
        [0, 1],
      ],
      [
        [0, 0],
        [1, 1],
        [2, 2],
      ],
    ]);
    expect(tg.combinations(tg.tensor([7, 8, 9])).tolist()).toEqual([
      [7, 8],
      [7, 9],
      [8, 9],
    ]);
    expect(tg.cartesianProd(tg.arange(2), tg.arange(2)).tolist()).toEqual([
      [0, 0],
      [0, 1],
      [1, 0],
      [1, 1],
    ]);
    expect(tg.broadcastShapes([2, 1], [3], 1)).toEqual([2, 3]);
  });

  test('resize_ keeps what fits and refuses what is on the tape', () => {
    const y = tg.arange(6);
    expect(y.resize_(2, 2).tolist()).toEqual([
      [0, 1],
      [2, 3],
    ]);
    expect(y.resize_(8).narrow(0, 0, 4).tolist()).toEqual([0, 1, 2, 3]);
    expect(() => tg.ones(2, { requiresGrad: true }).resize_(3)).toThrow(tg.AutogradError);
  });
});

test('in-place changes of one of several views cannot be recorded', () => {
  const leaf = tg.ones(4, { requiresGrad: true });
  const [first] = leaf.mul(2).split(2);
  expect(() => first.mul_(3)).toThrow(tg.AutogradError);
});

test('parts of one tensor share one node; where a part takes no part the gradient is zero', () => {
  const leaf = tg.ones(4, 2, { requiresGrad: true });
  const x = leaf.mul(1);
  const [first, second] = x.split([1, 3]);
  expect(first.gradFn).toBe(second.gradFn);
  expect(tg.autograd.grad([second.sum()], [leaf])[0]?.tolist()).toEqual([
    [0, 0],
    [1, 1],
    [1, 1],
    [1, 1],
  ]);
  const columns = x.unbind(1);
  x.mul_(3);
  columns[1].sum().backward();
  expect(leaf.grad?.tolist()).toEqual([0, 1, 2, 3].map(() => [0, 3]));
});
