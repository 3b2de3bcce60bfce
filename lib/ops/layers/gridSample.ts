import { contiguousStrides } from '../../../kernels/view.js';
import { checkDevices, checkTensor } from '../../autograd/apply.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../../autograd/pointwise.js';
import { type Fn, fn } from '../../core/define.js';
import { ArgumentError, DTypeError, ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { takeFromPlanes } from '../convolution/planes.js';
import { linspace } from '../creation/ranges.js';
import { stack } from '../shape/combine.js';
import { KEYS } from './interpolationTaps.js';

/** How elements between places are made. */
export type GridMode = 'bilinear' | 'nearest' | 'bicubic';
/** What lies outside the input. */
export type GridPadding = 'zeros' | 'border' | 'reflection';

/** Keys' cubic within one element of the centre, and between one and two. */
const nearCubic: PointwiseRow = pointwiseRow('nearCubic', 1, 0, {
  forward: (s, x) => s.add(s.mul(s.mul(s.sub(s.mul(s.const(KEYS + 2), x), s.const(KEYS + 3)), x), x), s.const(1)),
  grad: (s, g, x) => s.mul(g, s.mul(x, s.sub(s.mul(s.const(3 * (KEYS + 2)), x), s.const(2 * (KEYS + 3))))),
});
const farCubic: PointwiseRow = pointwiseRow('farCubic', 1, 0, {
  forward: (s, x) =>
    s.sub(
      s.mul(s.add(s.mul(s.sub(s.mul(s.const(KEYS), x), s.const(5 * KEYS)), x), s.const(8 * KEYS)), x),
      s.const(4 * KEYS),
    ),
  grad: (s, g, x) =>
    s.mul(g, s.add(s.mul(x, s.sub(s.mul(s.const(3 * KEYS), x), s.const(10 * KEYS))), s.const(8 * KEYS))),
});

/** One of the places along a dimension that a result is made of. */
interface Tap {
  readonly place: Tensor;
  readonly weight: Tensor;
}

/** One dimension of the input. */
interface Axis {
  readonly size: number;
  readonly padding: GridPadding;
  readonly alignCorners: boolean;
}

/** Coordinates from -1 to 1 as places: 0 to size - 1 between the centres of the corner elements, or half an element beyond. */
function placesOf(x: Tensor, { size, alignCorners }: Axis): Tensor {
  return alignCorners ? x.add(1).mul((size - 1) / 2) : x.add(1).mul(size).sub(1).div(2);
}

/** Places within the input; outside the slope is zero. */
function clipped(x: Tensor, size: number): Tensor {
  const inside = x.gt(0).logicalAnd(x.lt(size - 1));
  return x.where(inside, x.detach().clamp(0, size - 1));
}

/** Places mirrored at the edges until they lie inside. */
function reflected(x: Tensor, { size, alignCorners }: Axis): Tensor {
  const low = alignCorners ? 0 : -0.5;
  const span = alignCorners ? size - 1 : size;
  if (span === 0) return x.mul(0);
  const distance = x.sub(low).abs();
  const rest = distance.fmod(span);
  const even = distance.detach().div(span).floor().remainder(2).eq(0);
  return rest.add(low).where(even, rest.neg().add(span + low));
}

function padded(x: Tensor, axis: Axis): Tensor {
  if (axis.padding === 'zeros') return x;
  return clipped(axis.padding === 'border' ? x : reflected(x, axis), axis.size);
}

function tapsOf(x: Tensor, axis: Axis, mode: GridMode): Tap[] {
  if (mode === 'nearest') {
    const at = padded(x, axis);
    // 1 everywhere, but the grid gets a gradient: zeros.
    return [{ place: at.detach().round(), weight: at.where(at.lt(at), 1) }];
  }
  if (mode === 'bilinear') {
    const at = padded(x, axis);
    const low = at.detach().floor();
    const part = at.sub(low);
    return [
      { place: low, weight: part.neg().add(1) },
      { place: low.add(1), weight: part },
    ];
  }
  const low = x.detach().floor();
  const t = x.sub(low);
  const weights = [
    pointwise(farCubic, [t.add(1)], [], null),
    pointwise(nearCubic, [t], [], null),
    pointwise(nearCubic, [t.neg().add(1)], [], null),
    pointwise(farCubic, [t.neg().add(2)], [], null),
  ];
  return weights.map((weight, i) => ({ place: padded(low.add(i - 1), axis).round(), weight }));
}

/** The input's elements at one combination of taps, weighted, zero outside. */
function sampled(input: Tensor, taps: readonly Tap[], sizes: readonly number[]): Tensor {
  const strides = contiguousStrides(sizes);
  const inside = taps
    .map(({ place }, d) => place.ge(0).logicalAnd(place.lt(sizes[d])))
    .reduce((a, b) => a.logicalAnd(b));
  const index = taps
    .map(({ place }, d) => place.where(inside, 0).to('int32').mul(strides[d]))
    .reduce((a, b) => a.add(b))
    .unsqueeze(1);
  const whole = index.expand([input.shape[0], input.shape[1], ...index.shape.slice(2)]);
  const values = takeFromPlanes(input, whole).where(inside.unsqueeze(1), 0);
  return values.mul(
    taps
      .map(({ weight }) => weight)
      .reduce((a, b) => a.mul(b))
      .unsqueeze(1),
  );
}

const modes: readonly GridMode[] = ['bilinear', 'nearest', 'bicubic'];
const paddings: readonly GridPadding[] = ['zeros', 'border', 'reflection'];

function check(input: Tensor, grid: Tensor, mode: GridMode, padding: GridPadding): void {
  const name = 'gridSample';
  checkTensor(name, input);
  checkTensor(name, grid);
  checkDevices(name, [input, grid]);
  if (!modes.includes(mode))
    throw new ArgumentError(`${name}: unknown mode '${String(mode)}'; use ${modes.join(', ')}`);
  if (!paddings.includes(padding)) {
    throw new ArgumentError(`${name}: unknown padding mode '${String(padding)}'; use ${paddings.join(', ')}`);
  }
  const rank = input.shape.length - 2;
  if (
    (rank !== 2 && rank !== 3) ||
    grid.shape.length !== rank + 2 ||
    grid.shape.at(-1) !== rank ||
    grid.shape[0] !== input.shape[0] ||
    input.shape.slice(2).includes(0)
  ) {
    throw new ShapeError(
      `${name}: input ${showShape(input.shape)}, grid ${showShape(grid.shape)}: use (N, C, H, W) and (N, OH, OW, 2), or ` +
        '(N, C, D, H, W) and (N, OD, OH, OW, 3), with elements',
    );
  }
  if (mode === 'bicubic' && rank === 3) throw new ArgumentError(`${name}: mode 'bicubic' is for images (N, C, H, W)`);
  if (input.dtype !== grid.dtype) {
    throw new DTypeError(`${name}: the input is ${input.dtype}, the grid ${grid.dtype}; convert one with to(dtype)`);
  }
}

/** Options of `gridSample`. */
export interface GridSampleOptions {
  grid?: Tensor;
  /** 'bilinear' is trilinear for volumes. */
  mode?: GridMode;
  paddingMode?: GridPadding;
  /** -1 and 1 are the centres of the corner elements rather than their outer edges. */
  alignCorners?: boolean | null;
}

/**
 * The input (N, C, H, W) or (N, C, D, H, W) at the places that a grid (N, ..., 2 or 3) names: coordinates x, y(, z) from -1 to 1.
 * PyTorch: torch.nn.functional.grid_sample.
 * @example
 * const x = tg.tensor([[[[1, 2], [3, 4]]]]);
 * tg.nn.functional.gridSample(x, tg.zeros(1, 1, 1, 2)).item() // => 2.5
 */
export const gridSample: Fn<
  [input: Tensor, grid: Tensor, mode?: GridMode, paddingMode?: GridPadding, alignCorners?: boolean | null],
  GridSampleOptions,
  Tensor
> = fn(
  "gridSample(input, grid, mode='bilinear', paddingMode='zeros', alignCorners=null)",
  (input, grid, mode, paddingMode, alignCorners) => {
    check(input, grid, mode, paddingMode);
    const sizes = input.shape.slice(2);
    const taps = sizes.map((size, d) => {
      const axis = { size, padding: paddingMode, alignCorners: alignCorners ?? false };
      return tapsOf(placesOf(grid.select(-1, sizes.length - 1 - d), axis), axis, mode);
    });
    const combinations = taps.reduce<Tap[][]>(
      (all, some) => all.flatMap((list) => some.map((tap) => [...list, tap])),
      [[]],
    );
    return combinations.map((list) => sampled(input, list, sizes)).reduce((a, b) => a.add(b));
  },
  {
    samples: (m) => [
      [m(2, 3, 4, 5), m(2, 3, 2, 2)],
      [m(1, 2, 4, 5), m(1, 3, 2, 2), 'bilinear', 'border', true],
      [m(1, 2, 4, 5), m(1, 3, 2, 2), { paddingMode: 'reflection' }],
      [m(1, 2, 4, 5), m(1, 3, 2, 2), { mode: 'nearest' }],
      [m(1, 2, 4, 5), m(1, 3, 2, 2), 'bicubic', 'reflection', false],
      [m(1, 2, 3, 4, 2), m(1, 2, 1, 3, 3), { alignCorners: true }],
    ],
    gradcheck: 'not smooth where a place crosses an element or an edge',
    errors: (m) => [
      [[m(1, 2, 3), m(1, 2, 2, 2)], 'use (N, C, H, W) and (N, OH, OW, 2)'],
      [[m(1, 2, 3, 3), m(1, 2, 2, 3)], 'use (N, C, H, W) and (N, OH, OW, 2)'],
      [[m(1, 2, 3, 3), m(1, 2, 2, 2), 'cubic'], "unknown mode 'cubic'"],
      [[m(1, 2, 3, 3), m(1, 2, 2, 2), 'nearest', 'wrap'], "unknown padding mode 'wrap'"],
      [[m(1, 1, 2, 3, 3), m(1, 1, 2, 2, 3), 'bicubic'], "mode 'bicubic' is for images"],
    ],
  },
);

/** From -1 to 1 in `size` places: the corner elements' centres, or the elements' centres where -1 and 1 are the edges. */
function base(size: number, alignCorners: boolean, theta: Tensor): Tensor {
  const options = { dtype: theta.dtype, device: theta.device };
  if (size === 1) return theta.newZeros([1]);
  const ends = alignCorners ? 1 : (size - 1) / size;
  return linspace(-ends, ends, size, options);
}

/**
 * The grid for `gridSample` that affine maps `theta` (N, 2, 3) or (N, 3, 4) make of an output of `size` (N, C, H, W) or
 * (N, C, D, H, W). PyTorch: torch.nn.functional.affine_grid.
 * @example
 * tg.nn.functional.affineGrid(tg.eye(2, 3).unsqueeze(0), [1, 1, 4, 5]).shape // => [ 1, 4, 5, 2 ]
 */
export const affineGrid: Fn<
  [theta: Tensor, size: readonly number[], alignCorners?: boolean | null],
  { size?: readonly number[]; alignCorners?: boolean | null },
  Tensor
> = fn(
  'affineGrid(theta, size:list, alignCorners=null)',
  (theta, size, alignCorners) => {
    checkTensor('affineGrid', theta);
    const rank = size.length - 2;
    const [batch, rows, columns] = theta.shape;
    if (
      theta.shape.length !== 3 ||
      (rank !== 2 && rank !== 3) ||
      rows !== rank ||
      columns !== rank + 1 ||
      batch !== size[0]
    ) {
      throw new ShapeError(
        `affineGrid: theta ${showShape(theta.shape)}, size (${size.join(', ')}): use (N, 2, 3) and (N, C, H, W), or (N, 3, 4) and (N, C, D, H, W)`,
      );
    }
    const plane = size.slice(2);
    const axes = plane.map((n, d) =>
      base(n, alignCorners ?? false, theta)
        .reshape(plane.map((_, e) => (e === d ? n : 1)))
        .expand(plane),
    );
    const points = stack([...axes.reverse(), theta.newOnes(plane)], -1).reshape(1, -1, rank + 1);
    return points.matmul(theta.transpose(1, 2)).reshape([batch, ...plane, rank]);
  },
  {
    samples: (m) => [
      [m(2, 2, 3), [2, 1, 3, 4]],
      [m(1, 3, 4), [1, 1, 2, 3, 4], true],
    ],
    errors: (m) => [[[m(2, 2, 2), [2, 1, 3, 4]], 'use (N, 2, 3) and (N, C, H, W)']],
  },
);
