import type { Buffer, Kernels } from '../../kernels/types.js';
import { type Device, kernelsOf } from './device.js';
import type { DType } from './dtype.js';

/** Memory that one tensor or several views share, with the counters that tell whether it changed. */
export class Storage {
  declare readonly buffer: Buffer;
  declare readonly dtype: DType;
  declare readonly device: Device;
  declare readonly kernels: Kernels;
  /** Elements. */
  declare readonly size: number;
  /** Goes up with every in-place change. */
  declare version: number;
  /** Which operation made the latest in-place change: for the error that names it. */
  declare changedBy: string | null;
  /** Goes up when an in-place change gives the base a new node: views then take theirs anew. */
  declare history: number;
  /** Made in inference mode: no gradient may pass through it. */
  declare inference: boolean;

  constructor(buffer: Buffer, dtype: DType, device: Device, kernels: Kernels, size: number) {
    this.buffer = buffer;
    this.dtype = dtype;
    this.device = device;
    this.kernels = kernels;
    this.size = size;
    this.version = 0;
    this.changedBy = null;
    this.history = 0;
    this.inference = false;
  }
}

/** Uninitialised memory on a device. */
export function allocate(dtype: DType, device: Device, size: number): Storage {
  const kernels = kernelsOf(device);
  return new Storage(kernels.allocate(dtype, size), dtype, device, kernels, size);
}
