import { type Described, type Fn, fn, type None, typed } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { coordinates, coordinateTable } from './coordinates.js';
import { asVector } from './indices.js';

/** A table of coordinates, or with `asTuple` one index tensor for each dimension. */
export interface Nonzero {
  (input: Tensor, options?: { asTuple?: false }): Tensor;
  (input: Tensor, options: { asTuple: true }): Tensor[];
}

/**
 * Where the elements are not zero, row-major: int32 of shape (found, dimensions), or with `asTuple` one index tensor for each dimension.
 * The size depends on the data: waits for the device. PyTorch: torch.nonzero.
 * @example
 * tg.nonzero(tg.tensor([0, 5, 0, 7])).tolist() // => [ [ 1 ], [ 3 ] ]
 */
export const nonzero: Nonzero & Described = typed<Nonzero>(
  'nonzero(input, *, asTuple=false)',
  ((input: Tensor, { asTuple }: { asTuple: boolean }) =>
    asTuple ? coordinates(asVector(input)) : coordinateTable(input)) as never,
  { samples: (m) => [[m.integers(2, 3, 4)], [m.bools(5), { asTuple: true }], [m()]], gradcheck: false },
);

/** Where the elements are not zero: int32 of shape (found, dimensions). PyTorch: torch.argwhere. */
export const argwhere: Fn<[input: Tensor], None, Tensor> = fn('argwhere(input)', (input) => coordinateTable(input), {
  samples: (m) => [[m.integers(2, 3, 4)]],
  gradcheck: false,
});
