import type { InplaceForm } from './autograd/define.js';
import { requiresGrad } from './autograd/edges.js';
import * as hooks from './autograd/hooks.js';
import { install } from './autograd/table.js';
import type { Described } from './core/define.js';
import type { Device } from './core/device.js';
import type { DType } from './core/dtype.js';
import { Tensor } from './core/tensor.js';
import type { ToOptions } from './ops/convert.js';
import * as convert from './ops/convert.js';
import * as matmul from './ops/matmul.js';
import * as pointwise from './ops/pointwise.js';
import * as reduce from './ops/reduce.js';
import * as table from './ops/table.js';
import * as view from './ops/view.js';

type Tail<A extends unknown[]> = A extends [unknown, ...infer Rest] ? Rest : never;
type Callable = (...args: never[]) => unknown;

/** Methods whose overloads a mapped type would lose; they are written out below. */
type Overloaded = 'to';

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
    extends Methods<typeof convert>,
      Methods<typeof hooks>,
      Methods<typeof matmul>,
      Methods<typeof pointwise>,
      InplaceMethods<typeof pointwise>,
      Methods<typeof reduce>,
      Methods<typeof view> {
    /** The tensor with another dtype or on another device; itself where nothing changes. PyTorch: Tensor.to. */
    to(target: DType | Device | Tensor, options?: ToOptions): Tensor;
    to(device: Device | Tensor, dtype: DType, options?: ToOptions): Tensor;
    to(options: ToOptions): Tensor;
    /** Whether operations on this tensor are recorded. */
    requiresGrad: boolean;
    /** Whether no recorded operation made it. */
    readonly isLeaf: boolean;
    /** The recorded operation that made it, or null. */
    readonly gradFn: { readonly name: string } | null;
  }
}

const methodTables: readonly object[] = [convert, hooks, matmul, pointwise, reduce, view];

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
  const properties: PropertyDescriptorMap & ThisType<Tensor> = {
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
