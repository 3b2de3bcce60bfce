import type { Scalar } from '../../../kernels/scalar.js';
import { type Unary, unary } from '../../autograd/define.js';
import { signOf } from '../pointwise/formulas.js';
import { chebyshev } from './chebyshev.js';

// Interpolation at Chebyshev nodes, computed with 50 digits. With u = |x|: i0(x) exp(-u) and i1(x) exp(-u) / x in u / 4 - 1 up to 8, from
// there both times exp(-u) sqrt(u) in 16 / u - 1. The parts of k0(x) and x k1(x) beside the logarithm in x^2 / 2 - 1 up to 2, from there
// both times exp(x) sqrt(x) in 4 / x - 1.
const i0Near = [
  0.33839763720473803, -0.3046826723431984, 0.17162090152220877, -0.09490109704804764, 0.04930528423967071,
  -0.02373741480589947, 0.010546460394594998, -0.004324309995050576, 0.0016394756169413357, -0.0005763755745385824,
  0.00018850288509584165, -5.754195010082104e-5, 1.6448448070728896e-5, -4.4167383584587505e-6, 1.1173875391201037e-6,
  -2.670793853940612e-7, 6.046995022541919e-8, -1.300025009986248e-8, 2.6598237246823866e-9, -5.189795601635263e-10,
  9.675809035373237e-11, -1.726826291441556e-11, 2.95505266312964e-12, -4.856446783111929e-13, 7.676185498604936e-14,
  -1.1685332877993451e-14, 1.715391285555133e-15, -2.431279846547955e-16, 3.3307945188222384e-17,
];
const i0Far = [
  0.4022452055070544, 0.0033691164782556943, 6.889758346916825e-5, 2.8913705208347567e-6, 2.0489185894690638e-7,
  2.266668990498178e-8, 3.3962320257083865e-9, 4.94060238822497e-10, 1.1889147107846439e-11, -3.1499165279632416e-11,
  -1.3215811840447713e-11, -1.7941785315068062e-12, 7.180124451383666e-13, 3.8527783827421426e-13, 1.54008621752141e-14,
  -4.150569347287222e-14, -9.554846698828307e-15, 3.8116806693526224e-15, 1.7725601330565263e-15,
  -3.425485619677219e-16, -2.8276239805165836e-16, 3.461222867697461e-17, 4.46562142029676e-17,
];
const i1Near = [
  0.12629359322181682, -0.17641651835783406, 0.1026436586898471, -0.05294598120809499, 0.024726449030626516,
  -0.010564084894626197, 0.004156422944312888, -0.0015135724506312532, 0.0005122859561685758, -0.00016176081582589674,
  4.781565107550054e-5, -1.3273163656039436e-5, 3.4702513081376785e-6, -8.568720264695455e-7, 2.0032947535521353e-7,
  -4.445059128796328e-8, 9.381537386495773e-9, -1.8872497517228294e-9, 3.625590281552117e-10, -6.663489723502027e-11,
  1.1736186298890901e-11, -1.9839743977649436e-12, 3.223793365945575e-13, -5.042185504727912e-14, 7.600684294735408e-15,
  -1.1055969477353862e-15, 1.5536319577362005e-16, -2.111421214358166e-17,
];
const i1Far = [
  0.38928811750914005, -0.009761097491361469, -0.00011058893876262371, -3.882564808877691e-6, -2.512236237870209e-7,
  -2.6314688468895196e-8, -3.835380385964237e-9, -5.589743462196584e-10, -1.8974958123505413e-11,
  3.2526035830154884e-11, 1.4125807436613782e-11, 2.0356285441470896e-12, -7.198551776245908e-13,
  -4.0835511110921974e-13, -2.1015418427726643e-14, 4.272440016711951e-14, 1.0420276984128802e-14,
  -3.8144030724370075e-15, -1.8803547755107825e-15, 3.3082023109209285e-16, 2.96262899764595e-16,
  -3.209525921993424e-17, -4.650305368489358e-17,
];
const k0Near = [
  -0.2676636966169514, 0.3442898999246285, 0.0359799365153615, 0.001264615411446926, 2.286212103119452e-5,
  2.5347910790261494e-7, 1.904516377220209e-9, 1.0349695257633625e-11, 4.2598161427910826e-14, 1.3744654358807508e-16,
];
const k0Far = [
  1.2201515410329777, -0.0314481013119645, 0.0015698838857300533, -0.00012849549581627802, 1.39498137188765e-5,
  -1.8317555227191195e-6, 2.766813639445015e-7, -4.660489897687948e-8, 8.574034017414225e-9, -1.6975345093890614e-9,
  3.5773972814003283e-10, -7.957489244477396e-11, 1.8559491149549264e-11, -4.514597883374519e-12,
  1.1403405882073441e-12, -2.9800969231481784e-13, 8.032890775068375e-14, -2.2275133267462965e-14,
  6.340076476276646e-15, -1.848593377920907e-15, 5.5120559994043335e-16, -1.6782311257549006e-16,
  5.2103917776435543e-17,
];
const k1Near = [
  0.7626501136694739, -0.3531559607765449, -0.12261118082265715, -0.006975723859639864, -0.0001730288957513052,
  -2.4334061415659684e-6, -2.213387630734726e-8, -1.4114883926335278e-10, -6.666901694199329e-13,
  -2.427449850519366e-15,
];
const k1Far = [
  1.3603130952422213, 0.10392373657681724, -0.002857816859622779, 0.00019521551847135162, -1.936197974166083e-5,
  2.406484947837217e-6, -3.5019606030878126e-7, 5.7410841254500495e-8, -1.0345762465678097e-8, 2.0150497551970347e-9,
  -4.1903547593419254e-10, 9.218315187605315e-11, -2.129967838427791e-11, 5.139639673482343e-12,
  -1.2891739609498229e-12, 3.348419666052243e-13, -8.976705182010146e-14, 2.4771544242195988e-14,
  -7.0198370892147685e-15, 2.038703166239861e-15, -6.057047270643018e-16, 1.8380935752430455e-16,
  -5.689462849193648e-17,
];

