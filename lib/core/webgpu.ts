import { cpu } from '../../kernels/cpu/index.js';
import type { DType, Kernels } from '../../kernels/types.js';
import { count } from '../../kernels/view.js';
import { addDevice } from './device.js';
import { DeviceError, DTypeError } from './errors.js';

/** The GPU behind the device 'webgpu'. */
export interface Gpu {
  /** Vendor, architecture and model, as the driver gives them. */
  readonly description: string;
  /** The dtypes that live there. */
  readonly dtypes: readonly DType[];
  /** Bytes and buffers in use, and bytes kept for the next results. */
  memory(): { liveBytes: number; liveBuffers: number; pooledBytes: number };
}

/** Fills up a device's kernels: a family that it lacks becomes an error that says so; fused ones have compositions to fall back to. */
function complete(device: string, offered: Partial<Kernels>): Kernels {
  const lacking = Object.keys(cpu)
    .filter((family) => family !== 'fused' && !(family in offered))
    .map((family) => [
      family,
      (): never => {
        throw new DeviceError(`${family}: ${device} has no kernel for this yet; move the tensors with to('cpu') first`);
      },
    ]);
  return { ...(Object.fromEntries(lacking) as unknown as Kernels), ...offered };
}

/**
 * Opens the GPU and makes the device 'webgpu' known: `navigator.gpu` in a browser, npm `webgpu` in Node. Afterwards everything is
 * synchronous there: `item()`, `tolist()` and printing wait. It holds float32, int32 and bool (DTypeError for others).
 * DeviceError, with what to do, where there is no adapter or no package.
 */
export async function webgpu(): Promise<Gpu> {
  const { webgpu: open } = await import('../../kernels/webgpu/index.js');
  const gpu = await open().catch((cause: unknown) => {
    throw new DeviceError(cause instanceof Error ? cause.message : String(cause), { cause });
  });
  const { kernels, description, dtypes, memory } = gpu;
  const allocate: Kernels['allocate'] = (dtype, count) => {
    if (dtypes.includes(dtype)) return kernels.allocate(dtype, count);
    throw new DTypeError(
      `webgpu holds ${dtypes.join(', ')}, not ${dtype}; convert with to(dtype) before moving the tensor there`,
    );
  };
  // The words of a random stream are the same everywhere; the CPU makes them until a shader does.
  const philox: Kernels['philox'] = (output, seed, counter) => {
    const words = cpu.allocate('int32', count(output.shape)) as Int32Array;
    cpu.philox({ ...output, buffer: words, offset: 0 }, seed, counter);
    kernels.upload(output.buffer, output.offset, words);
  };
  addDevice('webgpu', complete('webgpu', { ...kernels, allocate, philox }));
  return { description, dtypes, memory };
}
