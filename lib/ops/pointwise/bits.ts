import { apply, checkTensor, type Row } from '../../autograd/apply.js';
import { type InplaceForm, type Operand, withInplace } from '../../autograd/define.js';
import { type Fn, fn, type None, type Results, results } from '../../core/define.js';
import { isFloat } from '../../core/dtype.js';
import { DTypeError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { type Elementwise, elementsOf, elementwiseRow, runElementwise } from '../product/elementwise.js';
import { integral } from './formulas.js';

const float32 = new Float32Array(1);
const int32 = new Int32Array(float32.buffer);
const float64 = new Float64Array(1);
const int64 = new BigInt64Array(float64.buffer);

/** The neighbour of `a` in the direction of `b`: a float's bits, read as an integer, count its size upwards. */
function neighbour32(a: number, b: number): number {
  if (a === b || Number.isNaN(a) || Number.isNaN(b)) return a === b ? b : NaN;
  float32[0] = a;
  if (a === 0) int32[0] = b > 0 ? 1 : -0x7fffffff;
  else int32[0] += a < b === a > 0 ? 1 : -1;
  return float32[0];
}

function neighbour64(a: number, b: number): number {
  if (a === b || Number.isNaN(a) || Number.isNaN(b)) return a === b ? b : NaN;
  float64[0] = a;
  if (a === 0) int64[0] = b > 0 ? 1n : -0x7fffffffffffffffn;
  else int64[0] += a < b === a > 0 ? 1n : -1n;
  return float64[0];
}

const next32: Elementwise = { name: 'nextafter', value: neighbour32, refuses: [...integral, 'float16'] };
const next64: Elementwise = { ...next32, value: neighbour64 };
const [next32Row, next64Row] = [elementwiseRow(next32), elementwiseRow(next64)];

/** The next float from the input in the direction of `other`; float32 and float64 only. PyTorch: torch.nextafter. */
export const nextafter: Fn<[input: Tensor, other: Operand], { other?: Operand }, Tensor> & InplaceForm = withInplace(
  fn(
    'nextafter(input, other)',
    (input, other) => {
      const wide = [input, other].some((x) => x instanceof Tensor && x.dtype === 'float64');
      return runElementwise(wide ? next64 : next32, wide ? next64Row : next32Row, [input, other]);
    },
    {
      samples: (m) => [[m(2, 3), m(3)]],
      gradcheck: 'a step to the next float has no derivative',
      errors: (m) => [[[m.integers(5, 2), m.integers(5, 2)], 'does not take int32']],
    },
  ),
);

/** The exponent e with 0.5 <= |x| 2^-e < 1; 0 where there is none. */
function exponentOf(x: number): number {
  if (x === 0 || !Number.isFinite(x)) return 0;
  float64[0] = x;
  const field = Number((int64[0] >> 52n) & 2047n);
  // Below the normal numbers the field is 0: scaled up, the number has one.
  return field === 0 ? exponentOf(x * 2 ** 64) - 64 : field - 1022;
}

/** x 2^-e, in two factors because either power may overflow. */
function scaled(x: number, exponent: number): number {
  const half = Math.trunc(exponent / 2);
  return x * 2 ** -half * 2 ** (half - exponent);
}

const frexpRow: Row<null> = {
  name: 'frexp',
  infer: ([x]) => [
    { shape: x.shape, dtype: x.dtype },
    { shape: x.shape, dtype: 'int32' },
  ],
  kernel(k, [mantissa, exponent], [x]) {
    const values = elementsOf(x, x.shape) as Float32Array | Float64Array;
    const exponents = Int32Array.from(values, exponentOf);
    k.upload(
      mantissa.buffer,
      mantissa.offset,
      values.map((value: number, i: number) => scaled(value, exponents[i])),
    );
    k.upload(exponent.buffer, exponent.offset, exponents);
  },
  savesResults: [1],
  grad: (t, [g], [x], [, exponent]) => [t.div(g, t.exp2(t.to(exponent, x.dtype)))],
};

/** `input = mantissa * 2 ** exponent` with a mantissa from 0.5 to 1 and an int32 exponent. PyTorch: torch.frexp. */
export const frexp: Fn<[input: Tensor], None, Results<'mantissa' | 'exponent'>> = fn(
  'frexp(input)',
  (input) => {
    checkTensor('frexp', input);
    if (!isFloat(input.dtype)) throw new DTypeError(`frexp: takes floating-point tensors, not ${input.dtype}`);
    const half = input.dtype === 'float16';
    const [mantissa, exponent] = apply(frexpRow, [half ? input.to('float32') : input], null);
    return results(['mantissa', 'exponent'], [half ? mantissa.to('float16') : mantissa, exponent]);
  },
  {
    samples: (m) => [[m(2, 3)]],
    errors: (m) => [[[m.integers(5, 2)], 'takes floating-point tensors']],
  },
);
