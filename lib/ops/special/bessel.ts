import type { Scalar } from '../../../kernels/scalar.js';
import { type Unary, unary } from '../../autograd/define.js';
import { signOf } from '../pointwise/formulas.js';
import { chebyshev } from './chebyshev.js';

const { PI, SQRT1_2 } = Math;

// Interpolation at Chebyshev nodes, computed with 50 digits. Up to 8, in x^2 / 32 - 1: j0(x), j1(x) / x, and what y0(x) and y1(x) / x are
// beside 2 / pi (log(x) j0(x)) and 2 / pi (log(x) j1(x) - 1 / x) / x. From 8 on, in 128 / x^2 - 1: the factors of cosine and sine.
const j0Near = [
  0.15772797147489012, -0.008723442352852221, 0.2651786132033368, -0.37009499387264977, 0.15806710233209725,
  -0.034893769411408884, 0.004819180069467605, -0.00046062616620627504, 3.246032882100508e-5, -1.7619469077621507e-6,
  7.608163592418782e-8, -2.679253530557673e-9, 7.848696314479465e-11, -1.9438346867370164e-12, 4.125320595634374e-14,
  -7.588508125447546e-16, 1.2218515873961411e-17,
];
const j1Near = [
  0.08104484632565812, -0.1489751450676521, 0.1609992623572097, -0.08268049176681791, 0.022213639654966037,
  -0.003646940600769276, 0.0004050337728354822, -3.255554866857259e-5, 1.9858774049915165e-6, -9.521984756750436e-8,
  3.687133759097148e-9, -1.178026622695885e-10, 3.160154580348003e-12, -7.221755239651773e-14, 1.4232144003513942e-15,
  -2.4441972916190464e-17,
];
const y0Near = [
  -0.03314611320328494, -0.2744743055297453, 0.17903431407718265, 0.26156734625504663, -0.17730201278114358,
  0.04719668959576339, -0.007287962479552079, 0.0007531135932577742, -5.632079141056987e-5, 3.206532537654801e-6,
  -1.44072332740187e-7, 5.248794787330516e-9, -1.5837552541812015e-10, 4.02633081830612e-12, -8.747341203310769e-14,
  1.6434898714919468e-15, -2.6977881152566837e-17,
];
const y1Near = [
  0.0025380132357417816, -0.01608717304766875, -0.09591204536083074, 0.08445197259652346, -0.028328123944594365,
  0.005289897544167113, -0.0006414551451326356, 5.505982873338744e-5, -3.53808001868935e-6, 1.7707804556154404e-7,
  -7.11055004989928e-9, 2.344337905911516e-10, -6.4651518414115946e-12, 1.51429151205002e-13, -3.0511859694473254e-15,
  5.34668038572867e-17,
];
const p0 = [
  0.9994603493475187, -0.0005365220468132117, 3.0751847875194745e-6, -5.1705945376060975e-8, 1.6306464635151382e-9,
  -7.86409137723707e-11, 5.168262387349193e-12, -4.3045788699253914e-13, 4.3265957431549404e-14, -5.069034095935236e-15,
  6.748072215733873e-16, -1.0011513723467786e-16,
];
const q0 = [
  -0.015555854605337009, 6.838519942611649e-5, -7.414498411060647e-7, 1.7972457247968992e-8, -7.27191593686632e-10,
  4.2201219046687385e-11, -3.206747420996635e-12, 3.006145125351706e-13, -3.336328185322427e-14, 4.255225040245461e-15,
  -6.09993013164005e-16, 9.662128970303257e-17, -1.6686065214378146e-17, 3.1082440486738143e-18, -6.191115787358145e-19,
];
const p1 = [
  1.0009030408600137, 0.0008989898330859408, -3.987284300488908e-6, 6.177633960644299e-8, -1.8718907491063067e-9,
  8.816898659582339e-11, -5.704863640395645e-12, 4.699195515230542e-13, -4.6842237839904895e-14, 5.452674896044717e-15,
  -7.221180842274018e-16, 1.0667689114335412e-16,
];
const q1 = [
  0.04677778706953532, -9.62772354915708e-5, 9.138615257955454e-7, -2.0959781384083424e-8, 8.229193327650554e-10,
  -4.686363688176945e-11, 3.5152187949686082e-12, -3.2643156743279e-13, 3.5967765829165294e-14, -4.5612523950772974e-15,
  6.508282957783384e-16, -1.0269147531823243e-16, 1.767635548776479e-17, -3.2834519872981614e-18,
];

type Formula = <V>(s: Scalar<V>, x: V) => V;

const border = 8;

function near<V>(s: Scalar<V>, x: V, coefficients: readonly number[]): V {
  return chebyshev(s, s.sub(s.div(s.mul(x, x), s.const(32)), s.const(1)), coefficients);
}

