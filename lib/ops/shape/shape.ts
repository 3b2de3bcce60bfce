import { count } from '../../../kernels/view.js';
import { type Described, type Fn, fn, type None, typed } from '../../core/define.js';
import { IndexError, ShapeError, showShape } from '../../core/errors.js';
import { inferSize, wrapDim } from '../../core/shape.js';
import { checkTensor, type Tensor } from '../../core/tensor.js';
import type { Spread } from './view.js';

/**
 * Dimensions `startDim` to `endDim` (included) made one; a tensor without dimensions gets one. A view where the layout allows.
 * PyTorch: torch.flatten.
 * @example
 * tg.zeros(2, 3, 4).flatten(1).shape // => [ 2, 12 ]
 */
export const flatten: Fn<
  [input: Tensor, startDim?: number, endDim?: number],
  { startDim?: number; endDim?: number },
  Tensor
> = fn(
  'flatten(input, startDim=0, endDim=-1)',
  (input, startDim, endDim) => {
    const { shape } = input;
    const start = wrapDim('flatten', startDim, shape.length);
    const end = wrapDim('flatten', endDim, shape.length);
    if (start > end) {
      throw new IndexError(`flatten: startDim ${startDim} comes after endDim ${endDim} in ${showShape(shape)}`);
    }
    if (shape.length === 0) return input.reshape(1);
    if (start === end) return input;
    return input.reshape([...shape.slice(0, start), count(shape.slice(start, end + 1)), ...shape.slice(end + 1)]);
  },
  {
    samples: (m) => [[m(2, 3, 4)], [m(2, 3, 4), 1], [m(2, 3, 4), { endDim: 1 }], [m()]],
    errors: (m) => [[[m(2, 3), 1, 0], 'comes after']],
  },
);

/** One dimension made several; one size may be -1. PyTorch: Tensor.unflatten. */
export const unflatten: Fn<
  [input: Tensor, dim: number, sizes: readonly number[]],
  { dim?: number; sizes?: readonly number[] },
  Tensor
> = fn(
  'unflatten(input, dim, sizes:list)',
  (input, dim, sizes) => {
    const { shape } = input;
    const d = wrapDim('unflatten', dim, shape.length);
    if (sizes.length === 0)
      throw new ShapeError(`unflatten: the sizes for dimension ${d} of ${showShape(shape)} are empty`);
    return input.reshape([...shape.slice(0, d), ...inferSize('unflatten', sizes, shape[d]), ...shape.slice(d + 1)]);
  },
  {
    samples: (m) => [
      [m(6, 2), 0, [2, -1]],
      [m(2, 6), { dim: -1, sizes: [3, 2] }],
    ],
    errors: (m) => [[[m(6), 0, [4, -1]], 'do not fit']],
  },
);

/** All elements in one dimension; a view where the layout allows. PyTorch: torch.ravel. */
export const ravel: Fn<[input: Tensor], None, Tensor> = fn('ravel(input)', (input) => input.reshape(-1), {
  samples: (m) => [[m(2, 3)], [m()]],
});

/** The two dimensions of a matrix exchanged; vectors stay. ShapeError beyond two dimensions. PyTorch: torch.t. */
export const t: Fn<[input: Tensor], None, Tensor> = fn(
  't(input)',
  (input) => {
    if (input.shape.length > 2) {
      throw new ShapeError(`t: takes at most 2 dimensions, got ${showShape(input.shape)}; use transpose or mT`);
    }
    return input.shape.length < 2 ? input : input.transpose(0, 1);
  },
  { samples: (m) => [[m(2, 3)], [m(3)], [m()]], errors: (m) => [[[m(2, 3, 4)], 'at most 2']] },
);

type Moved = Fn<
  [input: Tensor, source: number | readonly number[], destination: number | readonly number[]],
  { source?: number | readonly number[]; destination?: number | readonly number[] },
  Tensor
>;

