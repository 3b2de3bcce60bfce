import { lowerGamma, upperGamma } from '../../../kernels/incompleteGamma.js';
import { type InplaceForm, type Operand, type Unary, unary, withInplace } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { type Elementwise, elementwiseRow, runElementwise } from '../product/elementwise.js';
import { integral } from './formulas.js';

const { PI } = Math;
const slope = 2 / Math.sqrt(PI);
const positive: readonly [number, number] = [0.6, 6];

/** The error function. PyTorch: torch.erf. */
export const erf: Unary = unary('erf(input)', {
  forward: (s, x) => s.erf(x),
  grad: (s, g, x) => s.mul(g, s.mul(s.const(slope), s.exp(s.neg(s.mul(x, x))))),
  result: 'float',
});

/** `1 - erf(input)`, exact where that would cancel. PyTorch: torch.erfc. */
export const erfc: Unary = unary('erfc(input)', {
  forward: (s, x) => s.erfc(x),
  grad: (s, g, x) => s.mul(g, s.mul(s.const(-slope), s.exp(s.neg(s.mul(x, x))))),
  result: 'float',
});

/** The inverse of `erf`; infinite at -1 and 1, NaN beyond. PyTorch: torch.erfinv. */
export const erfinv: Unary = unary('erfinv(input)', {
  forward: (s, x) => s.erfinv(x),
  grad: (s, g, _x, y) => s.mul(g, s.mul(s.const(1 / slope), s.exp(s.mul(y, y)))),
  result: 'float',
  domain: [-0.8, 0.8],
});

/** The logarithm of the gamma function's size. PyTorch: torch.lgamma. */
export const lgamma: Unary = unary('lgamma(input)', {
  forward: (s, x) => s.lgamma(x),
  grad: (s, g, x) => s.mul(g, s.digamma(x)),
  result: 'float',
  domain: positive,
});

/** The derivative of `lgamma`. PyTorch: torch.digamma. */
export const digamma: Unary = unary('digamma(input)', {
  forward: (s, x) => s.digamma(x),
  grad: (s, g, x) => s.mul(g, s.polygamma(s.const(1), x)),
  result: 'float',
  domain: positive,
});

/**
 * The logarithm of the multivariate gamma function of dimension `p`: the sum of `lgamma(input - j / 2)` for j from 0 to p - 1, and
 * `p (p - 1) / 4 * log(pi)`. PyTorch: torch.mvlgamma.
 */
export const mvlgamma: Fn<[input: Tensor, p: number], { p?: number }, Tensor> & InplaceForm = withInplace(
  fn(
    'mvlgamma(input, p)',
    (input, p) => {
      if (!Number.isInteger(p) || p < 1) throw new ValueError(`mvlgamma: p must be a whole number above 0, got ${p}`);
      let sum = lgamma(input);
      for (let j = 1; j < p; j++) sum = sum.add(lgamma(input.sub(j / 2)));
      return sum.add((p * (p - 1) * Math.log(PI)) / 4);
    },
    {
      samples: (m) => [[m.positive(2, 3).add(2), 3]],
      errors: (m) => [[[m(2), 0], 'a whole number above 0']],
    },
  ),
);

type OfTwo = Fn<[input: Operand, other: Operand], { other?: Operand }, Tensor> & InplaceForm;

function incomplete(name: string, value: (a: number, x: number) => number, sign: 1 | -1): OfTwo {
  const operation: Elementwise = {
    name,
    value,
    refuses: integral,
    saves: [0, 1],
    grad: (t, [g], [a, x]) => {
      const density = t.exp(t.sub(t.sub(t.mul(t.sub(a, 1), t.log(x)), x), t.lgamma(a)));
      return [null, t.mul(g, t.mul(density, sign))];
    },
  };
  const row = elementwiseRow(operation);
  return withInplace(
    fn(`${name}(input, other)`, (input, other) => runElementwise(operation, row, [input, other]), {
      samples: (m) => [[m.positive(2, 3), m.positive(3)]],
      gradcheck: 'the gradient to the first operand is not offered',
    }),
  );
}

/** The regularized lower incomplete gamma function P(input, other); gradient to `other` only. PyTorch: torch.igamma. */
export const igamma: OfTwo = incomplete('igamma', lowerGamma, 1);

/** The regularized upper incomplete gamma function, 1 - P(input, other). PyTorch: torch.igammac. */
export const igammac: OfTwo = incomplete('igammac', upperGamma, -1);