/** sqrt(2 / (pi x)) (P cos(x - phase) - Q sin(x - phase)) or, for the second kind, (P sin + Q cos), for x from 8 on. */
function far<V>(s: Scalar<V>, size: V, order: 0 | 1, second: boolean): V {
  const x = s.maximum(size, s.const(border));
  const t = s.sub(s.div(s.const(128), s.mul(x, x)), s.const(1));
  const p = chebyshev(s, t, order === 0 ? p0 : p1);
  const q = s.mul(s.div(s.const(border), x), chebyshev(s, t, order === 0 ? q0 : q1));
  // The phase is pi / 4 or 3 pi / 4: its sine and cosine are those of x, added and subtracted.
  const [sum, difference] = [s.add(s.cos(x), s.sin(x)), s.sub(s.sin(x), s.cos(x))];
  const [cosine, sine] = order === 0 ? [sum, difference] : [difference, s.neg(sum)];
  const wave = second ? s.add(s.mul(p, sine), s.mul(q, cosine)) : s.sub(s.mul(p, cosine), s.mul(q, sine));
  return s.mul(s.mul(s.const(SQRT1_2), wave), s.sqrt(s.div(s.const(2 / PI), x)));
}

const j0: Formula = (s, x) => {
  const size = s.abs(x);
  return s.where(s.le(size, s.const(border)), near(s, x, j0Near), far(s, size, 0, false));
};

const j1: Formula = (s, x) => {
  const size = s.abs(x);
  const beyond = s.mul(signOf(s, x), far(s, size, 1, false));
  return s.where(s.le(size, s.const(border)), s.mul(x, near(s, x, j1Near)), beyond);
};

const y0: Formula = (s, x) => {
  const inside = s.add(near(s, x, y0Near), s.mul(s.const(2 / PI), s.mul(s.log(x), near(s, x, j0Near))));
  return s.where(s.lt(s.const(border), x), far(s, x, 0, true), inside);
};

const y1: Formula = (s, x) => {
  const logarithm = s.mul(s.log(x), s.mul(x, near(s, x, j1Near)));
  const inside = s.add(s.mul(x, near(s, x, y1Near)), s.mul(s.const(2 / PI), s.sub(logarithm, s.div(s.const(1), x))));
  const defined = s.where(s.lt(s.const(border), x), far(s, x, 1, true), inside);
  return s.where(s.eq(x, s.const(0)), s.const(-Infinity), defined);
};

/** The Bessel function of the first kind, order 0. PyTorch: torch.special.bessel_j0. */
export const besselJ0: Unary = unary('besselJ0(input)', {
  forward: j0,
  grad: (s, g, x) => s.neg(s.mul(g, j1(s, x))),
  result: 'float',
  domain: [0.5, 12],
});

/** The Bessel function of the first kind, order 1. PyTorch: torch.special.bessel_j1. */
export const besselJ1: Unary = unary('besselJ1(input)', {
  forward: j1,
  grad: (s, g, x, y) => {
    const slope = s.sub(j0(s, x), s.div(y, x));
    return s.mul(g, s.where(s.eq(x, s.const(0)), s.const(0.5), slope));
  },
  result: 'float',
  domain: [0.5, 12],
});

/** The Bessel function of the second kind, order 0; -Infinity at 0, NaN below. PyTorch: torch.special.bessel_y0. */
export const besselY0: Unary = unary('besselY0(input)', {
  forward: y0,
  grad: (s, g, x) => s.neg(s.mul(g, y1(s, x))),
  result: 'float',
  domain: [0.5, 12],
});

/** The Bessel function of the second kind, order 1; -Infinity at 0, NaN below. PyTorch: torch.special.bessel_y1. */
export const besselY1: Unary = unary('besselY1(input)', {
  forward: y1,
  grad: (s, g, x, y) => s.mul(g, s.sub(y0(s, x), s.div(y, x))),
  result: 'float',
  domain: [0.5, 12],
});

/** `sin(input) / input`, and 1 at 0. PyTorch: torch.special.spherical_bessel_j0. */
export const sphericalBesselJ0: Unary = unary('sphericalBesselJ0(input)', {
  forward: (s, x) => {
    const wave = s.where(s.eq(s.abs(x), s.const(Infinity)), s.const(0), s.div(s.sin(x), x));
    return s.where(s.eq(x, s.const(0)), s.const(1), wave);
  },
  grad: (s, g, x, y) => {
    const slope = s.div(s.sub(s.cos(x), y), x);
    return s.where(s.eq(x, s.const(0)), s.const(0), s.mul(g, slope));
  },
  result: 'float',
  domain: [0.5, 6],
});
