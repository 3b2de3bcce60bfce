import type { Operand } from '../../autograd/define.js';
import { type Fn, fn } from '../../core/define.js';
import { getDefaultDtype, isFloat, resultType } from '../../core/dtype.js';
import { ArgumentError } from '../../core/errors.js';
import { Tensor } from '../../core/tensor.js';
import { numberLike } from '../creation/values.js';
import { elements } from '../elements.js';

/** A family of polynomials by its recurrence: p0 = 1, p1 = `first(x)`, p(k + 1) = `next(k, x, p(k), p(k - 1))`. */
interface Family {
  first(x: Tensor): Tensor;
  next(k: number, x: Tensor, p: Tensor, before: Tensor): Tensor;
}

type Polynomial = Fn<[input: Operand, n: Operand], { n?: Operand }, Tensor>;

/** The largest of some orders; -1 where there is none. */
function largest(orders: Tensor): number {
  return Array.from(elements(orders.detach()), Number).reduce((top, n) => (n > top && n < Infinity ? n : top), -1);
}

function family(name: string, { first, next }: Family): Polynomial {
  return fn<[input: Operand, n: Operand], { n?: Operand }, Tensor>(
    `${name}(input, n)`,
    (input, n) => {
      const like = [input, n].find((x) => x instanceof Tensor);
      if (like === undefined) throw new ArgumentError(`${name}: the input or n must be a tensor`);
      const promoted = resultType([input, n]);
      // The recurrence amplifies rounding: it runs in float64 where the device has it.
      const wide = like.detach().to(like.device === 'cpu' ? 'float64' : 'float32');
      const x = typeof input === 'number' ? numberLike(input, wide) : input.to(wide.dtype);
      const order = (typeof n === 'number' ? numberLike(n, wide) : n.to(wide.dtype)).detach().trunc();
      const degree = largest(order);
      let [p, before] = [x.mul(0).add(1), x];
      let result = p.where(order.eq(0), 0);
      for (let k = 0; k < degree; k++) {
        [p, before] = [k === 0 ? first(x) : next(k, x, p, before), p];
        result = p.where(order.eq(k + 1), result);
      }
      return result.to(isFloat(promoted) ? promoted : getDefaultDtype());
    },
    { samples: (m) => [[m(2, 3), m.integers(5, 3)]] },
  );
}

const twice = (x: Tensor, p: Tensor, before: Tensor): Tensor => x.mul(2).mul(p).sub(before);

/** The four kinds of Chebyshev polynomials share a recurrence; their p1 is 2 x plus a constant, or x. */
function chebyshev(name: string, first: (x: Tensor) => Tensor): Polynomial {
  return family(name, { first, next: (_k, x, p, before) => twice(x, p, before) });
}

/** The same of 2 x - 1. */
function shifted(name: string, first: (x: Tensor) => Tensor): Polynomial {
  const move = (x: Tensor): Tensor => x.mul(2).sub(1);
  return family(name, { first: (x) => first(move(x)), next: (_k, x, p, before) => twice(move(x), p, before) });
}

const byX = (x: Tensor): Tensor => x;
const byTwoX = (x: Tensor): Tensor => x.mul(2);
const byTwoXLess = (x: Tensor): Tensor => x.mul(2).sub(1);
const byTwoXMore = (x: Tensor): Tensor => x.mul(2).add(1);

/** Chebyshev polynomial of the first kind, of degree `n` (cut to a whole number; 0 below 0). PyTorch: torch.special.chebyshev_polynomial_t. */
export const chebyshevPolynomialT: Polynomial = chebyshev('chebyshevPolynomialT', byX);

/** Chebyshev polynomial of the second kind. PyTorch: torch.special.chebyshev_polynomial_u. */
export const chebyshevPolynomialU: Polynomial = chebyshev('chebyshevPolynomialU', byTwoX);

/** Chebyshev polynomial of the third kind. PyTorch: torch.special.chebyshev_polynomial_v. */
export const chebyshevPolynomialV: Polynomial = chebyshev('chebyshevPolynomialV', byTwoXLess);

/** Chebyshev polynomial of the fourth kind. PyTorch: torch.special.chebyshev_polynomial_w. */
export const chebyshevPolynomialW: Polynomial = chebyshev('chebyshevPolynomialW', byTwoXMore);

/** `chebyshevPolynomialT` of `2 * input - 1`. PyTorch: torch.special.shifted_chebyshev_polynomial_t. */
export const shiftedChebyshevPolynomialT: Polynomial = shifted('shiftedChebyshevPolynomialT', byX);

/** `chebyshevPolynomialU` of `2 * input - 1`. PyTorch: torch.special.shifted_chebyshev_polynomial_u. */
export const shiftedChebyshevPolynomialU: Polynomial = shifted('shiftedChebyshevPolynomialU', byTwoX);

/** `chebyshevPolynomialV` of `2 * input - 1`. PyTorch: torch.special.shifted_chebyshev_polynomial_v. */
export const shiftedChebyshevPolynomialV: Polynomial = shifted('shiftedChebyshevPolynomialV', byTwoXLess);

/** `chebyshevPolynomialW` of `2 * input - 1`. PyTorch: torch.special.shifted_chebyshev_polynomial_w. */
export const shiftedChebyshevPolynomialW: Polynomial = shifted('shiftedChebyshevPolynomialW', byTwoXMore);

/** The physicists' Hermite polynomial of degree `n`. PyTorch: torch.special.hermite_polynomial_h. */
export const hermitePolynomialH: Polynomial = family('hermitePolynomialH', {
  first: byTwoX,
  next: (k, x, p, before) => x.mul(p).sub(before.mul(k)).mul(2),
});

/** The probabilists' Hermite polynomial of degree `n`. PyTorch: torch.special.hermite_polynomial_he. */
export const hermitePolynomialHe: Polynomial = family('hermitePolynomialHe', {
  first: byX,
  next: (k, x, p, before) => x.mul(p).sub(before.mul(k)),
});

/** The Laguerre polynomial of degree `n`. PyTorch: torch.special.laguerre_polynomial_l. */
export const laguerrePolynomialL: Polynomial = family('laguerrePolynomialL', {
  first: (x) => x.neg().add(1),
  next: (k, x, p, before) =>
    x
      .neg()
      .add(2 * k + 1)
      .mul(p)
      .sub(before.mul(k))
      .div(k + 1),
});

/** The Legendre polynomial of degree `n`. PyTorch: torch.special.legendre_polynomial_p. */
export const legendrePolynomialP: Polynomial = family('legendrePolynomialP', {
  first: byX,
  next: (k, x, p, before) =>
    x
      .mul(2 * k + 1)
      .mul(p)
      .sub(before.mul(k))
      .div(k + 1),
});
