import * as tg from '../../lib/index.js';
import { checkGradient, maker } from '../helpers/facts.js';

const { linalg } = tg;
const make = maker('float64', 7);

function expectClose(got: tg.Tensor, wanted: tg.Tensor): void {
  expect(got.shape).toEqual(wanted.shape);
  expect(got.sub(wanted).abs().add(0).reshape(-1).tolist()).toEqual(
    Array.from({ length: got.numel() }, () => expect.closeTo(0, 9)),
  );
}

const eye = (n: number): tg.Tensor => tg.eye(n, { dtype: 'float64' });
const columnsAreOrthonormal = (q: tg.Tensor): void =>
  expectClose(q.mT.matmul(q), eye(q.shape[q.shape.length - 1]).expand([...q.shape.slice(0, -2), -1, -1]));
const definite = (x: tg.Tensor): tg.Tensor => x.matmul(x.mT).add(eye(x.shape[x.shape.length - 1]));

/** Matrices that are awkward: rank one, zero, equal columns, far apart in size. */
const awkward: Readonly<Record<string, tg.Tensor>> = {
  'rank one': tg.outer(make(4), make(3)),
  'equal rows': make(1, 3).expand(4, 3).clone(),
  zero: tg.zeros(4, 3, { dtype: 'float64' }),
  graded: make(4, 3).mul(tg.tensor([1e-9, 1, 1e9], { dtype: 'float64' })),
  wide: make(3, 4),
  batch: make(2, 2, 4, 3),
  empty: make(0, 3),
  'no columns': make(3, 0),
};

describe.each(Object.entries(awkward))('factors of a matrix: %s', (_name, a) => {
  const scale = Math.max(1, a.numel() === 0 ? 1 : a.abs().max().item());
  const expectScaled = (got: tg.Tensor): void => expectClose(got.div(scale), a.div(scale));

  test.each(['reduced', 'complete'] as const)('qr, %s', (mode) => {
    const { Q, R } = linalg.qr(a, mode);
    expectScaled(Q.matmul(R));
    columnsAreOrthonormal(Q);
    expect(R.triu().tolist()).toEqual(R.tolist());
  });

  test.each([true, false])('svd, full %p', (full) => {
    const { U, S, Vh } = linalg.svd(a, full);
    const k = S.shape[S.shape.length - 1];
    expectScaled(
      U.narrow(-1, 0, k)
        .mul(S.unsqueeze(-2))
        .matmul(Vh.narrow(-2, 0, k)),
    );
    columnsAreOrthonormal(U);
    columnsAreOrthonormal(Vh.mT);
    expect(S.diff().le(0).all().item()).toBe(1);
  });

  test('lu', () => {
    const { P, L, U } = linalg.lu(a);
    expectScaled(P.matmul(L).matmul(U));
    expect(L.abs().le(1).all().item()).toBe(1);
  });

  test('pinv is its own definition', () => {
    const p = linalg.pinv(a);
    expectScaled(a.matmul(p).matmul(a));
    expectClose(a.matmul(p).mT, a.matmul(p));
  });
});

describe('symmetric matrices', () => {
  test.each([
    ['random', make(5, 5)],
    ['equal eigenvalues', eye(4)],
    [
      'zero diagonal',
      tg.tensor(
        [
          [0, 1],
          [1, 0],
        ],
        { dtype: 'float64' },
      ),
    ],
    ['batch', make(2, 3, 3)],
  ])('eigenvalues ascend and give the matrix back: %s', (_name, x) => {
    const a = x.add(x.mT);
    const { eigenvalues, eigenvectors } = linalg.eigh(a);
    expectClose(eigenvectors.mul(eigenvalues.unsqueeze(-2)).matmul(eigenvectors.mT), a);
    columnsAreOrthonormal(eigenvectors);
    expect(eigenvalues.diff().ge(0).all().item()).toBe(1);
  });

  test('only the triangle that is named is read', () => {
    const a = tg.tensor([
      [2, 99],
      [1, 3],
    ]);
    expect(linalg.eigvalsh(a).tolist()).toEqual(
      linalg
        .eigvalsh(
          tg.tensor([
            [2, 1],
            [1, 3],
          ]),
        )
        .tolist(),
    );
    expect(linalg.eigvalsh(a.mT, 'U').tolist()).toEqual(linalg.eigvalsh(a).tolist());
    const b = tg.tensor([
      [4, 99],
      [2, 5],
    ]);
    expect(linalg.cholesky(b).tolist()).toEqual([
      [2, 0],
      [1, 2],
    ]);
    expect(linalg.cholesky(b.mT, { upper: true }).tolist()).toEqual([
      [2, 1],
      [0, 2],
    ]);
  });
});

