/** The objective of the optimizer records, for those that evaluate it themselves (`closure`). */
import type { Library, Tensor } from './library.js';
import { callMethod, callPath } from './naming.js';

type Tensors = Record<string, Tensor>;

/**
 * (1 - x0)^2 + 5 (x1 - x0^2)^2 + sum [c W^4 / 4 - d W^2 / 2 + e W + 0.3 sin(2 W)] + 0.1 (sum W)^2
 * + sum [h (b - t)^2] + 0.1 sum [W b], as the records' own `problem` text states it.
 */
export function objective(tg: Library, { x, W, b }: Tensors, { c, d, e, h, t }: Tensors): Tensor {
  const call =
    (name: string) =>
    (...args: unknown[]) =>
      callPath(tg, name, args) as Tensor;
  const [add, sub, mul, square, sum, sin] = ['add', 'sub', 'mul', 'square', 'sum', 'sin'].map(call);
  const [x0, x1] = [0, 1].map((i) => callMethod(x, 'select', 0, i));
  const valley = add(square(sub(1, x0)), mul(5, square(sub(x1, square(x0)))));
  const quartic = sub(mul(mul(c, 0.25), square(square(W))), mul(mul(d, 0.5), square(W)));
  const waves = add(mul(e, W), mul(0.3, sin(mul(2, W))));
  const coupling = add(mul(0.1, square(sum(W))), mul(0.1, sum(mul(W, b))));
  const wells = sum(mul(h, square(sub(b, t))));
  return [sum(add(quartic, waves)), coupling, wells].reduce((total, term) => add(total, term), valley);
}
