import { type Formula, formula } from '../../../kernels/dag.js';
import { lstmStep, lstmStepBackward } from '../../../kernels/lstm.js';
import type { View } from '../../../kernels/types.js';
import { apply, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { gradientsThrough } from '../../autograd/recompute.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';

const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

/** (..., 4 H) seen as (4, ..., H), so that each gate lies together once it is copied. */
function byGate(x: Tensor): View {
  const last = x.shape.length - 1;
  const size = x.shape[last] / 4;
  const shape = [4, ...x.shape.slice(0, last), size];
  return alias(x, x.offset, shape, [size * x.strides[last], ...x.strides]);
}

/** The four parts of (4, ..., H). */
function parts(x: Tensor): Tensor[] {
  return [0, 1, 2, 3].map((k) => alias(x, x.offset + k * x.strides[0], x.shape.slice(1), x.strides.slice(1)));
}

/** Gradients to the sums (..., 4 H) and to the old c. Inputs: gradients to h and c, then old c, new c, gates. */
const backwardRow: Row<null> = {
  name: 'lstmCellBackward',
  infer: ([, , { shape, dtype }]) => [
    { shape: [...shape.slice(0, -1), 4 * shape[shape.length - 1]], dtype },
    { shape, dtype },
  ],
  kernel(k, [to, toOld], [toH, toC, c, next, gates]) {
    const apart = emptyTensor(gates.shape, gates.dtype, gates.device);
    k.pointwise(lstmStepBackward, c.dtype, [...parts(apart), toOld], [toH, toC, ...parts(gates), c, next]);
    k.copy(byGate(to), apart);
  },
};

/**
 * A step of plain operations, for devices without a launch of its own and for gradients of gradients: what input and old h give for the
 * gates (..., 4 H) and the old c become the new h and c.
 */
export function lstmComposed(fromInput: Tensor, recurrent: Tensor, before: Tensor): [h: Tensor, c: Tensor] {
  const [i, f, g, o] = fromInput.add(recurrent).chunk(4, -1);
  const c = f.sigmoid().mul(before).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(c.tanh()), c];
}

/** Results: h, c and the gates (4, ..., H) behind their nonlinearities, which only the gradient reads. */
const cellRow: Row<null> = {
  name: 'lstmCell',
  infer: ([, , { shape, dtype }]) => [
    { shape, dtype },
    { shape, dtype },
    { shape: [4, ...shape], dtype },
  ],
  kernel(k, [h, next, gates], [x, y, c]) {
    const sums = emptyTensor(gates.shape, gates.dtype, gates.device);
    k.pointwise2(sum, c.dtype, sums, byGate(x), byGate(y));
    k.pointwise(lstmStep, c.dtype, [h, next, ...parts(gates)], [...parts(sums), c]);
  },
  saves: [0, 1, 2],
  savesResults: [1, 2],
  grad(_t, g, inputs, [, next, gates], _attributes, wanted) {
    if (modes.grad) return gradientsThrough(lstmComposed, inputs, g, wanted);
    const [to, toOld] = apply(backwardRow, [g[0], g[1], inputs[2], next, gates], null);
    return [to, to, toOld];
  },
};

/**
 * One step of an LSTM from what input and old h give for its gates (..., 4 H) and the old c (..., H) to the new h and c, in one
 * launch each way; null where the device, or a mixture of dtypes, needs the composition.
 */
export function lstmCell(x: Tensor, y: Tensor, c: Tensor): [h: Tensor, c: Tensor] | null {
  const { dtype } = c;
  if (c.storage.kernels.fused === undefined || (dtype !== 'float32' && dtype !== 'float64')) return null;
  for (const part of [x, y]) if (part.dtype !== dtype || part.shape.join() !== y.shape.join()) return null;
  if (y.shape.join() !== [...c.shape.slice(0, -1), 4 * c.shape[c.shape.length - 1]].join()) return null;
  const [h, next] = apply(cellRow, [x, y, c], null);
  return [h, next];
}
