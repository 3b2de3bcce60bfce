import { formula } from '../../../kernels/dag.js';
import { apply1, checkTensor, type Row } from '../../autograd/apply.js';
import { type Fn, fn } from '../../core/define.js';
import { type Dims, reducedShape, wrapDims } from '../../core/shape.js';
import { emptyTensor, type Tensor } from '../../core/tensor.js';
import { quotient } from '../reduction/quotient.js';
import { addition, average, foldedCount, reduceKernel, requireFloat, restored } from '../reduction/reduction.js';

interface Spread {
  readonly dims: readonly number[];
  readonly keepdim: boolean;
  readonly correction: number;
  /** The standard deviation instead of the variance. */
  readonly root: boolean;
}

const squaredDifference = formula(2, (s, x, m) => {
  const d = s.sub(x, m);
  return s.mul(d, d);
});
const variance = formula(2, (s, sum, freedom) => s.div(sum, freedom));
const deviation = formula(2, (s, sum, freedom) => s.sqrt(s.div(sum, freedom)));

const spreadRow: Row<Spread> = {
  name: 'var',
  infer: ([x], { dims, keepdim }) => [{ shape: reducedShape(x.shape, dims, keepdim), dtype: x.dtype }],
  kernel(k, [y], [x], { dims, correction, root }) {
    const middle = emptyTensor(reducedShape(x.shape, dims, true), x.dtype, x.device);
    const squares = emptyTensor(x.shape, x.dtype, x.device);
    reduceKernel(k, average, middle, x, dims);
    k.pointwise2(squaredDifference, x.dtype, squares, x, middle);
    reduceKernel(k, addition, y, squares, dims);
    const freedom = Math.max(0, foldedCount(x.shape, dims) - correction);
    k.pointwise2(root ? deviation : variance, x.dtype, y, y, freedom);
  },
  saves: [0],
  savesResults: [0],
  grad(t, [g], [x], [y], { dims, keepdim, correction, root }) {
    const freedom = foldedCount(x.shape, dims) - correction;
    // A constant input has deviation 0, where the root has no slope: PyTorch takes 0.
    const toVariance = root ? quotient(t, g, t.mul(y, 2)) : g;
    const scaled = restored(t.mul(toVariance, 2 / Math.max(0, freedom)), x, { dims, keepdim });
    return [t.mul(scaled, t.sub(x, t.mean(x, dims, true)))];
  },
};

type SpreadOptions = {
  dim?: Dims | boolean | null;
  unbiased?: boolean | null;
  keepdim?: boolean;
  correction?: number | null;
};

/** Spread over dimensions; a truth value in the place of `dim` is `unbiased`. */
export type SpreadFn<R> = Fn<
  [input: Tensor, dim?: Dims | boolean | null, unbiased?: boolean | null, keepdim?: boolean],
  SpreadOptions,
  R
>;

/** What a call asks for. */
export interface Request {
  readonly x: Tensor;
  readonly dim: Dims | null;
  readonly keepdim: boolean;
  readonly correction: number;
}

/** Variance or standard deviation; float16 in float32, rounded once. */
export function spread(name: string, { x, dim, keepdim, correction }: Request, root: boolean): Tensor {
  const dims = wrapDims(name, dim, x.shape.length);
  const half = x.dtype === 'float16';
  const y = apply1(spreadRow, [half ? x.to('float32') : x], { dims, keepdim, correction, root });
  return half ? y.to('float16') : y;
}

const facts = (name: string): Parameters<typeof fn>[2] => ({
  samples: (m) => [
    [m(2, 3)],
    [m(2, 3, 4), [0, 2]],
    [m(2, 3), { dim: 1, keepdim: true }],
    [m(4), false],
    [m(4), 0, false, true],
    [m(2, 5), 1, { correction: 2 }],
  ],
  errors: (m) => [[[m.integers(9, 3)], `${name}: needs floating-point elements, got int32`]],
});

/** Makes a function of a spread from what its call asks for. */
export function spreadFn<R>(name: string, body: (request: Request) => R): SpreadFn<R> {
  return fn(
    `${name}(input, dim=null, unbiased=null, keepdim=false, *, correction=null)`,
    (x, place, given, keepdim, options) => {
      checkTensor(name, x);
      requireFloat(name, x.dtype);
      const [dim, unbiased] = typeof place === 'boolean' ? [null, place] : [place, given];
      return body({ x, dim, keepdim, correction: options.correction ?? (unbiased === false ? 0 : 1) });
    },
    facts(name),
  );
}
