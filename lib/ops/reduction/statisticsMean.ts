import type { Tensor } from '../../core/tensor.js';
import { type Request, type SpreadFn, spread, spreadFn } from '../shape/spread.js';

const withMean =
  (name: string, root: boolean) =>
  (request: Request): [Tensor, Tensor] => [spread(name, request, root), request.x.mean(request.dim, request.keepdim)];

/** Variance and mean over `dim`. PyTorch: torch.var_mean. */
export const varMean: SpreadFn<[Tensor, Tensor]> = spreadFn('varMean', withMean('varMean', false));

/** Standard deviation and mean over `dim`. PyTorch: torch.std_mean. */
export const stdMean: SpreadFn<[Tensor, Tensor]> = spreadFn('stdMean', withMean('stdMean', true));
