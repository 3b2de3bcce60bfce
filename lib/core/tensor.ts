import type { Buffer, View } from '../../kernels/types.js';
import { contiguousStrides, count, isContiguous } from '../../kernels/view.js';
import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { ArgumentError } from './errors.js';
import type { Edge, Node } from './node.js';
import { allocate, allocateOn, deposits, giveBack, type Storage } from './storage.js';

/** Called with a gradient; what it returns replaces it. */
export type GradientHook = (gradient: Tensor) => Tensor | null | undefined | void;

/** What a view remembers: whose memory it looks into, and when its node was taken. */
export interface ViewOf {
  readonly base: Tensor;
  /** `storage.history` when the view's node was made. */
  history: number;
  /** Taken while gradients were off: an in-place change through it cannot be recorded. */
  readonly untracked: boolean;
  /** One of several results of one operation (split, unbind): an in-place change cannot be recorded. */
  readonly several: boolean;
}

/** The bare tensor record: a window on a storage and its place on the tape. Methods are put on its prototype by `lib/tensor.ts`. */
export class Tensor implements View {
  declare storage: Storage;
  declare offset: number;
  declare shape: readonly number[];
  declare strides: readonly number[];
  declare dtype: DType;
  /** What `grad` gives, for those who keep it to themselves: its memory may serve for other results once it is replaced. */
  declare deposited: Tensor | null;
  /** A leaf that asks for a gradient. */
  declare leaf: boolean;
  /** Where its gradient goes: to the operation that made it, or to itself as a leaf; null where none has been wanted. */
  declare edge: Edge | null;
  declare viewOf: ViewOf | null;
  declare hooks: Set<GradientHook> | null;
  /** Whether its elements follow each other, and how many there are: null and -1 until `isDense` and `sizeOf` were asked. */
  declare dense: boolean | null;
  declare elements: number;

  constructor(storage: Storage, offset: number, shape: readonly number[], strides: readonly number[], dtype: DType) {
    this.storage = storage;
    this.offset = offset;
    this.shape = shape;
    this.strides = strides;
    this.dtype = dtype;
    this.deposited = null;
    this.leaf = false;
    this.edge = null;
    this.viewOf = null;
    this.hooks = null;
    this.dense = null;
    this.elements = -1;
  }

  /** The accumulated gradient of a leaf; null until there is one. */
  get grad(): Tensor | null {
    if (this.deposited !== null) this.deposited.storage.owner = null;
    return this.deposited;
  }

  set grad(gradient: Tensor | null) {
    const before = this.deposited;
    this.deposited = gradient;
    if (before !== null && before !== gradient) giveBack(before.storage, deposits);
  }

  /** What made this tensor, where a gradient is wanted. */
  get node(): Node | null {
    return this.edge === null ? null : this.edge.node;
  }

  /** The memory, for kernels. */
  get buffer(): Buffer {
    return this.storage.buffer;
  }

  /** Where the elements live: 'cpu' or 'webgpu'. */
  get device(): Device {
    return this.storage.device;
  }
}

/** Whether the elements lie one after another in row-major order. */
export function isDense(x: Tensor): boolean {
  x.dense ??= isContiguous(x.shape, x.strides);
  return x.dense;
}

/** How many elements a tensor has. */
export function sizeOf(x: Tensor): number {
  if (x.elements < 0) x.elements = count(x.shape);
  return x.elements;
}

/** A new contiguous tensor with uninitialised elements. */
export function emptyTensor(shape: readonly number[], dtype: DType, device: Device): Tensor {
  return new Tensor(allocate(dtype, device, count(shape)), 0, shape, contiguousStrides(shape), dtype);
}

/** A new contiguous tensor with uninitialised elements, of another's shape and on its device. */
export function emptyBeside(x: Tensor, dtype: DType): Tensor {
  const { storage, shape } = x;
  const size = sizeOf(x);
  const memory = allocateOn(storage.kernels, dtype, storage.device, size);
  const result = new Tensor(memory, 0, shape, isDense(x) ? x.strides : contiguousStrides(shape), dtype);
  result.dense = true;
  result.elements = size;
  return result;
}

/** The same memory under another window; knows nothing of gradients. */
export function alias(x: Tensor, offset: number, shape: readonly number[], strides: readonly number[]): Tensor {
  return new Tensor(x.storage, offset, shape, strides, x.dtype);
}

/** Throws where an argument is not a tensor. */
export function checkTensor(name: string, x: unknown): asserts x is Tensor {
  if (!(x instanceof Tensor)) {
    const what =
      x === null ? 'null' : Array.isArray(x) ? 'an array' : typeof x === 'object' ? 'an object' : `a ${typeof x}`;
    throw new ArgumentError(`${name}: expected a tensor, got ${what}; make one with tg.tensor(...)`);
  }
}
