import ndarray from 'ndarray';
import * as tg from '../../lib/index.js';

describe('ranges', () => {
  test.each<[tg.Tensor, tg.DType, number[]]>([
    [tg.arange(4), 'int32', [0, 1, 2, 3]],
    [tg.arange(2, 5), 'int32', [2, 3, 4]],
    [tg.arange(5, 0, -2), 'int32', [5, 3, 1]],
    [tg.arange(0, 1, 0.25), 'float32', [0, 0.25, 0.5, 0.75]],
    [tg.arange({ end: 3, dtype: 'float64' }), 'float64', [0, 1, 2]],
    [tg.arange(1, { end: 3 }), 'int32', [1, 2]],
    [tg.arange(3, { dtype: 'int64' }), 'int64', [0, 1, 2]],
    [tg.arange(0), 'int32', []],
    [tg.linspace(0, 1, 5), 'float32', [0, 0.25, 0.5, 0.75, 1]],
    [tg.linspace(3, 9, 1), 'float32', [3]],
    [tg.linspace(0, 10, 4, { dtype: 'int32' }), 'int32', [0, 3, 6, 10]],
    [tg.logspace(0, 2, 3), 'float32', [1, 10, 100]],
    [tg.logspace(0, 3, 4, 2), 'float32', [1, 2, 4, 8]],
  ])('%s', (x, dtype, values) => {
    expect([x.dtype, x.tolist()]).toEqual([dtype, values]);
  });

  test('steps that lead away are refused', () => {
    expect(() => tg.arange(0, 3, -1)).toThrow(tg.ValueError);
    expect(() => tg.arange(0, 3, 0)).toThrow('steps of 0 do not lead from 0 to 3');
  });
});

