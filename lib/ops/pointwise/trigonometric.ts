import { type Binary, binary, type Unary, unary } from '../../autograd/define.js';

const { PI } = Math;
const inside: readonly [number, number] = [-0.8, 0.8];

/** Sine, of radians. PyTorch: torch.sin. */
export const sin: Unary = unary('sin(input)', {
  forward: (s, x) => s.sin(x),
  grad: (s, g, x) => s.mul(g, s.cos(x)),
  result: 'float',
});

/** Cosine, of radians. PyTorch: torch.cos. */
export const cos: Unary = unary('cos(input)', {
  forward: (s, x) => s.cos(x),
  grad: (s, g, x) => s.neg(s.mul(g, s.sin(x))),
  result: 'float',
});

/** Tangent, of radians. PyTorch: torch.tan. */
export const tan: Unary = unary('tan(input)', {
  forward: (s, x) => s.tan(x),
  grad: (s, g, _x, y) => s.mul(g, s.add(s.const(1), s.mul(y, y))),
  result: 'float',
  domain: [-1.2, 1.2],
});

/** Inverse sine; NaN outside [-1, 1]. PyTorch: torch.asin. */
export const asin: Unary = unary('asin(input)', {
  forward: (s, x) => s.asin(x),
  grad: (s, g, x) => s.div(g, s.sqrt(s.sub(s.const(1), s.mul(x, x)))),
  result: 'float',
  domain: inside,
});

/** Inverse cosine; NaN outside [-1, 1]. PyTorch: torch.acos. */
export const acos: Unary = unary('acos(input)', {
  forward: (s, x) => s.acos(x),
  grad: (s, g, x) => s.neg(s.div(g, s.sqrt(s.sub(s.const(1), s.mul(x, x))))),
  result: 'float',
  domain: inside,
});

/** Inverse tangent. PyTorch: torch.atan. */
export const atan: Unary = unary('atan(input)', {
  forward: (s, x) => s.atan(x),
  grad: (s, g, x) => s.div(g, s.add(s.const(1), s.mul(x, x))),
  result: 'float',
});

/** The angle of the point (other, input), from -pi to pi. PyTorch: torch.atan2. */
export const atan2: Binary = binary('atan2(input, other)', {
  forward: (s, a, b) => s.atan2(a, b),
  grad: [
    (s, g, a, b) => s.mul(g, s.div(b, s.add(s.mul(a, a), s.mul(b, b)))),
    (s, g, a, b) => s.neg(s.mul(g, s.div(a, s.add(s.mul(a, a), s.mul(b, b))))),
  ],
  result: 'float',
  domain: [0.3, 3],
});

/** Hyperbolic sine. PyTorch: torch.sinh. */
export const sinh: Unary = unary('sinh(input)', {
  forward: (s, x) => s.sinh(x),
  grad: (s, g, x) => s.mul(g, s.cosh(x)),
  result: 'float',
});

/** Hyperbolic cosine. PyTorch: torch.cosh. */
export const cosh: Unary = unary('cosh(input)', {
  forward: (s, x) => s.cosh(x),
  grad: (s, g, x) => s.mul(g, s.sinh(x)),
  result: 'float',
});

/** Hyperbolic tangent. PyTorch: torch.tanh. */
export const tanh: Unary = unary('tanh(input)', {
  forward: (s, x) => s.tanh(x),
  grad: (s, g, _x, y) => s.mul(g, s.sub(s.const(1), s.mul(y, y))),
  result: 'float',
});

/** Inverse hyperbolic sine. PyTorch: torch.asinh. */
export const asinh: Unary = unary('asinh(input)', {
  forward: (s, x) => s.asinh(x),
  grad: (s, g, x) => s.div(g, s.sqrt(s.add(s.mul(x, x), s.const(1)))),
  result: 'float',
});

/** Inverse hyperbolic cosine; NaN below 1. PyTorch: torch.acosh. */
export const acosh: Unary = unary('acosh(input)', {
  forward: (s, x) => s.acosh(x),
  grad: (s, g, x) => s.div(g, s.sqrt(s.sub(s.mul(x, x), s.const(1)))),
  result: 'float',
  domain: [1.3, 4],
});

/** Inverse hyperbolic tangent; infinite at -1 and 1, NaN beyond. PyTorch: torch.atanh. */
export const atanh: Unary = unary('atanh(input)', {
  forward: (s, x) => s.atanh(x),
  grad: (s, g, x) => s.div(g, s.sub(s.const(1), s.mul(x, x))),
  result: 'float',
  domain: inside,
});

/** `sin(pi * input) / (pi * input)`, and 1 at 0. PyTorch: torch.sinc. */
export const sinc: Unary = unary('sinc(input)', {
  forward: (s, x) => {
    const angle = s.mul(x, s.const(PI));
    return s.where(s.eq(x, s.const(0)), s.const(1), s.div(s.sin(angle), angle));
  },
  grad: (s, g, x) => {
    const zero = s.const(0);
    const angle = s.mul(x, s.const(PI));
    const slope = s.div(s.sub(s.mul(angle, s.cos(angle)), s.sin(angle)), s.mul(angle, x));
    return s.where(s.eq(x, zero), zero, s.mul(g, slope));
  },
  result: 'float',
  domain: [0.2, 3],
});

/** Degrees as radians. PyTorch: torch.deg2rad. */
export const deg2rad: Unary = unary('deg2rad(input)', {
  forward: (s, x) => s.mul(x, s.const(PI / 180)),
  grad: (s, g) => s.mul(g, s.const(PI / 180)),
  result: 'float',
});

/** Radians as degrees. PyTorch: torch.rad2deg. */
export const rad2deg: Unary = unary('rad2deg(input)', {
  forward: (s, x) => s.mul(x, s.const(180 / PI)),
  grad: (s, g) => s.mul(g, s.const(180 / PI)),
  result: 'float',
});
