import { type Formula, formula } from '../../../kernels/dag.js';
import type { Scalar } from '../../../kernels/scalar.js';
import type { View } from '../../../kernels/types.js';
import { apply, type Row } from '../../autograd/apply.js';
import { modes } from '../../autograd/modes.js';
import { alias, emptyTensor, type Tensor } from '../../core/tensor.js';
import type { Operations } from '../index.js';

const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

function logistic<V>(s: Scalar<V>, x: V): V {
  return s.div(s.const(1), s.add(s.const(1), s.exp(s.neg(x))));
}

/** The new h and c, and the four gates: what they are before their nonlinearities, and the old c. */
const forwardFormula: Formula = formula(5, <V>(s: Scalar<V>, ...[a, b, d, e, c]: V[]): V[] => {
  const [i, f, g, o] = [logistic(s, a), logistic(s, b), s.tanh(d), logistic(s, e)];
  const next = s.add(s.mul(f, c), s.mul(i, g));
  return [s.mul(o, s.tanh(next)), next, i, f, g, o];
});

/** Gradients to the four sums and the old c. Inputs: those to h, c and the gates, the gates, the old c and the new one. */
function gradients<V>(s: Scalar<V>, ...[toH, toC, toI, toF, toG, toO, i, f, g, o, c, next]: V[]): V[] {
  const bent = s.tanh(next);
  const slope = (y: V): V => s.mul(y, s.sub(s.const(1), y));
  const rest = (y: V): V => s.sub(s.const(1), s.mul(y, y));
  const to = s.add(toC, s.mul(s.mul(toH, o), rest(bent)));
  return [
    s.mul(s.add(toI, s.mul(to, g)), slope(i)),
    s.mul(s.add(toF, s.mul(to, c)), slope(f)),
    s.mul(s.add(toG, s.mul(to, i)), rest(g)),
    s.mul(s.add(toO, s.mul(toH, bent)), slope(o)),
    s.mul(to, f),
  ];
}

const backwardFormula: Formula = formula(12, gradients);

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

/** Gradients to the sums (..., 4 H) and to the old c. Inputs: gradients to h, c and the gates, then old c, new c, gates. */
const backwardRow: Row<null> = {
  name: 'lstmCellBackward',
  infer: ([, , , { shape, dtype }]) => [
    { shape: [...shape.slice(0, -1), 4 * shape[shape.length - 1]], dtype },
    { shape, dtype },
  ],
  kernel(k, [to, toOld], [toH, toC, toGates, c, next, gates]) {
    const apart = emptyTensor(gates.shape, gates.dtype, gates.device);
    const inputs = [toH, toC, ...parts(toGates), ...parts(gates), c, next];
    k.pointwise(backwardFormula, c.dtype, [...parts(apart), toOld], inputs);
    k.copy(byGate(to), apart);
  },
};

/** Formulas read by tensors, for gradients of gradients. */
function reader(t: Operations): Scalar<Tensor> {
  const { add, mul, sub, tanh } = t;
  return { const: (value: number) => value, add, mul, sub, tanh } as unknown as Scalar<Tensor>;
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
    k.pointwise(forwardFormula, c.dtype, [h, next, ...parts(gates)], [...parts(sums), c]);
  },
  saves: [2],
  savesResults: [1, 2],
  grad(t, g, [, , c], [, next, gates]) {
    if (!modes.grad) {
      const [to, toOld] = apply(backwardRow, [...g, c, next, gates], null);
      return [to, to, toOld];
    }
    const [toH, toC, toGates] = g;
    const inputs = [toH, toC, ...toGates.unbind(0), ...gates.unbind(0), c, next];
    const [i, f, cell, o, toOld] = gradients(reader(t), ...inputs);
    const to = t.cat([i, f, cell, o], -1);
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
