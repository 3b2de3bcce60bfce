import type { InplaceForm } from '../autograd/define.js';
import type { Tensor } from '../core/tensor.js';
import { celu, elu, hardtanh, leakyRelu, relu, rrelu, selu, threshold } from './activation.js';

/** The arguments of an activation; the result is its first one, changed. */
type Into<F extends (...args: never) => Tensor> = (...args: Parameters<F>) => Tensor;

function into<F extends (...args: never) => Tensor>(activation: F & InplaceForm): Into<F> {
  return (...args) => activation.inplace(...(args as unknown as [Tensor, ...unknown[]]));
}

/** `celu`, written into its input. PyTorch: torch.nn.functional.celu_. */
export const celu_: Into<typeof celu> = into<typeof celu>(celu);

/** `elu`, written into its input. PyTorch: torch.nn.functional.elu_. */
export const elu_: Into<typeof elu> = into<typeof elu>(elu);

/** `hardtanh`, written into its input. PyTorch: torch.nn.functional.hardtanh_. */
export const hardtanh_: Into<typeof hardtanh> = into<typeof hardtanh>(hardtanh);

/** `leakyRelu`, written into its input. PyTorch: torch.nn.functional.leaky_relu_. */
export const leakyRelu_: Into<typeof leakyRelu> = into<typeof leakyRelu>(leakyRelu);

/** `relu`, written into its input. PyTorch: torch.nn.functional.relu_. */
export const relu_: Into<typeof relu> = into<typeof relu>(relu);

/** `rrelu`, written into its input. PyTorch: torch.nn.functional.rrelu_. */
export const rrelu_: Into<typeof rrelu> = into<typeof rrelu>(rrelu);

/** `selu`, written into its input. PyTorch: torch.nn.functional.selu_. */
export const selu_: Into<typeof selu> = into<typeof selu>(selu);

/** `threshold`, written into its input. PyTorch: torch.nn.functional.threshold_. */
export const threshold_: Into<typeof threshold> = into<typeof threshold>(threshold);
