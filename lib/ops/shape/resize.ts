import { contiguousStrides, count } from '../../../kernels/view.js';
import { requiresGrad } from '../../autograd/edges.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { AutogradError } from '../../core/errors.js';
import { checkSizes } from '../../core/shape.js';
import { allocate } from '../../core/storage.js';
import type { Tensor } from '../../core/tensor.js';
import type { Spread } from './view.js';

/** Gives the tensor itself another shape; elements beyond its storage are not set. AutogradError where it takes part in gradients. PyTorch: Tensor.resize_. */
export const resize_: ((self: Tensor, ...size: Spread) => Tensor) & Described = typed(
  'resize_(self, *size)',
  (self: Tensor, size: number[]) => {
    const shape = checkSizes('resize_', size);
    if (requiresGrad(self)) {
      throw new AutogradError('resize_: a tensor that takes part in gradients cannot be resized; reshape or pad it');
    }
    const { storage } = self;
    if (self.offset + count(shape) > storage.size) {
      const larger = allocate(self.dtype, self.device, count(shape));
      larger.kernels.upload(larger.buffer, 0, storage.kernels.read(self));
      self.storage = larger;
      self.offset = 0;
    }
    self.shape = shape;
    self.strides = contiguousStrides(shape);
    self.dense = true;
    self.elements = -1;
    return self;
  },
);

/** `resize_` to another tensor's shape. PyTorch: Tensor.resize_as_. */
export const resizeAs_: Fn<[self: Tensor, other: Tensor], { other?: Tensor }, Tensor> = fn(
  'resizeAs_(self, other)',
  (self, other) => self.resize_(other.shape),
);
