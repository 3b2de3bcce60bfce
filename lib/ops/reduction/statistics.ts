import type { Tensor } from '../../core/tensor.js';
import { type SpreadFn, spread, spreadFn } from '../shape/spread.js';

/**
 * Variance over `dim` (one, several, or null for all): squared differences from the mean over their count less `correction`
 * (1; 0 where `unbiased` is false). PyTorch: torch.var.
 * @example
 * tg.tensor([1, 2, 3, 4]).var() // => tensor(1.6667)
 */
const var_: SpreadFn<Tensor> = spreadFn('var', (request) => spread('var', request, false));

export { var_ as var };

/** Standard deviation over `dim`: the root of `var`; gradient 0 where the elements are all the same. PyTorch: torch.std. */
export const std: SpreadFn<Tensor> = spreadFn('std', (request) => spread('std', request, true));
