import { type OutOfPlace, outOfPlace, type Unary, unary } from '../../autograd/define.js';
import { chebyshev } from './chebyshev.js';

const { PI, SQRT1_2 } = Math;

// Interpolation at Chebyshev nodes, computed with 50 digits. From -5 to 2: Ai(x) in (x + 1.5) / 3.5. With z = 2/3 |x|^1.5: from 2 on
// Ai(x) exp(z) 2 sqrt(pi) x^(1/4) in 2 z(2) / z - 1; below -5 the factors of cosine and sine in 2 (z(-5) / z)^2 - 1.
const airyNear = [
  0.15168947628223672, -0.005228692408472365, -0.007183007563342123, -0.2750085825170078, 0.15267285652736612,
  0.11299722901833571, -0.12930163519980795, 0.021717950423082666, 0.024911850702736413, -0.01433585742189573,
  0.000696689451639598, 0.001974398933529019, -0.0007230393972252199, -1.6112414526177467e-5, 8.133273673249939e-5,
  -2.0775365813975462e-5, -1.6054762687164758e-6, 2.0560158255601387e-6, -3.825520517284178e-7, -4.913870596184178e-8,
  3.514168642051892e-8, -4.846385010860496e-9, -8.897812059422213e-10, 4.329786248648808e-10, -4.414745597439301e-11,
  -1.1096862995764342e-11, 4.024832028797832e-12, -2.9609936249846454e-13, -1.0257635127287476e-13,
  2.920579876829024e-14, -1.4619955511486232e-15, -7.35505053091767e-16, 1.6986548408182807e-16,
];
const airyRight = [
  0.9844053049171552, -0.014792784850104199, 0.0007327177465426715, -6.12595423417825e-5, 6.83476697557269e-6,
  -9.237229735403982e-7, 1.436225340438052e-7, -2.489319422322096e-8, 4.709793440054328e-9, -9.583863708112733e-10,
  2.0745855483677591e-10, -4.737267332192277e-11, 1.1336099808224236e-11, -2.827706782319351e-12, 7.320712095125598e-13,
  -1.9599793911089723e-13, 5.4101162570683925e-14, -1.5356466802223836e-14, 4.472340393300025e-15,
  -1.3338094674756683e-15, 4.066582046456231e-16, -1.265583225645289e-16, 4.015126334015871e-17,
];
const airyLeftP = [
  0.9996723415461005, -0.0003255483561055322, 2.069745155969119e-6, -3.890961736474424e-8, 1.3645959446950337e-9,
  -7.265563438866682e-11, 5.234675629062907e-12, -4.749669415821452e-13, 5.172156139604189e-14, -6.533725295545284e-15,
  9.33927407277721e-16, -1.4823330512580455e-16, 2.5745988399644002e-17,
];
const airyLeftQ = [
  0.009272787915716868, -4.36175518450266e-5, 5.29408468379181e-7, -1.434118865710255e-8, 6.440324847796898e-10,
  -4.1176387496476087e-11, 3.4235445378828598e-12, -3.490421701751702e-13, 4.190838856265692e-14,
  -5.756075237141602e-15, 8.850415992299218e-16, -1.4983889943593537e-16, 2.7572529590754257e-17,
  -5.457802245876769e-18, 1.1523597740972649e-18, -2.5773171990728105e-19,
];

const rightStart = (2 / 3) * 2 ** 1.5;
const leftStart = (2 / 3) * 5 ** 1.5;

/** The Airy function Ai; its gradient is not offered. PyTorch: torch.special.airy_ai. */
export const airyAi: OutOfPlace<Unary> = outOfPlace(
  unary('airyAi(input)', {
    forward: (s, x) => {
      const one = s.const(1);
      const near = chebyshev(s, s.div(s.add(x, s.const(1.5)), s.const(3.5)), airyNear);
      const z = s.mul(s.const(2 / 3), s.pow(s.abs(x), s.const(1.5)));
      const root = s.mul(s.const(Math.sqrt(PI)), s.pow(s.abs(x), s.const(0.25)));
      const right = chebyshev(s, s.sub(s.div(s.const(2 * rightStart), z), one), airyRight);
      const ratio = s.div(s.const(leftStart), z);
      const t = s.sub(s.mul(s.const(2), s.mul(ratio, ratio)), one);
      const p = chebyshev(s, t, airyLeftP);
      const q = s.mul(ratio, chebyshev(s, t, airyLeftQ));
      // The phase is pi / 4: its sine and cosine are those of z, added and subtracted.
      const cosine = s.mul(s.const(SQRT1_2), s.add(s.cos(z), s.sin(z)));
      const sine = s.mul(s.const(SQRT1_2), s.sub(s.sin(z), s.cos(z)));
      const left = s.div(s.add(s.mul(p, cosine), s.mul(q, sine)), root);
      const decay = s.div(s.mul(s.const(0.5), s.mul(s.exp(s.neg(z)), right)), root);
      return s.where(s.lt(x, s.const(-5)), left, s.where(s.lt(s.const(2), x), decay, near));
    },
    result: 'float',
    domain: [-9, 5],
  }),
);