describe('filled tensors', () => {
  test('eye, full, and their like', () => {
    expect(tg.eye(2, 3).tolist()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(tg.full([2], 7).dtype).toBe('float32');
    expect(tg.full([2], 2n ** 60n).tolist()).toEqual([2n ** 60n, 2n ** 60n]);
    const x = tg.zeros(2, 2, { dtype: 'float64' });
    expect([tg.fullLike(x, 3).dtype, tg.fullLike(x, 3).tolist()]).toEqual([
      'float64',
      [
        [3, 3],
        [3, 3],
      ],
    ]);
    expect(tg.onesLike(x, { dtype: 'int32' }).sum().item()).toBe(4);
  });

  test('new tensors take dtype and device of the old', () => {
    const x = tg.zeros(1, { dtype: 'float64' });
    for (const y of [x.newZeros(2), x.newOnes([2]), x.newEmpty(2), x.newFull([2], 5), x.newTensor([1, 2])]) {
      expect([y.dtype, y.shape]).toEqual(['float64', [2]]);
    }
    expect(x.newOnes(2, 3, { dtype: 'int32' }).tolist()).toEqual([
      [1, 1, 1],
      [1, 1, 1],
    ]);
    expect(x.newEmptyStrided([2, 3], [1, 2]).stride()).toEqual([1, 2]);
    expect(x.newZeros(2, { requiresGrad: true }).isLeaf).toBe(true);
  });

  test('triangles', () => {
    expect(tg.trilIndices(2, 3).tolist()).toEqual([
      [0, 1, 1],
      [0, 0, 1],
    ]);
    expect(tg.ones(3, 3).tril(-1).tolist()).toEqual([
      [0, 0, 0],
      [1, 0, 0],
      [1, 1, 0],
    ]);
    const x = tg.ones(2, 2);
    expect(x.triu_(1)).toBe(x);
    expect(x.tolist()).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });
});

test('fillDiagonal_, as PyTorch fills tall matrices and cubes', () => {
  const tall = tg.zeros(7, 2);
  expect(tall.fillDiagonal_(5)).toBe(tall);
  expect(tall.nonzero().tolist()).toEqual([
    [0, 0],
    [1, 1],
  ]);
  expect(tg.zeros(7, 2).fillDiagonal_(5, true).nonzero().tolist()).toEqual([
    [0, 0],
    [1, 1],
    [3, 0],
    [4, 1],
    [6, 0],
  ]);
  expect(tg.zeros(2, 2, 2).fillDiagonal_(1).nonzero().tolist()).toEqual([
    [0, 0, 0],
    [1, 1, 1],
  ]);
});

describe('data from elsewhere', () => {
  test('asTensor and fromNumpy share memory, tensor copies', () => {
    const array = new Float32Array([1, 2, 3, 4]);
    const shared = tg.asTensor(array);
    const copied = tg.tensor(array);
    const strided = tg.fromNumpy(ndarray(array, [2, 2], [1, 2]));
    array[1] = 9;
    expect(shared.tolist()).toEqual([1, 9, 3, 4]);
    expect(copied.tolist()).toEqual([1, 2, 3, 4]);
    expect(strided.tolist()).toEqual([
      [1, 3],
      [9, 4],
    ]);
    expect(tg.asTensor(shared)).toBe(shared);
    expect(tg.asTensor([1, 2], { dtype: 'int32' }).dtype).toBe('int32');
  });

  test('toNdarray shows the same memory, with the view its strides', () => {
    const x = tg.tensor([
      [1, 2, 3],
      [4, 5, 6],
    ]);
    const array = x.T.at('1:').toNdarray();
    expect(array.shape).toEqual([2, 2]);
    expect(array.get(0, 1)).toBe(5);
    array.set(0, 1, 50);
    expect(x.tolist()).toEqual([
      [1, 2, 3],
      [4, 50, 6],
    ]);
    expect(tg.tensor([1n]).toNdarray().get(0)).toBe(1n);
    expect(() => tg.ones(1, { dtype: 'float16' }).toNdarray()).toThrow("to('float32')");
  });
});

describe('what a tensor tells of itself', () => {
  test('sizes, strides, layout', () => {
    const x = tg.zeros(2, 3, 4).transpose(0, 2);
    expect(x.shape).toEqual([4, 3, 2]);
    expect([x.size(0), x.size(-1), x.numel(), x.nelement(), x.dim(), x.ndim]).toEqual([4, 2, 24, 24, 3, 3]);
    expect(x.stride()).toEqual([1, 4, 12]);
    expect(x.stride(1)).toBe(4);
    expect([x.isContiguous(), x.contiguous().isContiguous()]).toEqual([false, true]);
    expect(x.select(0, 2).storageOffset()).toBe(2);
    expect([x.elementSize(), x.nbytes(), x.isFloatingPoint()]).toEqual([4, 96, true]);
    expect(() => x.size(3)).toThrow(tg.IndexError);
  });

  test('casts cut fractions and keep truth', () => {
    const x = tg.tensor([1.9, -1.9, 0]);
    expect([x.int().tolist(), x.long().dtype]).toEqual([[1, -1, 0], 'int32']);
    expect(x.bool().tolist()).toEqual([true, true, false]);
    expect([x.double().dtype, x.half().dtype, x.short().dtype, x.char().dtype, x.byte().dtype]).toEqual([
      'float64',
      'float16',
      'int16',
      'int8',
      'uint8',
    ]);
    expect(x.float()).toBe(x);
  });

  test('equal and allclose are booleans', () => {
    const x = tg.tensor([1, 2]);
    expect(tg.equal(x, x.clone())).toBe(true);
    expect(x.equal(tg.tensor([[1, 2]]))).toBe(false);
    expect(tg.equal(tg.tensor([2n ** 62n]), tg.tensor([2n ** 62n + 1n]))).toBe(false);
    expect(x.allclose(x.add(1e-7))).toBe(true);
    expect(x.allclose(x.add(0.1))).toBe(false);
    expect(tg.allclose(x, x.add(0.1), { atol: 0.2 })).toBe(true);
    expect([
      tg.allclose(tg.tensor(NaN), tg.tensor(NaN)),
      tg.allclose(tg.tensor(NaN), tg.tensor(NaN), { equalNan: true }),
    ]).toEqual([false, true]);
  });
});
