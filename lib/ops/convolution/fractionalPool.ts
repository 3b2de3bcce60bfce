import { contiguousStrides, count, sameShape } from '../../../kernels/view.js';
import { checkTensor } from '../../autograd/apply.js';
import { type Described, type Fn, type Maker, typed } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { rand } from '../creation/random.js';
import { batched, type Size, spread } from '../shape/window.js';
import { largest } from './planes.js';

/** Options of fractional max pooling. */
export interface FractionalMaxPoolOptions {
  kernelSize?: Size;
  /** The wanted sizes. */
  outputSize?: Size | null;
  /** Or their ratio to the input's, below 1. */
  outputRatio?: Size | null;
  /** Uniform numbers (N, C, dimensions) that place the windows; drawn unless given. */
  randomSamples?: Tensor | null;
}

type Leading = [input: Tensor, kernelSize: Size, outputSize?: Size | null, outputRatio?: Size | null];

/** `fractionalMaxPool2d`, `fractionalMaxPool3d`: values, or [values, indices] with `returnIndices`. */
export type FractionalMaxPool = Fn<
  [...leading: Leading, returnIndices?: false, randomSamples?: Tensor | null],
  FractionalMaxPoolOptions & { returnIndices?: false },
  Tensor
> &
  Fn<
    [...leading: Leading, returnIndices: true, randomSamples?: Tensor | null],
    FractionalMaxPoolOptions & { returnIndices: true },
    [Tensor, Tensor]
  >;

/** Where the windows of one plane start along a dimension: steps of two sizes, in an order that one number decides. */
function starts(sample: number, size: number, windows: number, window: number): number[] {
  const last = size - window;
  const step = windows > 1 ? Math.fround(last / (windows - 1)) : 0;
  const at = (i: number): number => Math.trunc(Math.fround(Math.fround(i + sample) * step));
  return Array.from({ length: windows }, (_, i) => (i < windows - 1 ? at(i) - at(0) : last));
}

/** The flat places of every window's elements in every plane: [N, C, sizes..., elements of a window]. */
function places(
  samples: readonly number[],
  plane: readonly number[],
  sizes: readonly number[],
  window: readonly number[],
  order: readonly number[],
): number[] {
  const strides = contiguousStrides(plane);
  const rank = plane.length;
  const result: number[] = [];
  for (let p = 0; p < samples.length; p += rank) {
    const begins = sizes.map((n, d) => starts(samples[p + order[d]], plane[d], n, window[d]));
    const walk = (d: number, corner: number): void => {
      if (d < rank) for (const start of begins[d]) walk(d + 1, corner + start * strides[d]);
      else inside(0, corner);
    };
    const inside = (d: number, at: number): void => {
      if (d === rank) result.push(at);
      else for (let i = 0; i < window[d]; i++) inside(d + 1, at + i * strides[d]);
    };
    walk(0, 0);
  }
  return result;
}

function wantedSizes(name: string, plane: readonly number[], size: Size | null, ratio: Size | null): number[] {
  const rank = plane.length;
  if ((size === null) === (ratio === null))
    throw new ArgumentError(`${name}: give outputSize or outputRatio, one of them`);
  if (size !== null) return spread(name, 'outputSize', size, rank, 1);
  const ratios = typeof ratio === 'number' ? new Array<number>(rank).fill(ratio) : (ratio as readonly number[]);
  if (ratios.length !== rank || ratios.some((r) => !(r > 0 && r < 1))) {
    throw new ArgumentError(`${name}: outputRatio must hold ${rank} numbers between 0 and 1, got ${String(ratio)}`);
  }
  return plane.map((n, d) => Math.floor(n * ratios[d]));
}

function pool(
  name: string,
  rank: number,
  input: Tensor,
  window: readonly number[],
  size: Size | null,
  ratio: Size | null,
  given: Tensor | null,
): Tensor[] {
  return batched(name, input, rank, (x) => {
    const plane = x.shape.slice(2);
    const sizes = wantedSizes(name, plane, size, ratio);
    sizes.forEach((n, d) => {
      if (n + window[d] - 1 <= plane[d]) return;
      throw new ShapeError(
        `${name}: ${n} windows of ${window[d]} do not fit dimension ${d + 2} of the input ${showShape(x.shape)}`,
      );
    });
    const wanted = [x.shape[0], x.shape[1], rank];
    if (given !== null && !sameShape(given.shape, wanted)) {
      throw new ShapeError(`${name}: randomSamples has shape ${showShape(given.shape)}; it needs ${showShape(wanted)}`);
    }
    const samples = (given ?? rand(wanted)).flatten().tolist() as number[];
    // PyTorch takes the first number of a plane for the last of two dimensions, but for the first of three.
    const order = rank === 2 ? [1, 0] : [0, 1, 2];
    const found = places(samples, plane, sizes, window, order);
    return largest(x, found, [x.shape[0], x.shape[1], ...sizes, count(window)]);
  });
}

function fractionalMaxPool(rank: number): FractionalMaxPool & Described {
  const name = `fractionalMaxPool${rank}d`;
  const body = (
    input: Tensor,
    kernelSize: Size,
    outputSize: Size | null,
    outputRatio: Size | null,
    returnIndices: boolean,
    randomSamples: Tensor | null,
  ): Tensor | Tensor[] => {
    checkTensor(name, input);
    const window = spread(name, 'kernelSize', kernelSize, rank, 1);
    const results = pool(name, rank, input, window, outputSize, outputRatio, randomSamples);
    return returnIndices ? results : results[0];
  };
  const facts = {
    samples: (m: Maker): unknown[][] => {
      const sizes = [7, 6, 5].slice(0, rank);
      return [
        [m(2, 3, ...sizes), 2, 3, { randomSamples: m(2, 3, rank).sigmoid() }],
        [m(3, ...sizes), 3, null, 0.5, true, m(1, 3, rank).sigmoid()],
      ];
    },
    errors: (m: Maker): [unknown[], string][] => {
      const x = m(1, 2, ...[5, 5, 5].slice(0, rank));
      return [
        [[x, 2], 'give outputSize or outputRatio'],
        [[x, 2, 5], 'do not fit dimension'],
        [[x, 2, null, 1.5], 'outputRatio must hold'],
        [[x, 2, 3, { randomSamples: m(2) }], 'randomSamples has shape (2,)'],
      ];
    },
  };
  return typed<(...args: never[]) => Tensor | Tensor[]>(
    `${name}(input, kernelSize, outputSize=null, outputRatio=null, returnIndices=false, randomSamples=null)`,
    body as (...args: never[]) => Tensor | Tensor[],
    facts,
  ) as unknown as FractionalMaxPool;
}

/** Largest elements of windows whose steps are drawn at random so that a size is met (B. Graham, 2014). PyTorch: torch.nn.functional.fractional_max_pool2d. */
export const fractionalMaxPool2d: FractionalMaxPool & Described = fractionalMaxPool(2);

/** The same for volumes. PyTorch: torch.nn.functional.fractional_max_pool3d. */
export const fractionalMaxPool3d: FractionalMaxPool & Described = fractionalMaxPool(3);
