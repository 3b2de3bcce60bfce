import * as tg from '../../lib/index.js';

const range = (...shape: number[]): tg.Tensor =>
  tg
    .arange(shape.reduce((n, size) => n * size, 1))
    .to('float32')
    .reshape(shape);

test('batches broadcast, vectors count as rows and columns', () => {
  const [a, b] = [range(2, 1, 2, 3), range(4, 3, 2)];
  const y = a.matmul(b);
  expect(y.shape).toEqual([2, 4, 2, 2]);
  expect(y.at(1, 3).tolist()).toEqual(a.at(1, 0).mm(b.at(3)).tolist());
  expect(tg.matmul(range(3), range(3)).item()).toBe(5);
  expect(tg.matmul(range(3), range(2, 3, 2)).shape).toEqual([2, 2]);
});

test('a contraction over nothing gives zeros', () => {
  expect(tg.mm(tg.ones(2, 0), tg.ones(0, 3)).tolist()).toEqual([
    [0, 0, 0],
    [0, 0, 0],
  ]);
});

test('integers multiply, int64 does not', () => {
  const x = tg.tensor(
    [
      [1, 2],
      [3, 4],
    ],
    { dtype: 'int32' },
  );
  expect(x.mm(x).tolist()).toEqual([
    [7, 10],
    [15, 22],
  ]);
  expect(() => x.to('int64').mm(x.to('int64'))).toThrow('int64 holds values and indices');
});

test('where beta is 0 the input does not count, not even its NaN', () => {
  const y = tg.addmm(tg.full([2, 2], NaN), tg.ones(2, 3), tg.ones(3, 2), { beta: 0, alpha: 2 });
  expect(y.tolist()).toEqual([
    [6, 6],
    [6, 6],
  ]);
});

test('in place, the input keeps its shape', () => {
  const x = tg.ones(2, 2);
  expect(x.addmm_(tg.ones(2, 3), tg.ones(3, 2)).tolist()).toEqual([
    [4, 4],
    [4, 4],
  ]);
  expect(() => tg.ones(2).addmm_(tg.ones(2, 3), tg.ones(3, 2))).toThrow(tg.ShapeError);
});

test('scales of integer products are integers', () => {
  const x = tg.ones(2, 2, { dtype: 'int32' });
  expect(() => tg.addmm(x, x, x, { alpha: 0.5 })).toThrow('must be integers for int32');
});

test('linear with and without bias, of any rank', () => {
  const weight = range(2, 3);
  expect(tg.nn.functional.linear(range(3), weight).tolist()).toEqual([5, 14]);
  expect(tg.nn.functional.linear(range(2, 2, 3), weight, tg.ones(2)).shape).toEqual([2, 2, 2]);
});

test('kron places a scaled copy for every element', () => {
  expect(tg.kron(tg.tensor([1, 2]), tg.tensor([[1, 10]])).tolist()).toEqual([[1, 10, 2, 20]]);
});

test('cross product of the axes', () => {
  expect(tg.cross(tg.tensor([1, 0, 0]), tg.tensor([0, 1, 0])).tolist()).toEqual([0, 0, 1]);
});
