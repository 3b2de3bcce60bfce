import { slots } from '../dag.js';
import type { Buffer, DType, Kernels } from '../types.js';
import { requestDevice } from './device.js';
import { matmul } from './matmul.js';
import { allocate, read, readAsync, upload } from './memory.js';
import { copy, fill, pointwise } from './pointwise.js';
import { Pool, type WebgpuBuffer } from './pool.js';
import { Queue } from './queue.js';
import { reduce } from './reduce.js';
import type { Context } from './shader.js';
import { dtypes } from './wgsl.js';

/** The kernel families that a GPU has; the others are absent. */
export type WebgpuKernels = Pick<
  Kernels,
  | 'allocate'
  | 'upload'
  | 'read'
  | 'readAsync'
  | 'copy'
  | 'fill'
  | 'pointwise'
  | 'pointwise1'
  | 'pointwise2'
  | 'flat1'
  | 'flat2'
  | 'reduce'
  | 'matmul'
>;

/** A GPU: its kernels, and what only a GPU needs. */
export interface Webgpu {
  readonly kernels: WebgpuKernels;
  /** Vendor, architecture and model as the driver gives them, for people. */
  readonly description: string;
  /** The dtypes its buffers hold; with another one kernels throw a TypeError. */
  readonly dtypes: readonly DType[];
  /** Gives a buffer's memory back without waiting for the collector; whoever uses the buffer later gets an error. */
  release(buffer: Buffer): void;
  /** Bytes and buffers in use, and bytes kept for the next results. */
  memory(): { liveBytes: number; liveBuffers: number; pooledBytes: number };
}

/** Every GPU asked for takes the next place for compiled code, because its programs are its own. */
let nextSlot: number = slots.devices;

async function open(): Promise<Webgpu> {
  const gpu = await requestDevice();
  const queue = new Queue(gpu);
  const pool = new Pool(
    queue.largestBuffer,
    (bytes) => queue.createBuffer(bytes),
    () => queue.flush(),
  );
  const context: Context = { pool, queue, slot: nextSlot++ };
  return {
    kernels: {
      allocate: (dtype, n) => allocate(context, dtype, n),
      upload: (buffer, offset, data) => upload(context, buffer, offset, data),
      read: (view) => read(context, view),
      readAsync: (view) => readAsync(context, view),
      copy: (output, input) => copy(context, output, input),
      fill: (output, value) => fill(context, output, value),
      pointwise: (formula, compute, outputs, inputs) => pointwise(context, formula, compute, outputs, inputs),
      pointwise1: (formula, compute, output, a) => pointwise(context, formula, compute, [output], [a]),
      pointwise2: (formula, compute, output, a, b) => pointwise(context, formula, compute, [output], [a, b]),
      flat1: (formula, compute, _size, output, a) => pointwise(context, formula, compute, [output], [a]),
      flat2: (formula, compute, _size, output, a, b) => pointwise(context, formula, compute, [output], [a, b]),
      reduce: (reduction, output, input, dims) => reduce(context, reduction, output, input, dims),
      matmul: (output, a, b) => matmul(context, output, a, b),
    },
    description: gpu.description,
    dtypes,
    release: (buffer) => pool.release(buffer as WebgpuBuffer),
    memory: () => pool.report(),
  };
}

let opened: Promise<Webgpu> | null = null;

/**
 * The GPU, opened once: `navigator.gpu` in a browser, npm `webgpu` in Node. Rejects where there is no package or no adapter, and
 * tries again when called again.
 */
export function webgpu(): Promise<Webgpu> {
  opened ??= open().catch((error: unknown) => {
    opened = null;
    throw error;
  });
  return opened;
}
