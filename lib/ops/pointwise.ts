import { type Binary, binary, type Unary, unary } from '../autograd/define.js';

/** Inverse hyperbolic tangent's neighbour, the hyperbolic tangent. PyTorch: torch.tanh. */
export const tanh: Unary = unary('tanh(input)', {
  forward: (s, x) => s.tanh(x),
  grad: (s, g, _x, y) => s.mul(g, s.sub(s.const(1), s.mul(y, y))),
  result: 'float',
});

/** Product, element by element. PyTorch: torch.mul. */
export const mul: Binary = binary('mul(input, other)', {
  forward: (s, a, b) => s.mul(a, b),
  grad: [(s, g, _a, b) => s.mul(g, b), (s, g, a) => s.mul(g, a)],
});

/** Sum, element by element. PyTorch: torch.add. */
export const add: Binary = binary('add(input, other)', {
  forward: (s, a, b) => s.add(a, b),
  grad: [(_s, g) => g, (_s, g) => g],
});