type Formula = <V>(s: Scalar<V>, x: V) => V;

/** exp(-|x|) i0(x). */
const scaledI0: Formula = (s, x) => {
  const [size, border] = [s.abs(x), s.const(8)];
  const near = chebyshev(s, s.sub(s.div(size, s.const(4)), s.const(1)), i0Near);
  const large = s.maximum(size, border);
  const far = s.div(chebyshev(s, s.sub(s.div(s.const(16), large), s.const(1)), i0Far), s.sqrt(large));
  return s.where(s.le(size, border), near, far);
};

/** exp(-|x|) i1(x). */
const scaledI1: Formula = (s, x) => {
  const [size, border] = [s.abs(x), s.const(8)];
  const near = s.mul(x, chebyshev(s, s.sub(s.div(size, s.const(4)), s.const(1)), i1Near));
  const large = s.maximum(size, border);
  const far = s.div(chebyshev(s, s.sub(s.div(s.const(16), large), s.const(1)), i1Far), s.sqrt(large));
  return s.where(s.le(size, border), near, s.mul(signOf(s, x), far));
};

const plainI0: Formula = (s, x) => s.mul(s.exp(s.abs(x)), scaledI0(s, x));
const plainI1: Formula = (s, x) => s.mul(s.exp(s.abs(x)), scaledI1(s, x));

/** exp(x) k0(x) and exp(x) k1(x): `logarithm` and `rest` make the function near 0, `far` is the scaled one from 2 on. */
function scaledK<V>(s: Scalar<V>, x: V, near: V, far: readonly number[]): V {
  const large = s.maximum(x, s.const(2));
  const beyond = s.div(chebyshev(s, s.sub(s.div(s.const(4), large), s.const(1)), far), s.sqrt(large));
  return s.where(s.lt(s.const(2), x), beyond, s.mul(s.exp(s.minimum(x, s.const(2))), near));
}

const scaledK0: Formula = (s, x) => {
  const t = s.sub(s.div(s.mul(x, x), s.const(2)), s.const(1));
  const logarithm = s.mul(s.log(s.div(x, s.const(2))), plainI0(s, s.minimum(x, s.const(2))));
  return scaledK(s, x, s.sub(chebyshev(s, t, k0Near), logarithm), k0Far);
};

