import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { parseSignature } from '../../core/bind.js';
import { type Described, type Facts, type Fn, fn, typed } from '../../core/define.js';
import { resultType } from '../../core/dtype.js';
import { ShapeError, showShape } from '../../core/errors.js';
import { alias, type Tensor } from '../../core/tensor.js';
import { cat } from './combine.js';
import { checkList } from './lists.js';

/** One tensor for one, a list for several. */
export interface AtLeast {
  (tensor: Tensor): Tensor;
  (...tensors: readonly Tensor[]): Tensor[];
  (tensors: readonly Tensor[]): Tensor[];
}

function atLeast(name: string, raise: (x: Tensor) => Tensor, facts: Facts): AtLeast & Described {
  const one = (x: Tensor): Tensor => {
    checkTensor(name, x);
    return raise(x);
  };
  const call = (...given: readonly (Tensor | readonly Tensor[])[]): Tensor | Tensor[] => {
    const [first] = given;
    if (Array.isArray(first)) return first.map(one);
    return given.length === 1 ? one(first as Tensor) : (given as readonly Tensor[]).map(one);
  };
  return Object.assign(call as AtLeast, { signature: parseSignature(`${name}(*tensors)`), facts });
}

const raise1 = (x: Tensor): Tensor => (x.shape.length === 0 ? x.reshape(1) : x);

const raise2 = (x: Tensor): Tensor => (x.shape.length < 2 ? raise1(x).unsqueeze(0) : x);

const raise3 = (x: Tensor): Tensor => (x.shape.length < 3 ? raise2(x).unsqueeze(-1) : x);

/** Tensors without dimensions as vectors; others as they are. PyTorch: torch.atleast_1d. */
export const atleast1d: AtLeast & Described = atLeast('atleast1d', raise1, { samples: (m) => [[m()], [m(2), m()]] });

/** Tensors with at least two dimensions: vectors as rows. PyTorch: torch.atleast_2d. */
export const atleast2d: AtLeast & Described = atLeast('atleast2d', raise2, {
  samples: (m) => [[m()], [m(2), m(2, 3)]],
});

/** Tensors with at least three dimensions: matrices with a last one of size 1. PyTorch: torch.atleast_3d. */
export const atleast3d: AtLeast & Described = atLeast('atleast3d', raise3, {
  samples: (m) => [[m()], [m(2), m(2, 3)]],
});

type Stacking = Fn<[tensors: readonly Tensor[]], { tensors?: readonly Tensor[] }, Tensor>;

function stacking(name: string, join: (tensors: readonly Tensor[]) => Tensor): Stacking {
  return fn(
    `${name}(tensors)`,
    (tensors) => {
      checkList(name, tensors);
      return join(tensors);
    },
    {
      samples: (m) => [[[m(2, 3), m(2, 3)]], [[m(3), m(3)]], [[m(), m()]]],
      errors: () => [[[[]], 'at least one']],
    },
  );
}

/** Tensors side by side: along the second dimension, vectors along their only one. PyTorch: torch.hstack. */
export const hstack: Stacking = stacking('hstack', (tensors) => {
  const raised = tensors.map(raise1);
  return cat(raised, raised[0].shape.length === 1 ? 0 : 1);
});

/** Tensors below each other; vectors count as rows. PyTorch: torch.vstack. */
export const vstack: Stacking = stacking('vstack', (tensors) => cat(tensors.map(raise2), 0));

/** The same as `vstack`. PyTorch: torch.row_stack. */
export const rowStack: Stacking = vstack;

/** Tensors behind each other, along the third dimension. PyTorch: torch.dstack. */
export const dstack: Stacking = stacking('dstack', (tensors) => cat(tensors.map(raise3), 2));

/** Tensors side by side; vectors count as columns. PyTorch: torch.column_stack. */
export const columnStack: Stacking = stacking('columnStack', (tensors) =>
  cat(
    tensors.map((x) => (x.shape.length < 2 ? x.reshape(-1, 1) : x)),
    1,
  ),
);

const blockDiagRow: Row<null> = {
  name: 'blockDiag',
  infer: (inputs) => [
    { shape: [0, 1].map((d) => inputs.reduce((n, x) => n + x.shape[d], 0)), dtype: resultType(inputs) },
  ],
  kernel(k, [y], inputs) {
    k.fill(y, 0);
    let [row, column] = [0, 0];
    for (const x of inputs) {
      const [n, m] = x.shape;
      if (n > 0 && m > 0) k.copy(alias(y, row * y.strides[0] + column, x.shape, y.strides), x);
      row += n;
      column += m;
    }
  },
  grad(t, [g], inputs, _y, _attributes, wanted) {
    let [row, column] = [0, 0];
    return inputs.map((x, i) => {
      const [n, m] = x.shape;
      row += n;
      column += m;
      return wanted[i] ? t.narrow(t.narrow(g, 0, row - n, n), 1, column - m, m) : null;
    });
  },
};

/** Tensors as a list or spread. */
export interface Several<R> {
  (...tensors: readonly Tensor[]): R;
  (tensors: readonly Tensor[]): R;
}

/** A matrix with matrices along its diagonal, zeros elsewhere; vectors count as rows. PyTorch: torch.block_diag. */
export const blockDiag: Several<Tensor> & Described = typed<Several<Tensor>>(
  'blockDiag(*tensors)',
  ((tensors: readonly Tensor[]) => {
    checkList('blockDiag', tensors);
    for (const x of tensors) {
      if (x.shape.length > 2)
        throw new ShapeError(`blockDiag: takes tensors of at most 2 dimensions, got ${showShape(x.shape)}`);
    }
    return apply1(blockDiagRow, tensors.map(raise2), null);
  }) as never,
  {
    samples: (m) => [
      [m(2, 3), m(1, 2)],
      [m(2), m(), m(2, 1)],
    ],
    errors: (m) => [[[m(2, 2, 2)], 'at most 2']],
  },
  0,
);
