import { firstOutside } from '../../../kernels/cpu/bounds.js';
import { count, sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { IndexError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type Indices, indexTensor } from '../indexing/indices.js';
import { type Size, spread, strideOf } from '../shape/window.js';
import { putInPlanes } from './planes.js';

/** Options of the inverse of max pooling. */
export interface MaxUnpoolOptions {
  /** Where each element goes, as max pooling returns it. */
  indices?: Tensor | Indices;
  kernelSize?: Size;
  /** The window's size unless given. */
  stride?: Size | null;
  /** What the pooling had, 0 unless given. */
  padding?: Size;
  /** The wanted sizes, with or without N and C, where several sizes pool to the input's. */
  outputSize?: readonly number[] | null;
}

/** `maxUnpool1d`, `maxUnpool2d`, `maxUnpool3d`. */
export type MaxUnpool = Fn<
  [
    input: Tensor,
    indices: Tensor | Indices,
    kernelSize: Size,
    stride?: Size | null,
    padding?: Size,
    outputSize?: readonly number[] | null,
  ],
  MaxUnpoolOptions,
  Tensor
>;

function outputSizes(
  name: string,
  usual: readonly number[],
  steps: readonly number[],
  wanted: readonly number[] | null,
): number[] {
  if (wanted === null) return [...usual];
  const rank = usual.length;
  if (wanted.length < rank || wanted.length > rank + 2) {
    throw new ValueError(`${name}: outputSize must have ${rank} to ${rank + 2} entries, got (${wanted.join(', ')})`);
  }
  const sizes = wanted.slice(-rank);
  sizes.forEach((size, d) => {
    if (Math.abs(size - usual[d]) < steps[d]) return;
    throw new ValueError(
      `${name}: outputSize (${sizes.join(', ')}) does not pool to the input: entry ${d} must lie between ` +
        `${usual[d] - steps[d] + 1} and ${usual[d] + steps[d] - 1}`,
    );
  });
  return sizes;
}

function checkPlaces(name: string, indices: Tensor, sizes: readonly number[]): void {
  if (indices.device !== 'cpu' || count(indices.shape) === 0) return;
  const found = firstOutside(indices, count(sizes), false);
  if (found === null) return;
  throw new IndexError(
    `${name}: index ${found} is out of range for planes of ${showShape(sizes)}; use 0 to ${count(sizes) - 1}`,
  );
}

function maxUnpool(rank: number): MaxUnpool {
  const name = `maxUnpool${rank}d`;
  return fn(
    `${name}(input, indices, kernelSize, stride=null, padding=0, outputSize:list=null)`,
    (input, given, kernelSize, stride, padding, outputSize) => {
      checkTensor(name, input);
      const indices = indexTensor(name, given, input);
      if (
        !sameShape(indices.shape, input.shape) ||
        (input.shape.length !== rank + 2 && input.shape.length !== rank + 1)
      ) {
        throw new ShapeError(
          `${name}: the input has shape ${showShape(input.shape)}, the indices ${showShape(indices.shape)}; ` +
            `both need the same ${rank + 2} dimensions (N, C, ...) or ${rank + 1} without the batch`,
        );
      }
      const size = spread(name, 'kernelSize', kernelSize, rank, 1);
      const steps = strideOf(name, stride, size);
      const cut = spread(name, 'padding', padding, rank, 0);
      const usual = input.shape.slice(-rank).map((n, d) => (n - 1) * steps[d] - 2 * cut[d] + size[d]);
      const sizes = outputSizes(name, usual, steps, outputSize);
      checkPlaces(name, indices, sizes);
      const bare = input.shape.length === rank + 1;
      const [x, at] = bare ? [input.unsqueeze(0), indices.unsqueeze(0)] : [input, indices];
      const y = putInPlanes(x, at, [...x.shape.slice(0, 2), ...sizes]);
      return bare ? y.squeeze(0) : y;
    },
    {
      samples: (m) => {
        const places = [
          [0, 3],
          [
            [0, 3],
            [10, 11],
          ],
          [[[0, 3]], [[20, 25]]],
        ][rank - 1];
        const sizes = [[2], [2, 2], [2, 1, 2]][rank - 1];
        return [
          [m(1, 1, ...sizes), [[places]], 2],
          [m(1, ...sizes), [places], { kernelSize: 2, outputSize: sizes.map((n) => 2 * n + 1) }],
        ];
      },
      errors: (m) => {
        const sizes = [2, 2, 2].slice(0, rank);
        const zero = m.integers(1, 1, 1, ...sizes);
        return [
          [[m(1, 1, ...sizes), m.integers(1, 1, ...sizes), 2], 'both need the same'],
          [[m(1, 1, ...sizes), zero, 2, { outputSize: sizes.map(() => 9) }], 'does not pool to the input'],
          [[m(1, 1, ...sizes), zero.add(4 ** rank), 2], `index ${4 ** rank} is out of range`],
        ];
      },
    },
  );
}

/** Undoes `maxPool1d` with its indices: all other elements become zero. PyTorch: torch.nn.functional.max_unpool1d. */
export const maxUnpool1d: MaxUnpool = maxUnpool(1);

/** Undoes `maxPool2d` with its indices: all other elements become zero. PyTorch: torch.nn.functional.max_unpool2d. */
export const maxUnpool2d: MaxUnpool = maxUnpool(2);

/** Undoes `maxPool3d` with its indices: all other elements become zero. PyTorch: torch.nn.functional.max_unpool3d. */
export const maxUnpool3d: MaxUnpool = maxUnpool(3);
