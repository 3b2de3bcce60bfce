import { count, isContiguous } from '../../kernels/view.js';
import { apply1, checkTensor, type Row } from '../autograd/apply.js';
import { edgeOf, record } from '../autograd/edges.js';
import { modes } from '../autograd/modes.js';
import { type PointwiseRow, pointwise, pointwiseRow } from '../autograd/pointwise.js';
import { table } from '../autograd/table.js';
import { type Described, type Fn, fn, type None, typed } from '../core/define.js';
import type { Device } from '../core/device.js';
import { checkDType, type DType, dtypes } from '../core/dtype.js';
import { ArgumentError, showShape, ValueError } from '../core/errors.js';
import type { Edge, Rule } from '../core/node.js';
import { emptyTensor, Tensor } from '../core/tensor.js';
import { elements } from './elements.js';

const cloneRow: Row<null> = {
  name: 'clone',
  infer: ([x]) => [{ shape: x.shape, dtype: x.dtype }],
  kernel: (k, [y], [x]) => k.copy(y, x),
  grad: (_t, [g]) => [g],
};

/** A copy with memory of its own; gradients pass through. PyTorch: torch.clone. */
export const clone: Fn<[input: Tensor], None, Tensor> = fn('clone(input)', (input) => apply1(cloneRow, [input], null), {
  samples: (m) => [[m(2, 3)], [m()]],
});

/** The tensor itself where its elements lie in row-major order, else a copy. PyTorch: Tensor.contiguous. */
export const contiguous: Fn<[input: Tensor], None, Tensor> = fn('contiguous(input)', (input) =>
  isContiguous(input.shape, input.strides) ? input : clone(input),
);

const castRow: Row<DType> = {
  name: 'to',
  infer: ([x], dtype) => [{ shape: x.shape, dtype }],
  kernel: (k, [y], [x]) => k.copy(y, x),
  grad: (t, [g], [x]) => [t.to(g, x.dtype)],
};

/** What `to` takes: a dtype, a device, another tensor, or both of the first by name. */
export interface To {
  (input: Tensor, target: DType | Device | Tensor, options?: ToOptions): Tensor;
  (input: Tensor, device: Device | Tensor, dtype: DType, options?: ToOptions): Tensor;
  (input: Tensor, options: ToOptions): Tensor;
}

/** Options of `to`. */
export interface ToOptions {
  dtype?: DType | null;
  device?: Device | null;
  /** Make a copy even where nothing changes. */
  copy?: boolean;
}

/**
 * The tensor with another dtype or on another device; itself where nothing changes and `copy` is not set.
 * Fractions are cut when floats become integers. PyTorch: Tensor.to.
 * @example
 * tg.tensor([1.7, 2]).to('int32') // => tensor([1, 2])
 */
export const to: To & Described = typed<To>(
  'to(input, *targets, dtype=null, device=null, copy=false)',
  (input: Tensor, targets: unknown[], options: Required<ToOptions>) => {
    checkTensor('to', input);
    let { dtype, device } = options;
    for (const target of targets.flat()) {
      if (target instanceof Tensor) {
        dtype = target.dtype;
        device = target.device;
      } else if (dtypes.includes(target as DType)) dtype = target as DType;
      else if (target === 'cpu' || target === 'webgpu') device = target;
      else if (typeof target !== 'boolean' && target !== null) {
        throw new ArgumentError(
          `to: ${String(target)} is neither a dtype (${dtypes.join(', ')}) nor a device (cpu, webgpu) nor a tensor`,
        );
      }
    }
    const moved = device === null || device === input.device ? input : move(input, device);
    const type = dtype === null ? moved.dtype : checkDType('to', dtype);
    if (type !== moved.dtype) return apply1(castRow, [moved], type);
    return options.copy && moved === input ? clone(input) : moved;
  },
);

const moveRule: Rule = {
  name: 'to',
  backward: (node, [g]) => [table().to(g as Tensor, { device: (node.edges[0] as Edge).device })],
};

function move(input: Tensor, device: Device): Tensor {
  const result = emptyTensor(input.shape, input.dtype, device);
  result.storage.kernels.upload(result.buffer, 0, input.storage.kernels.read(input));
  const edge = modes.grad ? edgeOf(input) : null;
  if (edge !== null) record(moveRule, [edge], [], null, result);
  return result;
}

const copyRow: PointwiseRow = pointwiseRow('copy', 1, 0, { forward: (_s, x) => x, grad: (_s, g) => g, exact: true });
const fillRow: PointwiseRow = pointwiseRow('fill', 2, 0, {
  forward: (_s, _x, value) => value,
  grad: [(s) => s.const(0), (_s, g) => g],
  exact: true,
});

/** Writes another tensor's elements into this one, broadcast and converted. PyTorch: Tensor.copy_. */
export const copy_: Fn<[self: Tensor, source: Tensor], { source?: Tensor }, Tensor> = fn(
  'copy_(self, source)',
  (self, source) => {
    checkTensor('copy_', source);
    const there = source.device === self.device ? source : source.to(self.device);
    const apart = there.storage === self.storage ? clone(there) : there;
    return pointwise(copyRow, [apart], [], self);
  },
);

/** Writes one value everywhere. PyTorch: Tensor.fill_. */
export const fill_: Fn<
  [self: Tensor, value: number | boolean | Tensor],
  { value?: number | boolean | Tensor },
  Tensor
> = fn('fill_(self, value)', (self, value) => {
  if (value instanceof Tensor && value.shape.length > 0) {
    throw new ArgumentError(
      `fill_: the value must be a number or a tensor without dimensions, got shape ${showShape(value.shape)}; use copy_`,
    );
  }
  return pointwise(fillRow, [self, typeof value === 'boolean' ? Number(value) : value], [], self);
});

/** Writes zeros everywhere. PyTorch: Tensor.zero_. */
export const zero_: Fn<[self: Tensor], None, Tensor> = fn('zero_(self)', (self) => fill_(self, 0));

/** The one element as a number (bool: 1 or 0); waits for the device. ValueError where there are more, or an int64 beyond 2^53. PyTorch: Tensor.item. */
export const item: Fn<[input: Tensor], None, number> = fn('item(input)', (input) => {
  if (count(input.shape) !== 1)
    throw new ValueError(
      `item: the tensor of shape ${showShape(input.shape)} has ${count(input.shape)} elements; item needs exactly one. Use tolist`,
    );
  return numberOf(elements(input)[0]);
});

function numberOf(value: number | bigint): number {
  if (typeof value === 'number') return value;
  const number = Number(value);
  if (!Number.isSafeInteger(number))
    throw new ValueError(`item: the int64 ${value} is beyond what a number holds exactly; use tolist`);
  return number;
}

/** A nested list, as deep as the tensor has dimensions. */
export type NestedList = number | boolean | bigint | NestedList[];

/** The elements as nested lists: numbers, booleans for bool, numbers for int64 where they fit, else BigInts. PyTorch: Tensor.tolist. */
export const tolist: Fn<[input: Tensor], None, NestedList> = fn('tolist(input)', (input) => {
  const values = elements(input);
  let next = 0;
  const one = (): NestedList => {
    const value = values[next++];
    if (input.dtype === 'bool') return value !== 0;
    return typeof value === 'bigint' && Number.isSafeInteger(Number(value)) ? Number(value) : value;
  };
  const walk = (d: number): NestedList =>
    d === input.shape.length ? one() : Array.from({ length: input.shape[d] }, () => walk(d + 1));
  return walk(0);
});