const scaledK1: Formula = (s, x) => {
  const t = s.sub(s.div(s.mul(x, x), s.const(2)), s.const(1));
  const logarithm = s.mul(s.log(s.div(x, s.const(2))), plainI1(s, s.minimum(x, s.const(2))));
  const near = s.add(logarithm, s.div(chebyshev(s, t, k1Near), x));
  return s.where(s.eq(x, s.const(0)), s.const(Infinity), scaledK(s, x, near, k1Far));
};

const positive: readonly [number, number] = [0.5, 6];
const signed: readonly [number, number] = [0.5, 10];

/** The modified Bessel function of the first kind, order 0. PyTorch: torch.i0. */
export const i0: Unary = unary('i0(input)', {
  forward: plainI0,
  grad: (s, g, x) => s.mul(g, plainI1(s, x)),
  result: 'float',
  domain: signed,
  ulps: 8,
});

/** `exp(-abs(input)) * i0(input)`. PyTorch: torch.special.i0e. */
export const i0e: Unary = unary('i0e(input)', {
  forward: scaledI0,
  grad: (s, g, x, y) => s.mul(g, s.sub(scaledI1(s, x), s.mul(signOf(s, x), y))),
  result: 'float',
  domain: signed,
});

/** The modified Bessel function of the first kind, order 1. PyTorch: torch.special.i1. */
export const i1: Unary = unary('i1(input)', {
  forward: plainI1,
  grad: (s, g, x, y) => {
    const slope = s.sub(plainI0(s, x), s.div(y, x));
    return s.mul(g, s.where(s.lt(s.const(0), s.abs(x)), slope, s.const(0.5)));
  },
  result: 'float',
  domain: signed,
  ulps: 8,
});

/** `exp(-abs(input)) * i1(input)`. PyTorch: torch.special.i1e. */
export const i1e: Unary = unary('i1e(input)', {
  forward: scaledI1,
  grad: (s, g, x, y) => {
    const slope = s.sub(scaledI0(s, x), s.mul(y, s.add(signOf(s, x), s.div(s.const(1), x))));
    return s.mul(g, s.where(s.lt(s.const(0), s.abs(x)), slope, s.const(0.5)));
  },
  result: 'float',
  domain: signed,
});

/** `i0`, under its other name. PyTorch: torch.special.modified_bessel_i0. */
export const modifiedBesselI0: Unary = i0;

/** `i1`, under its other name. PyTorch: torch.special.modified_bessel_i1. */
export const modifiedBesselI1: Unary = i1;

/** The modified Bessel function of the second kind, order 0; infinite at 0, NaN below. PyTorch: torch.special.modified_bessel_k0. */
export const modifiedBesselK0: Unary = unary('modifiedBesselK0(input)', {
  forward: (s, x) => s.mul(s.exp(s.neg(x)), scaledK0(s, x)),
  grad: (s, g, x) => s.neg(s.mul(g, s.mul(s.exp(s.neg(x)), scaledK1(s, x)))),
  result: 'float',
  domain: positive,
});

/** The modified Bessel function of the second kind, order 1; infinite at 0, NaN below. PyTorch: torch.special.modified_bessel_k1. */
export const modifiedBesselK1: Unary = unary('modifiedBesselK1(input)', {
  forward: (s, x) => s.mul(s.exp(s.neg(x)), scaledK1(s, x)),
  grad: (s, g, x, y) => s.neg(s.mul(g, s.add(s.mul(s.exp(s.neg(x)), scaledK0(s, x)), s.div(y, x)))),
  result: 'float',
  domain: positive,
});

/** `exp(input) * modifiedBesselK0(input)`. PyTorch: torch.special.scaled_modified_bessel_k0. */
export const scaledModifiedBesselK0: Unary = unary('scaledModifiedBesselK0(input)', {
  forward: scaledK0,
  grad: (s, g, x, y) => s.mul(g, s.sub(y, scaledK1(s, x))),
  result: 'float',
  domain: positive,
});

/** `exp(input) * modifiedBesselK1(input)`. PyTorch: torch.special.scaled_modified_bessel_k1. */
export const scaledModifiedBesselK1: Unary = unary('scaledModifiedBesselK1(input)', {
  forward: scaledK1,
  grad: (s, g, x, y) => s.mul(g, s.sub(s.sub(y, scaledK0(s, x)), s.div(y, x))),
  result: 'float',
  domain: positive,
});
