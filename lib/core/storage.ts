import type { Buffer, Kernels } from '../../kernels/types.js';
import { type Device, kernelsOf } from './device.js';
import { type DType, itemSize } from './dtype.js';
import { ValueError } from './errors.js';

/** Who makes memory that no one else will know. */
export interface Owner {
  /** What it made lately, as far as that is worth giving back. */
  readonly made: Storage[];
  /** Whether it also owns what is not: to change it in place. */
  readonly changes: boolean;
}

/** Owns the gradients of leaves that nobody has looked at. */
export const deposits: Owner = { made: [], changes: false };

/** Owns what only nodes of the tape know. */
export const tape: Owner = { made: [], changes: false };

/** Whose memory is being made (null: the caller's), and from how many elements on it is worth giving back before the collector does. */
export const making: { owner: Owner | null; worth: number } = { owner: null, worth: 4096 };

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
  /** Who alone knows it: the walk of the tape that made it for itself, the `tape`, or `deposits`; null for all other memory, and for little of it. */
  declare owner: Owner | null;
  /** In how many places nodes have saved it since it has an owner, and a walk keeps it for later. */
  declare held: number;

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
    this.held = 0;
    const { owner, worth } = making;
    this.owner = owner !== null && (size >= worth || owner.changes) ? owner : null;
    if (owner !== null && size >= worth) owner.made.push(this);
  }
}

/** Uninitialised memory on a device. */
export function allocate(dtype: DType, device: Device, size: number): Storage {
  return allocateOn(kernelsOf(device), dtype, device, size);
}

/** The same, where the device's kernels are at hand. */
export function allocateOn(kernels: Kernels, dtype: DType, device: Device, size: number): Storage {
  return new Storage(memory(kernels, dtype, device, size), dtype, device, kernels, size);
}

function memory(kernels: Kernels, dtype: DType, device: Device, size: number): Buffer {
  try {
    return kernels.allocate(dtype, size);
  } catch (error) {
    // What a platform says when it has no room, or when one array cannot be so long; another realm has its own class.
    if ((error as Error).name !== 'RangeError') throw error;
    throw new ValueError(
      `a tensor of ${size} elements of ${dtype} (${size * itemSize(dtype)} bytes) cannot be allocated on ${device}: ${(error as Error).message}`,
    );
  }
}

/** Gives memory back for other results if it is its owner's alone and not kept. */
export function giveBack(storage: Storage, owner: Owner): void {
  if (storage.owner !== owner || storage.held > 0) return;
  storage.owner = null;
  if (storage.size >= making.worth) storage.kernels.recycle?.(storage.buffer);
}

/** Whether whoever makes memory now is the only one to know this, and keeps it in one place: what it computes next may go there. */
export function isFree({ owner, held }: Storage): boolean {
  return owner !== null && owner === making.owner && held === 1;
}
