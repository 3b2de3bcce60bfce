import type { FusedKernels } from '../../../kernels/types.js';
import { apply, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { gradientsThrough } from '../../autograd/recompute.js';
import type { Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';
import { lstmComposed } from './lstmCell.js';

/** Whether the last step is the first to be taken. */
interface Direction {
  readonly reverse: boolean;
}

/** Gradients to the sums, to c before and, where it is wanted, to h before. Inputs: gradients to every h and c, then c before, weight, every c, the gates. */
const backwardRow: Row<Direction & { readonly toH: boolean }> = {
  name: 'lstmBackward',
  infer: ([{ shape, dtype }, , c], { toH }) => [
    { shape: [shape[0], shape[1], 4 * shape[2]], dtype },
    { shape: c.shape, dtype },
    ...(toH ? [{ shape: c.shape, dtype }] : []),
  ],
  kernel(k, [sums, toC, h = null], [output, toCells, c, weight, cells, gates], { reverse }) {
    const { lstmBackward } = k.fused as FusedKernels;
    lstmBackward({ sums, h, c: toC }, { output, cells: toCells }, { c, weight, cells, gates }, reverse);
  },
};

/** Every step's h and c of plain operations. */
function composed(t: Operations, { reverse }: Direction) {
  return (sums: Tensor, h: Tensor, c: Tensor, weight: Tensor): Tensor[] => {
    const order = reverse ? sums.unbind(0).reverse() : sums.unbind(0);
    let state: [Tensor, Tensor] = [h, c];
    const states = order.map((x) => {
      state = lstmComposed(x, state[0].matmul(weight.transpose(0, 1)), state[1]);
      return state;
    });
    if (reverse) states.reverse();
    return [0, 1].map((k) =>
      t.stack(
        states.map((pair) => pair[k]),
        0,
      ),
    );
  };
}

/** The h that each step began with, from the first h and that of every step. */
function statesBefore(t: Operations, h: Tensor, output: Tensor, { reverse }: Direction): Tensor {
  const others = output.narrow(0, reverse ? 1 : 0, output.shape[0] - 1);
  return t.cat(reverse ? [others, h.unsqueeze(0)] : [h.unsqueeze(0), others], 0);
}

/** Results: h and c of every step, and the gates, which only the gradient reads. */
const lstmRow: Row<Direction> = {
  name: 'lstm',
  infer: ([{ shape }, { shape: state, dtype }]) => [
    { shape: [shape[0], ...state], dtype },
    { shape: [shape[0], ...state], dtype },
    { shape: [shape[0], 4, ...state], dtype },
  ],
  kernel(k, [output, cells, gates], [sums, h, c, weight], { reverse }) {
    (k.fused as FusedKernels).lstm({ output, cells, gates }, { sums, h, c, weight }, reverse);
  },
  saves: [0, 1, 2, 3],
  savesResults: [0, 1, 2],
  grad(t, g, inputs, [output, cells, gates], direction, wanted) {
    if (modes.grad) return gradientsThrough(composed(t, direction), inputs, g, wanted);
    const [, h, c, weight] = inputs;
    const read = [g[0], g[1], c, weight, cells, gates];
    const [toSums, toC, toH = null] = apply(backwardRow, read, { ...direction, toH: wanted[1] });
    if (!wanted[3]) return [toSums, toH, toC, null];
    const flat = toSums.reshape(-1, weight.shape[0]);
    const before = statesBefore(t, h, output, direction).reshape(-1, weight.shape[1]);
    return [toSums, toH, toC, flat.transpose(0, 1).matmul(before)];
  },
};

/**
 * One direction of an LSTM over time, from what the input gives for the gates (T, N, 4 H), the state before (N, H) and the weight (4 H, H)
 * of h, in one launch each way: h and c of every step. Null where the device, or a mixture of dtypes, needs the composition.
 */
export function lstm(
  sums: Tensor,
  h: Tensor,
  c: Tensor,
  weight: Tensor,
  reverse: boolean,
): [output: Tensor, cells: Tensor] | null {
  const { dtype } = h;
  if (h.storage.kernels.fused === undefined || (dtype !== 'float32' && dtype !== 'float64')) return null;
  if ([sums, c, weight].some((x) => x.dtype !== dtype)) return null;
  const [output, cells] = apply(lstmRow, [sums, h, c, weight], { reverse });
  return [output, cells];
}
