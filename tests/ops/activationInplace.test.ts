import * as tg from '../../lib/index.js';
import { ramp } from '../helpers/near.js';

const F = tg.nn.functional;

test.each([
  ['celu', (x: tg.Tensor) => F.celu(x, 2), (x: tg.Tensor) => F.celu_(x, 2)],
  ['elu', (x: tg.Tensor) => F.elu(x, 0.5), (x: tg.Tensor) => F.elu_(x, { alpha: 0.5 })],
  ['hardtanh', (x: tg.Tensor) => F.hardtanh(x, -0.5, 0.2), (x: tg.Tensor) => F.hardtanh_(x, -0.5, 0.2)],
  ['leakyRelu', (x: tg.Tensor) => F.leakyRelu(x, 0.3), (x: tg.Tensor) => F.leakyRelu_(x, 0.3)],
  ['relu', (x: tg.Tensor) => F.relu(x), (x: tg.Tensor) => F.relu_(x)],
  ['rrelu', (x: tg.Tensor) => F.rrelu(x), (x: tg.Tensor) => F.rrelu_(x)],
  ['selu', (x: tg.Tensor) => F.selu(x), (x: tg.Tensor) => F.selu_(x)],
  ['threshold', (x: tg.Tensor) => F.threshold(x, 0.1, 7), (x: tg.Tensor) => F.threshold_(x, 0.1, 7)],
])('%s_ writes into its input what it gives without', (_name, plain, into) => {
  const x = ramp(3, 3).sub(0.5);
  const expected = plain(x).tolist();
  expect(into(x)).toBe(x);
  expect(x.tolist()).toEqual(expected);
});