describe('gradients that do not depend on signs', () => {
  const symmetric = (x: tg.Tensor): tg.Tensor => x.add(x.mT);

  test('eigh', () => {
    const weights = make(3, 3);
    checkGradient(
      ([x]) => {
        const { eigenvalues, eigenvectors } = linalg.eigh(symmetric(x));
        return [eigenvalues, eigenvectors.square().mul(weights)];
      },
      [make(3, 3)],
      2,
    );
  });

  test('cholesky, lower and upper', () => {
    checkGradient(([x]) => [linalg.cholesky(definite(x))], [make(2, 3, 3)], 2);
    checkGradient(([x]) => [linalg.cholesky(definite(x), { upper: true })], [make(3, 3)], 2);
  });

  test.each([
    [3, 3],
    [4, 3],
    [3, 4],
  ])('svd of %p x %p', (m, n) => {
    checkGradient(
      ([x]) => {
        const { U, S, Vh } = linalg.svd(x, false);
        return [U.square(), S, Vh.square(), U.mul(S).matmul(Vh)];
      },
      [make(m, n)],
      2,
    );
  });

  test('choleskySolve, through a factor', () => {
    checkGradient(([x, b]) => [tg.choleskySolve(b, linalg.cholesky(definite(x)))], [make(3, 3), make(3, 2)], 1);
  });

  test('lstsq', () => {
    checkGradient(([a, b]) => [linalg.lstsq(a, b).solution], [make(4, 3), make(4, 2)], 2);
  });
});

describe('determinants', () => {
  test('the gradient is right where the matrix is singular', () => {
    checkGradient(
      ([x]) => [linalg.det(x)],
      [
        tg.tensor(
          [
            [1, 2],
            [2, 4],
          ],
          { dtype: 'float64' },
        ),
      ],
      1,
    );
    const x = tg.zeros(2, 2, { requiresGrad: true });
    linalg.det(x).backward();
    expect(x.grad?.tolist()).toEqual([
      [0, 0],
      [0, 0],
    ]);
    checkGradient(([y]) => [linalg.det(y)], [tg.outer(make(3), make(3))], 1);
  });

  test('signs, logarithms, and what is empty', () => {
    const { sign, logabsdet } = linalg.slogdet(
      tg.tensor([
        [0, 2],
        [3, 0],
      ]),
    );
    expect([sign.item(), logabsdet.item()]).toEqual([-1, expect.closeTo(Math.log(6), 5)]);
    expect(
      tg
        .logdet(
          tg.tensor([
            [0, 2],
            [3, 0],
          ]),
        )
        .item(),
    ).toBeNaN();
    expect(linalg.slogdet(tg.zeros(2, 2)).logabsdet.item()).toBe(-Infinity);
    expect(linalg.det(tg.zeros(0, 0)).item()).toBe(1);
    expect(linalg.det(tg.zeros(2, 3, 3)).tolist()).toEqual([0, 0]);
  });
});

describe('systems', () => {
  test('vectors, matrices, batches, from the left and from the right', () => {
    const a = make(2, 3, 3);
    const b = make(2, 3);
    expectClose(a.matmul(linalg.solve(a, b).unsqueeze(-1)).squeeze(-1), b);
    const right = make(4, 3);
    expectClose(linalg.solve(a, right, { left: false }).matmul(a), right.expand(2, 4, 3));
    expect(linalg.solve(make(1, 3, 3), make(3)).shape).toEqual([1, 3]);
  });

  test('a singular matrix is named, or reported', () => {
    const a = tg.stack([tg.eye(2), tg.ones(2, 2)]);
    expect(() => linalg.inv(a)).toThrow('linalg.inv: matrix 1 of (2, 2, 2) is singular: pivot 2 is zero');
    expect(() => linalg.inv(a)).toThrow(tg.LinAlgError);
    expect(linalg.invEx(a).info.tolist()).toEqual([0, 2]);
    expect(() =>
      linalg.cholesky(
        tg.tensor([
          [1, 2],
          [2, 1],
        ]),
      ),
    ).toThrow('leading minor of order 2 is not positive');
    expect(
      linalg
        .choleskyEx(
          tg.tensor([
            [1, 2],
            [2, 1],
          ]),
        )
        .info.item(),
    ).toBe(2);
    expect(() => linalg.svd(tg.full([2, 2], NaN))).toThrow('holds infinities or NaN');
  });

  test('triangles: what lies outside is not read', () => {
    const a = tg.tensor([
      [2, 99],
      [1, 4],
    ]);
    const lower = linalg.solveTriangular(a, tg.tensor([[2], [5]]), { upper: false });
    expect(lower.tolist()).toEqual([[1], [1]]);
    const unit = linalg.solveTriangular(a, tg.tensor([[2], [5]]), { upper: false, unitriangular: true });
    expect(unit.tolist()).toEqual([[2], [3]]);
  });

  test.each([true, false])('packed factors solve, left %p', (left) => {
    const a = make(2, 3, 3);
    const { LU, pivots } = linalg.luFactor(a);
    const b = left ? make(2, 3, 2) : make(2, 2, 3);
    for (const adjoint of [false, true]) {
      const matrix = adjoint ? a.mT : a;
      const x = linalg.luSolve(LU, pivots, b, { left, adjoint });
      expectClose(left ? matrix.matmul(x) : x.matmul(matrix), b);
    }
  });

  test.each([
    ['random', make(2, 6, 6)],
    [
      'a zero diagonal',
      tg.tensor(
        [
          [0, 1, 2],
          [1, 0, 3],
          [2, 3, 0],
        ],
        { dtype: 'float64' },
      ),
    ],
  ])('symmetric factors with blocks of two solve: %s', (_name, x) => {
    const a = x.add(x.mT);
    const { LD, pivots } = linalg.ldlFactor(a);
    const b = make(a.shape[a.shape.length - 1], 2);
    expectClose(a.matmul(linalg.ldlSolve(LD, pivots, b)), b.expand([...a.shape.slice(0, -2), -1, -1]));
    checkGradient(([y]) => [linalg.ldlSolve(LD, pivots, y)], [b], 2);
  });

  test('least squares: which results each driver tells', () => {
    const [a, b] = [make(4, 3), make(4, 2)];
    const full = linalg.lstsq(a, b, { driver: 'gelsd' });
    expectClose(full.residuals, a.matmul(full.solution).sub(b).square().sum(0));
    expect([full.rank.item(), full.singularValues.shape]).toEqual([3, [3]]);
    const plain = linalg.lstsq(a, b);
    expect([plain.residuals.shape, plain.singularValues.shape, plain.rank.dtype]).toEqual([[0], [0], 'int32']);
    const rankOne = tg.ones(3, 2, { dtype: 'float64' });
    expectClose(
      linalg.lstsq(rankOne, tg.ones(3, { dtype: 'float64' })).solution,
      tg.full([2], 0.5, { dtype: 'float64' }),
    );
  });
});