/** Dimensions moved to other places; the others keep their order. PyTorch: torch.movedim. */
export const movedim: Moved = fn(
  'movedim(input, source:integers, destination:integers)',
  (input, source, destination) => {
    const rank = input.shape.length;
    const wrap = (dims: number | readonly number[]): number[] => {
      const list = (typeof dims === 'number' ? [dims] : dims).map((dim) => wrapDim('movedim', dim, rank));
      if (new Set(list).size < list.length) {
        throw new IndexError(`movedim: a dimension appears twice in (${String(dims)})`);
      }
      return list;
    };
    const [from, to] = [wrap(source), wrap(destination)];
    if (from.length !== to.length) {
      throw new IndexError(
        `movedim: source (${String(source)}) and destination (${String(destination)}) must be equally long`,
      );
    }
    if (rank === 0) return input.permute([]);
    const rest = input.shape.map((_, d) => d).filter((d) => !from.includes(d));
    return input.permute(input.shape.map((_, d) => (to.includes(d) ? from[to.indexOf(d)] : (rest.shift() as number))));
  },
  {
    samples: (m) => [
      [m(2, 3, 4), 0, -1],
      [m(2, 3, 4), [0, 1], [2, 0]],
    ],
    errors: (m) => [
      [[m(2, 3), [0, 0], [0, 1]], 'twice'],
      [[m(2, 3), [0, 1], [0]], 'equally long'],
    ],
  },
);

/** The same as `movedim`. PyTorch: torch.moveaxis. */
export const moveaxis: Moved = movedim;

/** The same as `transpose`. PyTorch: torch.swapaxes. */
export const swapaxes: Fn<[input: Tensor, axis0: number, axis1: number], { axis0?: number; axis1?: number }, Tensor> =
  fn('swapaxes(input, axis0, axis1)', (input, axis0, axis1) => input.transpose(axis0, axis1), {
    samples: (m) => [[m(2, 3, 4), 0, 2]],
  });

/** The same as `transpose`. PyTorch: torch.swapdims. */
export const swapdims: Fn<[input: Tensor, dim0: number, dim1: number], { dim0?: number; dim1?: number }, Tensor> = fn(
  'swapdims(input, dim0, dim1)',
  (input, dim0, dim1) => input.transpose(dim0, dim1),
  { samples: (m) => [[m(2, 3, 4), 0, 2]] },
);

/** The last two dimensions exchanged; numbers are real here, so nothing is conjugated. PyTorch: torch.adjoint. */
export const adjoint: Fn<[input: Tensor], None, Tensor> = fn(
  'adjoint(input)',
  (input) => {
    if (input.shape.length === 1) {
      throw new ShapeError(`adjoint: needs at least 2 dimensions, or none, got ${showShape(input.shape)}`);
    }
    return input.shape.length === 0 ? input.permute([]) : input.transpose(-2, -1);
  },
  { samples: (m) => [[m(2, 3)], [m(2, 3, 4)], [m()]], errors: (m) => [[[m(3)], 'at least 2']] },
);

type Like = Fn<[input: Tensor, other: Tensor], { other?: Tensor }, Tensor>;

function shapeOf(name: string, other: Tensor): readonly number[] {
  checkTensor(name, other);
  return other.shape;
}

/** `view` with another tensor's shape. PyTorch: Tensor.view_as. */
export const viewAs: Like = fn('viewAs(input, other)', (input, other) => input.view(shapeOf('viewAs', other)), {
  samples: (m) => [[m(2, 3), m(2, 1, 3)]],
});

/** `reshape` to another tensor's shape. PyTorch: Tensor.reshape_as. */
export const reshapeAs: Like = fn(
  'reshapeAs(input, other)',
  (input, other) => input.reshape(shapeOf('reshapeAs', other)),
  {
    samples: (m) => [[m(2, 3), m(6)]],
  },
);

/** `expand` to another tensor's shape. PyTorch: Tensor.expand_as. */
export const expandAs: Like = fn('expandAs(input, other)', (input, other) => input.expand(shapeOf('expandAs', other)), {
  samples: (m) => [[m(2, 1), m(2, 3)]],
});

/** Sizes of 1 grown to those of a shape, without a copy. PyTorch: torch.broadcast_to. */
export const broadcastTo: ((input: Tensor, ...size: Spread) => Tensor) & Described = typed(
  'broadcastTo(input, *size)',
  (input: Tensor, size: number[]) => input.expand(size),
  { samples: (m) => [[m(2, 1), [4, 2, 3]]] },
);
