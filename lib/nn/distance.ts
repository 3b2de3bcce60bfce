import { cosineSimilarity, pairwiseDistance } from '../ops/product/distance.js';
import type { Tensor } from '../tensor.js';
import type { Call } from './arguments.js';
import { Layer } from './layer.js';

/** The cosine of the angle between vectors along `dim`. PyTorch: torch.nn.CosineSimilarity. */
export class CosineSimilarity extends Layer {
  declare readonly dim: number;
  declare readonly eps: number;

  constructor(...args: Call<[dim?: number, eps?: number], { dim?: number; eps?: number }>) {
    super('CosineSimilarity(dim=1, eps=1e-8)', args);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return cosineSimilarity(x1, x2, this.dim, this.eps);
  }
}

/** The p-norm of x1 - x2 + eps over the last dimension. PyTorch: torch.nn.PairwiseDistance. */
export class PairwiseDistance extends Layer {
  declare readonly p: number;
  declare readonly eps: number;
  declare readonly keepdim: boolean;

  constructor(
    ...args: Call<[p?: number, eps?: number, keepdim?: boolean], { p?: number; eps?: number; keepdim?: boolean }>
  ) {
    super('PairwiseDistance(p=2, eps=1e-6, keepdim=false)', args);
  }

  forward(x1: Tensor, x2: Tensor): Tensor {
    return pairwiseDistance(x1, x2, this.p, this.eps, this.keepdim);
  }
}
