import type { InplaceForm } from './autograd/define.js';
import { requiresGrad } from './autograd/edges.js';
import * as hooks from './autograd/hooks.js';
import { install } from './autograd/table.js';
import type { Described } from './core/define.js';
import type { Device } from './core/device.js';
import type { DType } from './core/dtype.js';
import { Tensor } from './core/tensor.js';
import { format } from './format.js';
import * as casts from './ops/casts.js';
import * as compare from './ops/compare.js';
import type { ToOptions } from './ops/convert.js';
import * as convert from './ops/convert.js';
import * as newTensors from './ops/creation/newTensors.js';
import * as randomMethods from './ops/creation/randomMethods.js';
import * as at from './ops/indexing/at.js';
import * as gather from './ops/indexing/gather.js';
import * as indexing from './ops/indexing/indexing.js';
import * as masked from './ops/indexing/masked.js';
import * as nonzero from './ops/indexing/nonzero.js';
import * as scatter from './ops/indexing/scatter.js';
import * as scatterReduce from './ops/indexing/scatterReduce.js';
import * as sort from './ops/indexing/sort.js';
import * as unique from './ops/indexing/unique.js';
import * as inspect from './ops/inspect.js';
import * as linalg from './ops/linalg/methods.js';
import * as pointwise from './ops/pointwise.js';
import * as pointwiseMethods from './ops/pointwiseMethods.js';
import * as addmm from './ops/product/addmm.js';
import * as matmul from './ops/product/matmul.js';
import * as matrix from './ops/product/matrix.js';
import * as counting from './ops/reduction/counting.js';
import * as covariance from './ops/reduction/covariance.js';
import * as difference from './ops/reduction/difference.js';
import type { ValuesIndices } from './ops/reduction/extreme.js';
import * as extreme from './ops/reduction/extreme.js';
import * as histogram from './ops/reduction/histogram.js';
import * as median from './ops/reduction/median.js';
import * as norm from './ops/reduction/norm.js';
import * as quantile from './ops/reduction/quantile.js';
import * as reduce from './ops/reduction/reduce.js';
import * as scan from './ops/reduction/scan.js';
import * as softmax from './ops/reduction/softmax.js';
import * as statistics from './ops/reduction/statistics.js';
import * as diagonal from './ops/shape/diagonal.js';
import * as interchange from './ops/shape/interchange.js';
import * as repeat from './ops/shape/repeat.js';
import * as resize from './ops/shape/resize.js';
import * as shape from './ops/shape/shape.js';
import * as split from './ops/shape/split.js';
import * as triangle from './ops/shape/triangle.js';
import * as view from './ops/shape/view.js';
import * as viewScatter from './ops/shape/viewScatter.js';
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
    extends Methods<typeof addmm>,
      Methods<typeof interchange>,
      Methods<typeof histogram>,
      Methods<typeof resize>,
      Methods<typeof viewScatter>,
      Methods<typeof counting>,
      Methods<typeof unique>,
      Methods<typeof nonzero>,
      Methods<typeof compare>,
      Methods<typeof triangle>,
      InplaceMethods<typeof triangle>,
      Methods<typeof repeat>,
      Methods<typeof newTensors>,
      Methods<typeof diagonal>,
      Methods<typeof casts>,
      Methods<typeof sort>,
      Methods<typeof scatterReduce>,
      InplaceMethods<typeof scatterReduce>,
      Methods<typeof scatter>,
      InplaceMethods<typeof scatter>,
      Methods<typeof inspect>,
      Methods<typeof indexing>,
      InplaceMethods<typeof indexing>,
      InplaceMethods<typeof addmm>,
      Methods<typeof convert>,
      Methods<typeof extreme>,
      Methods<typeof hooks>,
      Methods<typeof matmul>,
      Methods<typeof pointwise>,
      InplaceMethods<typeof pointwise>,
      Methods<typeof pointwiseMethods>,
      InplaceMethods<typeof pointwiseMethods>,
      Methods<typeof randomMethods>,
      Methods<typeof reduce>,
      Methods<typeof softmax>,
      Methods<typeof statistics>,
      Methods<typeof at>,
      Methods<typeof gather>,
      Methods<typeof linalg>,
      Methods<typeof masked>,
      InplaceMethods<typeof masked>,
      Methods<typeof shape>,
      Methods<typeof split>,
      Methods<typeof view>,
      Methods<typeof scan>,
      InplaceMethods<typeof scan>,
      Methods<typeof matrix>,
      Methods<typeof difference>,
      Methods<typeof median>,
      Methods<typeof quantile>,
      Methods<typeof covariance>,
      Methods<typeof norm>,
      InplaceMethods<typeof norm> {
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

const methodTables: readonly object[] = [
  interchange,
  histogram,
  resize,
  viewScatter,
  counting,
  unique,
  nonzero,
  compare,
  triangle,
  repeat,
  newTensors,
  diagonal,
  addmm,
  at,
  casts,
  convert,
  covariance,
  difference,
  extreme,
  gather,
  hooks,
  indexing,
  inspect,
  linalg,
  masked,
  matmul,
  matrix,
  median,
  norm,
  pointwise,
  pointwiseMethods,
  quantile,
  randomMethods,
  reduce,
  scan,
  scatter,
  scatterReduce,
  shape,
  softmax,
  sort,
  split,
  statistics,
  view,
];

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
