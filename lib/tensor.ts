import type { InplaceForm } from './autograd/define.js';
import { requiresGrad } from './autograd/edges.js';
import * as hooks from './autograd/hooks.js';
import { install } from './autograd/table.js';
import type { Described } from './core/define.js';
import type { Device } from './core/device.js';
import type { DType } from './core/dtype.js';
import { Tensor } from './core/tensor.js';
import { format } from './format.js';
import type { ToOptions } from './ops/convert.js';
import * as methods from './ops/methods.js';
import * as methodsOnly from './ops/methodsOnly.js';
import type { ValuesIndices } from './ops/reduction/extreme.js';
import * as table from './ops/table.js';

type Tail<A extends unknown[]> = A extends [unknown, ...infer Rest] ? Rest : never;
type Callable = (...args: never[]) => unknown;

/** Methods whose overloads a mapped type would lose; they are written out below. */
type Overloaded =
  | 'max'
  | 'median'
  | 'min'
  | 'nanmedian'
  | 'nonzero'
  | 'size'
  | 'stride'
  | 'to'
  | 'unique'
  | 'uniqueConsecutive';

/** The methods of a table: its functions, without their first argument, which is the tensor. */
type Methods<T> = {
  [K in keyof T as T[K] extends Described ? Exclude<K, Overloaded> : never]: T[K] extends Callable
    ? (...args: Tail<Parameters<T[K]>>) => ReturnType<T[K]>
    : never;
};

/** The in-place forms of a table of pointwise functions. */
type InplaceMethods<T> = {
  [K in keyof T as T[K] extends InplaceForm ? `${K & string}_` : never]: T[K] extends Callable
    ? (...args: Tail<Parameters<T[K]>>) => Tensor
    : never;
};

declare module './core/tensor.js' {
  interface Tensor
    extends Methods<typeof methods>,
      Methods<typeof methodsOnly>,
      Methods<typeof hooks>,
      InplaceMethods<typeof methods>,
      InplaceMethods<typeof methodsOnly> {
    /** Largest of all elements, along a dimension with its index, or of each pair with another tensor. PyTorch: Tensor.max. */
    max(): Tensor;
    max(other: Tensor): Tensor;
    max(dim: number, keepdim?: boolean): ValuesIndices;
    max(options: { dim: number; keepdim?: boolean }): ValuesIndices;
    /** Median of all elements, or along a dimension with its index; NaN wins. PyTorch: Tensor.median. */
    median(): Tensor;
    median(dim: number, keepdim?: boolean): ValuesIndices;
    median(options: { dim: number; keepdim?: boolean }): ValuesIndices;
    /** `median` that passes over NaN. PyTorch: Tensor.nanmedian. */
    nanmedian(): Tensor;
    nanmedian(dim: number, keepdim?: boolean): ValuesIndices;
    nanmedian(options: { dim: number; keepdim?: boolean }): ValuesIndices;
    /** Smallest of all elements, along a dimension with its index, or of each pair with another tensor. PyTorch: Tensor.min. */
    min(): Tensor;
    min(other: Tensor): Tensor;
    min(dim: number, keepdim?: boolean): ValuesIndices;
    min(options: { dim: number; keepdim?: boolean }): ValuesIndices;
    /** The tensor with another dtype or on another device; itself where nothing changes. PyTorch: Tensor.to. */
    to(target: DType | Device | Tensor, options?: ToOptions): Tensor;
    to(device: Device | Tensor, dtype: DType, options?: ToOptions): Tensor;
    to(options: ToOptions): Tensor;
    /** Where the elements are not zero: a table of coordinates, or one index tensor for each dimension. PyTorch: Tensor.nonzero. */
    nonzero(options?: { asTuple?: false }): Tensor;
    nonzero(options: { asTuple: true }): Tensor[];
    /** The distinct elements in ascending order; see `tg.unique`. PyTorch: Tensor.unique. */
    unique(options?: { dim?: number | null; sorted?: boolean }): Tensor;
    unique(options: {
      dim?: number | null;
      sorted?: boolean;
      returnInverse?: boolean;
      returnCounts?: boolean;
    }): Tensor[];
    unique(sorted: boolean, returnInverse?: boolean, returnCounts?: boolean, dim?: number | null): Tensor | Tensor[];
    /** The elements that differ from the one before; see `tg.unique`. PyTorch: Tensor.unique_consecutive. */
    uniqueConsecutive(options?: { dim?: number | null }): Tensor;
    uniqueConsecutive(options: { dim?: number | null; returnInverse?: boolean; returnCounts?: boolean }): Tensor[];
    uniqueConsecutive(returnInverse: boolean, returnCounts?: boolean, dim?: number | null): Tensor | Tensor[];
    /** Its shape, or one size of it. PyTorch: Tensor.size. */
    size(): number[];
    size(dim: number): number;
    /** How many elements of the storage lie between neighbours, for every dimension or one. PyTorch: Tensor.stride. */
    stride(): number[];
    stride(dim: number): number;
    /** All dimensions in reverse order: a matrix transposed. PyTorch: Tensor.T. */
    readonly T: Tensor;
    /** The last two dimensions exchanged. PyTorch: Tensor.mT. */
    readonly mT: Tensor;
    /** A matrix transposed; numbers are real here, so nothing is conjugated. PyTorch: Tensor.H. */
    readonly H: Tensor;
    /** The last two dimensions exchanged; numbers are real here. PyTorch: Tensor.mH. */
    readonly mH: Tensor;
    /** How many dimensions it has. PyTorch: Tensor.ndim. */
    readonly ndim: number;
    /** The tensor as PyTorch prints it. */
    toString(): string;
    /** Whether operations on this tensor are recorded. */
    requiresGrad: boolean;
    /** Whether no recorded operation made it. */
    readonly isLeaf: boolean;
    /** The recorded operation that made it, or null. */
    readonly gradFn: { readonly name: string } | null;
  }
}

