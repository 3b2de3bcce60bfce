import * as tg from '../../lib/index.js';

/** Gives a module's parameters, one after the other, the sines of 0, 1, 2, ... in float64: weights that a recording can repeat. */
export function withPattern<M extends tg.nn.Module>(module: M): M {
  module.double();
  let next = 0;
  tg.noGrad(() => {
    for (const parameter of module.parameters()) {
      const n = parameter.numel();
      const values = Float64Array.from({ length: n }, (_, i) => Math.sin(next + i));
      parameter.copy_(tg.tensor(values).reshape(parameter.shape));
      next += n;
    }
  });
  return module;
}

/** The cosines of 0, 1, 2, ... in float64. */
export function pattern(...shape: number[]): tg.Tensor {
  const n = shape.reduce((product, size) => product * size, 1);
  return tg.tensor(Float64Array.from({ length: n }, (_, i) => Math.cos(i))).reshape(shape);
}

/** All elements, rounded to six places. */
export function rounded(x: tg.Tensor): number[] {
  return (x.detach().reshape(-1).tolist() as number[]).map((value) => Math.round(value * 1e6) / 1e6 + 0);
}
