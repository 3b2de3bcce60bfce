import { AutogradError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { getRngState, setRngState } from '../random.js';
import { walkTape } from './backward.js';
import { requiresGrad } from './edges.js';
import { applyFunction, type FunctionContext } from './function.js';
import { enableGrad, modes } from './modes.js';
import { table } from './table.js';

type Returned = Tensor | readonly Tensor[];

/**
 * Runs `fn` without keeping what its gradient needs, and runs it again in backward: memory for time. Random numbers are the same
 * both times. Parameters that `fn` captures get theirs added to their `.grad`; `createGraph` through it is an error.
 * PyTorch: torch.utils.checkpoint.checkpoint.
 * @example
 * const x = tg.tensor([1, 2], { requiresGrad: true });
 * tg.utils.checkpoint.checkpoint((x) => x.exp().sum(), x).backward();
 * x.grad // => tensor([2.7183, 7.3891])
 */
export function checkpoint<A extends Tensor[], R extends Returned>(fn: (...inputs: A) => R, ...inputs: A): R {
  const random = getRngState();
  const recompute = {
    name: 'checkpoint',
    forward: (ctx: FunctionContext, _gate: Tensor, ...x: Tensor[]): R => {
      ctx.saveForBackward(...x);
      return fn(...(x as A));
    },
    backward(ctx: FunctionContext, ...gradients: Tensor[]): (Tensor | null)[] {
      if (modes.grad)
        throw new AutogradError(
          'checkpoint: its gradient cannot be differentiated again; call the function directly where createGraph is needed',
        );
      const now = getRngState();
      setRngState(random);
      const leaves = ctx.savedTensors.map((x) => (requiresGrad(x) ? x.detach().requiresGrad_() : x.detach()));
      const results = enableGrad(() => fn(...(leaves as A)));
      setRngState(now);
      const list = (Array.isArray(results) ? results : [results]) as Tensor[];
      const roots = list.flatMap((y, i) => (requiresGrad(y) ? [i] : []));
      if (roots.length === 0) return [null, ...leaves.map(() => null)];
      walkTape(
        roots.map((i) => list[i]),
        roots.map((i) => gradients[i]),
        { retainGraph: false, createGraph: false, inputs: null, deposit: true },
      );
      return [null, ...leaves.map((x) => x.grad)];
    },
  };
  // Parameters that only `fn` knows need a gradient even where no input does: the gate makes sure that the call is recorded.
  const gate = table().zeros([], { requiresGrad: modes.grad });
  return applyFunction(recompute, [gate, ...inputs]) as R;
}
