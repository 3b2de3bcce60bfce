import { type Formula, formula } from './dag.js';
import type { Scalar } from './scalar.js';

/** 1 / (1 + exp(-x)). */
export function logistic<V>(s: Scalar<V>, x: V): V {
  return s.div(s.const(1), s.add(s.const(1), s.exp(s.neg(x))));
}

/** From the four gates' sums and the old c: the new h, the new c, and the gates. */
export function lstmNext<V>(s: Scalar<V>, sums: readonly V[], c: V): V[] {
  const [i, f, o] = [sums[0], sums[1], sums[3]].map((x) => logistic(s, x));
  const g = s.tanh(sums[2]);
  const next = s.add(s.mul(f, c), s.mul(i, g));
  return [s.mul(o, s.tanh(next)), next, i, f, g, o];
}

/** Gradients to the four sums and the old c, from those to the new h and c, the gates, the old c and the new one. */
export function lstmGradients<V>(s: Scalar<V>, toH: V, toC: V, [i, f, g, o]: readonly V[], c: V, next: V): V[] {
  const bent = s.tanh(next);
  const slope = (y: V): V => s.mul(y, s.sub(s.const(1), y));
  const rest = (y: V): V => s.sub(s.const(1), s.mul(y, y));
  const to = s.add(toC, s.mul(s.mul(toH, o), rest(bent)));
  return [
    s.mul(s.mul(to, g), slope(i)),
    s.mul(s.mul(to, c), slope(f)),
    s.mul(s.mul(to, i), rest(g)),
    s.mul(s.mul(toH, bent), slope(o)),
    s.mul(to, f),
  ];
}

/** One step of an LSTM. Inputs: the gates' sums i, f, g, o, and the old c; outputs: new h, new c, and the gates. */
export const lstmStep: Formula = formula(5, (s, a, b, d, e, c) => lstmNext(s, [a, b, d, e], c));

/** Gradient of a step. Inputs: gradients to h and c, the gates, old c, new c; outputs: gradients to the four sums and the old c. */
export const lstmStepBackward: Formula = formula(8, <V>(s: Scalar<V>, ...[toH, toC, i, f, g, o, c, next]: V[]) =>
  lstmGradients(s, toH, toC, [i, f, g, o], c, next),
);
