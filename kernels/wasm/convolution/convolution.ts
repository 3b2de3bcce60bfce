import { policy as blasPolicy } from '../../blas/gemm.js';
import { systemBlas } from '../../blas/library.js';
import { compact } from '../../cpu/compact.js';
import type { Convolution, View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { policy } from '../policy.js';
import { depthBlock, panelColumns, panelRows } from '../product/gemm.js';
import { panels } from '../product/staging.js';
import * as blasConvolution from './blasConvolution.js';
import { type Engine, engineFor } from './convolutionTools.js';
import { convolveDirectly, correlateDirectly } from './direct.js';
import type { Images, Kernels, Triple } from './images.js';
import * as passes from './passes.js';
import { multiplyPatches } from './patchConvolution.js';
import type { Steps } from './patches.js';
import * as patchKernels from './patchKernels.js';
import * as winogradConvolution from './winogradConvolution.js';
import type { Extent } from './winogradGrid.js';
import * as winogradKernels from './winogradKernels.js';

const { ceil } = Math;

/**
 * What ways cost, in cycles of the machine of docs/performance.md: a multiplication, a call, an element of a patch, a kernel's element
 * beside patches, and a factor of a kernel's element.
 */
interface Prices {
  readonly multiplication: number;
  readonly call: number;
  readonly patchElement: number;
  readonly kernelElement: number;
  readonly kernelFactor: number;
}

const microKernel: Prices = {
  multiplication: 0.27,
  call: 100,
  patchElement: 0.6,
  kernelElement: 2,
  kernelFactor: 1,
};
const systemsBlas: Prices = {
  multiplication: 0.055,
  call: 3000,
  patchElement: 2.5,
  kernelElement: 0.55,
  kernelFactor: 2,
};
// A factor of an element, and what tiles need before the first call.
const factor = 1.6;
const start = 20_000;
// A multiplication without patches, a row of them and a plane, and of how many a result may be the sum.
const direct = { multiplication: 0.42, row: 10, plane: 150, most: 256 };

/** Whether operands are memory that can be staged: typed arrays of float32, and not look-alikes. */
function canStage(...views: readonly View[]): boolean {
  return views.every(({ dtype, buffer }) => dtype === 'float32' && ArrayBuffer.isView(buffer));
}

/** Whether a convolution with three spatial dimensions is one of planes in steps of 1 with kernels of 3 x 3 elements. */
function isTiled({ shape }: View, input: View, { stride, padding, dilation }: Convolution): boolean {
  const [, , depth, height, width] = shape;
  const flat = depth === 1 && input.shape[2] === 1 && padding[0] === 0;
  return flat && height === 3 && width === 3 && stride.every((s) => s === 1) && dilation.every((d) => d === 1);
}

/** How to compute a convolution: in tiles of a size, by patches, or directly, and who multiplies. */
interface Way {
  readonly engine: Engine;
  readonly size: number | null;
  readonly direct: boolean;
}

/** What a convolution is beside its operands: whether tiles may do it, in so many lanes of inputs, and whether kernels are turned. */
interface Kind {
  readonly groups: number;
  readonly tiled: boolean;
  readonly lanes: number;
  readonly turned: boolean;
}

/** The way that costs least by these counts, for a convolution of `source` to `result`. Null where there is no WebAssembly. */
function wayOf(source: View, result: View, weight: View, { groups, tiled, lanes, turned }: Kind): Way | null {
  const [images, channels] = source.shape;
  const [, , depth, height, width] = result.shape;
  const inputs = channels / groups;
  const outputs = panels(result.shape[1] / groups, panelRows);
  const taps = count(weight.shape.slice(2));
  const places = images * depth * height * width;
  const given = images * count(source.shape.slice(2));
  const work = places * taps * inputs * outputs * groups;
  const blas = work >= blasPolicy.convolutions ? systemBlas() : null;
  const perResult = taps * inputs;
  const planes = images * result.shape[1] * depth;
  const perPlane = height * (width * perResult * direct.multiplication + direct.row) + direct.plane;
  let best: Omit<Way, 'engine'> & { through: boolean } = { through: false, size: null, direct: true };
  let least = perResult > direct.most ? Infinity : policy.directPrice * planes * perPlane;
  const offer = (through: boolean, size: number | null, price: number): void => {
    const cost = through ? price * policy.blasPrice : price;
    if (cost <= least) [best, least] = [{ through, size, direct: false }, cost];
  };
  for (const through of blas === null ? [false] : [false, true]) {
    const { multiplication, call, patchElement, kernelElement, kernelFactor } = through ? systemsBlas : microKernel;
    // Through BLAS turned kernels give patches of the results; kernels are packed anew for each product.
    const back = through && turned;
    const [inner, outer, columns] = back ? [outputs, inputs, given] : [inputs, outputs, places];
    const blocks = ceil(columns / 256);
    const [packed, calls] = through ? [blocks, blocks] : [1, blocks * ceil((taps * inner) / depthBlock)];
    const perTap = columns * (outer * multiplication + patchElement) + packed * outer * kernelElement;
    offer(through, null, groups * (taps * inner * perTap + calls * call));
    for (const size of tiled ? policy.tiles : []) {
      const tiles = images * ceil(height / size) * ceil(width / size);
      const padded = panels(inputs, lanes);
      const perTile = padded * outputs * multiplication + (padded + outputs) * factor;
      const perFactor = tiles * perTile + padded * outputs * kernelFactor + ceil(tiles / 64) * call;
      offer(through, size, policy.tilePrice * (groups * (size + 2) ** 2 * perFactor + start));
    }
  }
  const engine = engineFor(best.through ? blas : null, work >= policy.sharedProducts);
  return engine === null ? null : { ...best, engine };
}

function imagesOf({ buffer, offset, shape }: View, groups: number): Images {
  const [, channels, depth, height, width] = shape;
  return { data: buffer as Float32Array, offset, channels: channels / groups, plane: [depth, height, width] };
}

function kernelsOf({ buffer, offset, shape }: View): Kernels {
  const [, , depth, height, width] = shape;
  return { data: buffer as Float32Array, offset, taps: [depth, height, width] };
}

/** One number for each of the result's channels, or nothing. */
function biasOf(bias: View | undefined): Float32Array | null {
  if (bias === undefined) return null;
  const { buffer, offset, shape } = compact(bias);
  return (buffer as Float32Array).subarray(offset, offset + shape[0]);
}

function stepsOf({ shape }: View, { groups, stride, padding, dilation }: Convolution): Steps {
  return {
    images: shape[0],
    groups,
    stride: stride as unknown as Triple,
    padding: padding as unknown as Triple,
    dilation: dilation as unknown as Triple,
  };
}

function extentOf({ shape }: View, groups: number, top: number, left: number): Extent {
  return { images: shape[0], groups, top, left };
}

function isWorth(output: View, result: View, weight: View): boolean {
  const work = (count(result.shape) * count(weight.shape)) / weight.shape[0];
  return work >= policy.convolutions && count(output.shape) > 0 && isContiguous(output.shape, output.strides);
}

/** `Kernels.convolution` of float32 with three spatial dimensions; false, and nothing done, where WebAssembly is not the way. */
export function convolution(output: View, input: View, weight: View, options: Convolution, bias?: View): boolean {
  if (!canStage(output, input, weight, bias ?? weight) || !isWorth(output, output, weight)) return false;
  const { groups, padding } = options;
  const tiled = isTiled(weight, input, options);
  const way = wayOf(input, output, weight, { groups, tiled, lanes: 1, turned: false });
  if (way === null) return false;
  const { engine, size } = way;
  const [source, kernels] = [imagesOf(compact(input), groups), kernelsOf(compact(weight))];
  const [result, begin] = [imagesOf(output, groups), biasOf(bias)];
  if (size !== null) {
    const extent = extentOf(input, groups, padding[1], padding[2]);
    if (winogradConvolution.convolve(engine, size, extent, source, kernels, false, result, begin)) return true;
  }
  const steps = stepsOf(input, options);
  if (engine.blas) return blasConvolution.convolve(engine, steps, source, kernels, result, begin);
  const run = way.direct ? convolveDirectly : multiplyPatches;
  return passes.convolve(run, engine, steps, source, kernels, result, begin);
}

/** `Kernels.convolutionInput` in the same way. */
export function convolutionInput(
  output: View,
  gradient: View,
  weight: View,
  options: Convolution,
  bias?: View,
): boolean {
  if (!canStage(output, gradient, weight, bias ?? weight) || !isWorth(output, gradient, weight)) return false;
  const { groups, padding } = options;
  const [top, left] = [2 - padding[1], 2 - padding[2]];
  const tiled = top >= 0 && left >= 0 && isTiled(weight, gradient, options);
  const way = wayOf(gradient, output, weight, { groups, tiled, lanes: 1, turned: true });
  if (way === null) return false;
  const { engine, size } = way;
  const [source, kernels] = [imagesOf(compact(gradient), groups), kernelsOf(compact(weight))];
  const [result, begin] = [imagesOf(output, groups), biasOf(bias)];
  if (size !== null) {
    const extent = extentOf(gradient, groups, top, left);
    if (winogradConvolution.convolve(engine, size, extent, source, kernels, true, result, begin)) return true;
  }
  const steps = stepsOf(gradient, options);
  if (engine.blas) return blasConvolution.convolveInput(engine, steps, source, kernels, result, begin);
  const run = way.direct ? convolveDirectly : multiplyPatches;
  return passes.convolveInput(run, engine, steps, source, kernels, result, begin);
}

/** `Kernels.convolutionWeight` in the same way. */
export function convolutionWeight(output: View, gradient: View, input: View, options: Convolution): boolean {
  if (!canStage(output, gradient, input) || !isWorth(output, gradient, output)) return false;
  const { groups, padding } = options;
  const tiled = isTiled(output, input, options);
  const way = wayOf(input, gradient, output, { groups, tiled, lanes: panelColumns, turned: false });
  if (way === null) return false;
  const { engine, size } = way;
  const [source, given] = [imagesOf(compact(input), groups), imagesOf(compact(gradient), groups)];
  if (size !== null) {
    const extent = extentOf(input, groups, padding[1], padding[2]);
    if (winogradKernels.convolveKernels(engine, size, extent, source, given, kernelsOf(output))) return true;
  }
  const steps = stepsOf(input, options);
  if (way.direct) return correlateDirectly(engine, steps, source, given, kernelsOf(output));
  const { convolveKernels } = engine.blas ? blasConvolution : patchKernels;
  return convolveKernels(engine, steps, source, given, kernelsOf(output));
}
