import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { IndexError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import { alias, type Tensor } from '../../core/tensor.js';

interface Diagonal {
  readonly offset: number;
  readonly dim1: number;
  readonly dim2: number;
}

const diagEmbedRow: Row<Diagonal> = {
  name: 'diagEmbed',
  infer([x], { offset, dim1, dim2 }) {
    const size = (x.shape.at(-1) as number) + Math.abs(offset);
    const rest = [...x.shape.slice(0, -1)];
    const shape = Array.from({ length: x.shape.length + 1 }, (_, d) =>
      d === dim1 || d === dim2 ? size : (rest.shift() as number),
    );
    return [{ shape, dtype: x.dtype }];
  },
  kernel(k, [y], [x], { offset, dim1, dim2 }) {
    k.fill(y, 0);
    if (x.shape.includes(0)) return;
    const start = offset < 0 ? -offset * y.strides[dim1] : offset * y.strides[dim2];
    const others = y.strides.filter((_, d) => d !== dim1 && d !== dim2);
    k.copy(alias(y, start, x.shape, [...others, y.strides[dim1] + y.strides[dim2]]), x);
  },
  grad: (t, [g], _x, _y, { offset, dim1, dim2 }) => [t.diagonal(g, offset, dim1, dim2)],
};

/** Matrices whose diagonals are the last dimension, zeros elsewhere; they stand in `dim1` and `dim2`. PyTorch: torch.diag_embed. */
export const diagEmbed: Fn<
  [input: Tensor, offset?: number, dim1?: number, dim2?: number],
  { offset?: number; dim1?: number; dim2?: number },
  Tensor
> = fn(
  'diagEmbed(input, offset=0, dim1=-2, dim2=-1)',
  (input, offset, dim1, dim2) => {
    checkTensor('diagEmbed', input);
    if (input.shape.length === 0) throw new ShapeError('diagEmbed: needs at least 1 dimension, got ()');
    if (!Number.isInteger(offset)) throw new ValueError(`diagEmbed: offset ${String(offset)} is not an integer`);
    const rank = input.shape.length + 1;
    const [a, b] = [wrapDim('diagEmbed', dim1, rank), wrapDim('diagEmbed', dim2, rank)];
    if (a === b) throw new IndexError(`diagEmbed: dim1 and dim2 are both ${dim1}; they must differ`);
    return apply1(diagEmbedRow, [input], { offset, dim1: a, dim2: b });
  },
  {
    samples: (m) => [[m(3)], [m(2, 3), 1], [m(2, 3), { offset: -1, dim1: 0, dim2: 2 }]],
    errors: (m) => [
      [[m()], 'at least 1'],
      [[m(3), 0, 1, 1], 'differ'],
    ],
  },
);

type Diag = Fn<[input: Tensor, diagonal?: number], { diagonal?: number }, Tensor>;

/**
 * A matrix with a vector on its diagonal, or the diagonal of a matrix, copied. PyTorch: torch.diag.
 * @example
 * tg.diag(tg.tensor([1, 2])) // => tensor([[1., 0.], [0., 2.]])
 */
export const diag: Diag = fn(
  'diag(input, diagonal=0)',
  (input, diagonal) => {
    checkTensor('diag', input);
    if (input.shape.length === 1) return diagEmbed(input, diagonal);
    if (input.shape.length === 2) return input.diagonal(diagonal).clone();
    throw new ShapeError(`diag: takes a vector or a matrix, got ${showShape(input.shape)}; use diagonal or diagEmbed`);
  },
  { samples: (m) => [[m(3)], [m(3, 4), 1], [m(2), -1]], errors: (m) => [[[m(2, 2, 2)], 'vector or a matrix']] },
);

/** A matrix with all elements, row-major, on its diagonal. PyTorch: torch.diagflat. */
export const diagflat: Fn<[input: Tensor, offset?: number], { offset?: number }, Tensor> = fn(
  'diagflat(input, offset=0)',
  (input, offset) => diagEmbed(input.reshape(-1), offset),
  { samples: (m) => [[m(3)], [m(2, 2), 1], [m()]] },
);

/**
 * One value on the main diagonal, in place: of a matrix, or of equally long dimensions. With `wrap` the diagonal of a tall matrix begins
 * anew below. PyTorch: Tensor.fill_diagonal_.
 */
export const fillDiagonal_: Fn<
  [self: Tensor, fillValue: number, wrap?: boolean],
  { fillValue?: number; wrap?: boolean },
  Tensor
> = fn('fillDiagonal_(self, fillValue, wrap=false)', (self, fillValue, wrap) => {
  checkTensor('fillDiagonal_', self);
  const { shape } = self;
  if (shape.length < 2 || (shape.length > 2 && shape.some((size) => size !== shape[0]))) {
    throw new ShapeError(`fillDiagonal_: takes a matrix, or dimensions of one size, got ${showShape(shape)}`);
  }
  if (shape.length === 2) {
    const [rows, columns] = shape;
    for (let row = 0; row < rows; row += columns + 1) {
      self
        .narrow(0, row, rows - row)
        .diagonal()
        .fill_(fillValue);
      if (!wrap) break;
    }
    return self;
  }
  let view = self.diagonal(0, 0, 1);
  while (view.dim() > 1) view = view.diagonal(0, 0, -1);
  view.fill_(fillValue);
  return self;
});
