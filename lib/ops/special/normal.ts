import type { Scalar } from '../../../kernels/scalar.js';
import { type Binary, binary, type OutOfPlace, outOfPlace, type Unary, unary } from '../../autograd/define.js';
import { polynomial } from '../pointwise/formulas.js';

const { PI, SQRT1_2 } = Math;
const rootPi = Math.sqrt(PI);
const rootTwoPi = Math.sqrt(2 * PI);

type Formula = <V>(s: Scalar<V>, x: V) => V;

/** exp(x^2) erfc(x): from 3 on by Laplace's continued fraction, cut where float64 does not see the rest. */
const scaledErfc: Formula = (s, x) => {
  const small = s.minimum(x, s.const(3));
  const near = s.mul(s.exp(s.mul(small, small)), s.erfc(small));
  const large = s.maximum(x, s.const(3));
  let fraction = large;
  for (let k = 30; k > 0; k--) fraction = s.add(large, s.div(s.const(k / 2), fraction));
  const far = s.div(s.const(1 / rootPi), fraction);
  return s.where(s.lt(s.const(3), x), far, near);
};

const below: Formula = (s, x) => s.mul(s.const(0.5), s.erfc(s.mul(x, s.const(-SQRT1_2))));

/** `exp(input ** 2) * erfc(input)`. PyTorch: torch.special.erfcx. */
export const erfcx: Unary = unary('erfcx(input)', {
  forward: scaledErfc,
  grad: (s, g, x, y) => s.mul(g, s.sub(s.mul(s.const(2), s.mul(x, y)), s.const(2 / rootPi))),
  result: 'float',
  domain: [-1.5, 5],
  ulps: 8,
});

/** The standard normal distribution function. PyTorch: torch.special.ndtr. */
export const ndtr: Unary = unary('ndtr(input)', {
  forward: below,
  grad: (s, g, x) => s.mul(g, s.mul(s.const(1 / rootTwoPi), s.exp(s.mul(s.const(-0.5), s.mul(x, x))))),
  result: 'float',
});

/** `log(ndtr(input))`, exact far below 0. PyTorch: torch.special.log_ndtr. */
export const logNdtr: Unary = unary('logNdtr(input)', {
  forward: (s, x) => {
    const low = s.minimum(x, s.const(-1));
    const tail = s.log(s.mul(s.const(0.5), scaledErfc(s, s.mul(low, s.const(-SQRT1_2)))));
    const far = s.sub(tail, s.mul(s.const(0.5), s.mul(low, low)));
    const near = s.log1p(s.mul(s.const(-0.5), s.erfc(s.mul(s.maximum(x, s.const(-1)), s.const(SQRT1_2)))));
    return s.where(s.lt(x, s.const(-1)), far, near);
  },
  grad: (s, g, x) => s.div(s.mul(g, s.const(Math.sqrt(2 / PI))), scaledErfc(s, s.mul(x, s.const(-SQRT1_2)))),
  result: 'float',
});

// A first guess (Abramowitz and Stegun 26.2.23), then two of Halley's steps on the lower half; the upper one is its mirror image.
const guessTop = [0.010328, 0.802853, 2.515517];
const guessBottom = [0.001308, 0.189269, 1.432788, 1];

const quantile: Formula = (s, p) => {
  const [half, one, zero] = [s.const(0.5), s.const(1), s.const(0)];
  const low = s.minimum(p, s.sub(one, p));
  const t = s.sqrt(s.mul(s.const(-2), s.log(low)));
  let x = s.sub(s.div(polynomial(s, t, guessTop), polynomial(s, t, guessBottom)), t);
  for (let step = 0; step < 2; step++) {
    const newton = s.mul(s.sub(below(s, x), low), s.mul(s.const(rootTwoPi), s.exp(s.mul(half, s.mul(x, x)))));
    x = s.sub(x, s.div(newton, s.add(one, s.mul(half, s.mul(x, newton)))));
  }
  const value = s.where(s.eq(low, zero), s.const(-Infinity), x);
  return s.where(s.lt(half, p), s.neg(value), value);
};

/** The inverse of `ndtr`; infinite at 0 and 1, NaN beyond. PyTorch: torch.special.ndtri. */
export const ndtri: Unary = unary('ndtri(input)', {
  forward: quantile,
  grad: (s, g, _x, y) => s.mul(g, s.mul(s.const(rootTwoPi), s.exp(s.mul(s.const(0.5), s.mul(y, y))))),
  result: 'float',
  domain: [0.05, 0.95],
  ulps: 8,
});

/** `-input * log(input)`; 0 at 0 and -Infinity below. PyTorch: torch.special.entr. */
export const entr: Unary = unary('entr(input)', {
  forward: (s, x) => {
    const zero = s.const(0);
    const rest = s.where(s.eq(x, zero), zero, s.where(s.lt(x, zero), s.const(-Infinity), x));
    return s.where(s.lt(zero, x), s.neg(s.mul(x, s.log(x))), rest);
  },
  grad: (s, g, x) => s.neg(s.mul(g, s.add(s.const(1), s.log(x)))),
  result: 'float',
  domain: [0.2, 3],
});

/** `input * log1p(other)`, and 0 where the input is 0. PyTorch: torch.special.xlog1py. */
export const xlog1py: OutOfPlace<Binary> = outOfPlace(
  binary('xlog1py(input, other)', {
    forward: (s, a, b) => {
      const zero = s.const(0);
      const vanishes = s.logicalAnd(s.eq(a, zero), s.eq(b, b));
      return s.where(vanishes, zero, s.mul(a, s.log1p(b)));
    },
    grad: [
      (s, g, a, b) => {
        const zero = s.const(0);
        const vanishes = s.logicalAnd(s.eq(a, zero), s.le(b, s.const(-1)));
        return s.where(vanishes, zero, s.mul(g, s.log1p(b)));
      },
      (s, g, a, b) => s.mul(g, s.div(a, s.add(b, s.const(1)))),
    ],
    result: 'float',
    domain: [0.2, 3],
  }),
);