const methodTables: readonly object[] = [methods, methodsOnly, hooks];

/** As PyTorch prints it; the waiting for a device included. */
function show(this: Tensor): string {
  const node = requiresGrad(this) ? this.node : null;
  return format(this.detach(), node === null ? this.leaf : node.name);
}

/** Puts a method on the tensor for every function of the tables that carries a signature, and the in-place forms. */
function addMethods(prototype: object): void {
  const add = (name: string, value: unknown): void => {
    Object.defineProperty(prototype, name, { value, writable: true, configurable: true });
  };
  for (const [name, call] of methodTables.flatMap((module) => Object.entries(module))) {
    if (typeof call !== 'function' || !('signature' in call)) continue;
    add(name, function (this: Tensor, ...args: unknown[]): unknown {
      return call(this, ...args);
    });
    if ('inplace' in call) {
      const { inplace } = call as unknown as InplaceForm;
      add(`${name}_`, function (this: Tensor, ...args: unknown[]): Tensor {
        return inplace(this, ...args);
      });
    }
  }
  add('toString', show);
  // Node's prompt, console.log and notebooks show an object through this.
  Object.defineProperty(prototype, Symbol.for('nodejs.util.inspect.custom'), { value: show, configurable: true });
  const properties: PropertyDescriptorMap & ThisType<Tensor> = {
    T: {
      get() {
        return this.permute(this.shape.map((_, d) => d).reverse());
      },
      configurable: true,
    },
    mT: {
      get() {
        return this.adjoint();
      },
      configurable: true,
    },
    H: {
      get() {
        return this.t();
      },
      configurable: true,
    },
    mH: {
      get() {
        return this.adjoint();
      },
      configurable: true,
    },
    ndim: {
      get() {
        return this.shape.length;
      },
      configurable: true,
    },
    requiresGrad: {
      get() {
        return requiresGrad(this);
      },
      set(value: boolean) {
        this.requiresGrad_(value);
      },
      configurable: true,
    },
    isLeaf: {
      get() {
        return !requiresGrad(this) || this.leaf;
      },
      configurable: true,
    },
    gradFn: {
      get() {
        return requiresGrad(this) ? this.node : null;
      },
      configurable: true,
    },
  };
  Object.defineProperties(prototype, properties);
}

install(table);
addMethods(Tensor.prototype);

export { Tensor };