describe('norms and ranks', () => {
  test('of a matrix with known singular values', () => {
    const a = tg.tensor([
      [3, 0],
      [0, -4],
    ]);
    const norms = ([2, -2, 'nuc', 'fro', 1, -1, Infinity, -Infinity] as const).map((ord) =>
      linalg.matrixNorm(a, ord).item(),
    );
    expect(norms).toEqual([4, 3, 7, 5, 4, 3, 4, 3]);
    expect(linalg.cond(a).item()).toBeCloseTo(4 / 3, 6);
    expect(linalg.matrixRank(tg.stack([a, tg.ones(2, 2)])).tolist()).toEqual([2, 1]);
  });

  test('kept dimensions stay where they were', () => {
    expect(linalg.matrixNorm(make(2, 3, 4), 'nuc', [0, 2], true).shape).toEqual([1, 3, 1]);
    expect(linalg.norm(make(2, 3, 4), { keepdim: true }).shape).toEqual([1, 1, 1]);
  });
});

describe('powers', () => {
  test('exp of a rotation', () => {
    const turn = tg.tensor(
      [
        [0, -Math.PI / 2],
        [Math.PI / 2, 0],
      ],
      { dtype: 'float64' },
    );
    expectClose(
      linalg.matrixExp(turn),
      tg.tensor(
        [
          [0, -1],
          [1, 0],
        ],
        { dtype: 'float64' },
      ),
    );
    const a = make(3, 3).mul(5);
    expectClose(linalg.matrixExp(a.sub(a.mT)).matmul(linalg.matrixExp(a.mT.sub(a))), eye(3));
    checkGradient(([x]) => [linalg.matrixExp(x)], [make(2, 3, 3)], 2);
  });

  test('positive, negative and none', () => {
    const a = make(3, 3);
    expectClose(linalg.matrixPower(a, 5), a.mm(a).mm(a).mm(a).mm(a));
    expectClose(linalg.matrixPower(a, -2).mm(a).mm(a), eye(3));
    expect(linalg.matrixPower(a, 0).tolist()).toEqual(eye(3).tolist());
  });

  test('a chain of matrices is their product, whatever its order', () => {
    const list = [make(2, 9), make(9, 1), make(1, 7), make(7, 3)];
    expectClose(linalg.multiDot(list), list[0].mm(list[1]).mm(list[2]).mm(list[3]));
    expectClose(tg.chainMatmul(...list), linalg.multiDot(list));
    expect(linalg.multiDot([make(3), make(3, 2), make(2)]).shape).toEqual([]);
  });
});

test('integers and float16 are refused with what to do', () => {
  expect(() => linalg.inv(tg.eye(2, { dtype: 'float16' }))).toThrow(
    "linalg.inv: takes float32 and float64, got float16; convert with to('float32')",
  );
  expect(() => linalg.svdvals(tg.eye(2, { dtype: 'int32' }))).toThrow(tg.DTypeError);
});
