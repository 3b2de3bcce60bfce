import { type Described, type Fn, fn, type Results, results, typed } from '../../core/define.js';
import type { Tensor } from '../../core/tensor.js';
import { zeros } from '../creation/creation.js';
import { unpackLu } from './lu.js';
import { chain } from './power.js';

/** Matrices as a list or spread. */
export type ChainMatmul = (...matrices: readonly Tensor[] | readonly [readonly Tensor[]]) => Tensor;

/** Product of matrices in the cheapest order. PyTorch: torch.chain_matmul. */
export const chainMatmul: ChainMatmul & Described = typed<ChainMatmul>(
  'chainMatmul(*matrices)',
  (matrices: Tensor[]) => chain('chainMatmul', matrices),
  { samples: (m) => [[m(2, 3), m(3, 4), m(4, 2)]] },
  1,
);

type UnpackOptions = { LUPivots?: Tensor; unpackData?: boolean; unpackPivots?: boolean };

/** P, L and U from packed factors; empty ones for what is not unpacked. PyTorch: torch.lu_unpack. */
export const luUnpack: Fn<
  [LUData: Tensor, LUPivots: Tensor, unpackData?: boolean, unpackPivots?: boolean],
  UnpackOptions,
  Results<'P' | 'L' | 'U'>
> = fn('luUnpack(LUData, LUPivots, unpackData=true, unpackPivots=true)', (packed, pivots, unpackData, unpackPivots) => {
  const [p, l, u] = unpackLu('luUnpack', packed, pivots);
  const none = zeros([0], { dtype: packed.dtype, device: packed.device });
  return results(['P', 'L', 'U'], [unpackPivots ? p : none, unpackData ? l : none, unpackData ? u : none]);
});
