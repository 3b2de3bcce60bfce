import type { DType, TypedArray, View } from '../../kernels/types.js';
import { type Webgpu, webgpu } from '../../kernels/webgpu/index.js';
import { blank, type Layout, randoms, scrambleIntegers } from '../kernels/views.js';
import { skipUnless } from './skip.js';

/** The GPU, or why there is none. */
const found: Webgpu | Error = await webgpu().catch((error: Error) => error);

/** `test` where there is a GPU; else skipped and counted. */
export const testOnGpu: ReturnType<typeof skipUnless> = skipUnless(
  !(found instanceof Error),
  found instanceof Error ? found.message : '',
);

/** The GPU; only for the bodies of `testOnGpu`. */
export function gpu(): Webgpu {
  if (found instanceof Error) throw found;
  return found;
}

/** A view of the GPU's copy of the memory that a view of the CPU looks into. */
export function toGpu(view: View): View {
  const { kernels } = gpu();
  const memory = view.buffer as TypedArray;
  const buffer = kernels.allocate(view.dtype, memory.length);
  kernels.upload(buffer, 0, memory);
  return { ...view, buffer };
}

/** The other way: all the memory, not only what the view shows. */
export function fromGpu(view: View): View {
  const length = view.buffer.byteLength / 4;
  const all = { buffer: view.buffer, offset: 0, shape: [length], strides: [1], dtype: view.dtype };
  return { ...view, buffer: gpu().kernels.read(all) };
}

/** A view of the CPU in some layout, with whole numbers from -4 to 4 in it (0 and 1 for bool): sums and products of a few are exact. */
export function small(dtype: DType, shape: readonly number[], layout?: Layout, seed = 1): View {
  const [low, high] = dtype === 'bool' ? [0, 2] : [-4, 5];
  return scrambleIntegers(blank(dtype, shape, layout), randoms(seed), low, high);
}
