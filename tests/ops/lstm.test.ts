import * as tg from '../../lib/index.js';
import { lstm } from '../../lib/ops/layers/lstm.js';
import { lstmComposed } from '../../lib/ops/layers/lstmCell.js';

type Four = [sums: tg.Tensor, h: tg.Tensor, c: tg.Tensor, weight: tg.Tensor];

/** The same, step by step in plain operations. */
function composed([sums, h, c, weight]: Four, reverse: boolean): [tg.Tensor, tg.Tensor] {
  const order = reverse ? sums.unbind(0).reverse() : sums.unbind(0);
  let state: [tg.Tensor, tg.Tensor] = [h, c];
  const states = order.map((x) => {
    state = lstmComposed(x, state[0].matmul(weight.t()), state[1]);
    return state;
  });
  if (reverse) states.reverse();
  return [tg.stack(states.map(([x]) => x)), tg.stack(states.map(([, x]) => x))];
}

function inputs(dtype: tg.DType, steps: number, batch: number, size: number): Four {
  tg.manualSeed(3);
  const make = (...shape: number[]): tg.Tensor => tg.randn(shape, { dtype, requiresGrad: true });
  const weight = tg
    .randn([4 * size, size], { dtype })
    .div(Math.sqrt(size))
    .requiresGrad_();
  return [make(steps, batch, 4 * size), make(batch, size), make(batch, size), weight];
}

const launched = ([sums, h, c, weight]: Four, reverse: boolean): [tg.Tensor, tg.Tensor] =>
  lstm(sums, h, c, weight, reverse) as [tg.Tensor, tg.Tensor];

test.each([false, true])('first and second gradients; reverse: %p', (reverse) => {
  const four = inputs('float64', 3, 2, 2);
  const run = (...x: Four): [tg.Tensor, tg.Tensor] => launched(x, reverse);
  expect(tg.autograd.gradcheck(run, four)).toBe(true);
  expect(tg.autograd.gradgradcheck(run, four, { fastMode: true })).toBe(true);
});

test.each([
  [1, 1, 1, false],
  [2, 3, 5, true],
  [4, 5, 8, false],
  [3, 2, 24, true],
  [5, 33, 64, false],
])('%p steps of %p rows of size %p, reverse %p: as composed', (steps, batch, size, reverse) => {
  const four = inputs('float32', steps, batch, size);
  const [got, wanted] = [launched, composed].map((run) => {
    const [output, cells] = run(four, reverse);
    const gradients = tg.autograd.grad([output.mul(output).sum().add(cells.sum())], four);
    return [output, cells, ...gradients].map((x) => x.detach());
  });
  got.forEach((x, k) => {
    expect(tg.allclose(x, wanted[k], 1e-4, 1e-5)).toBe(true);
  });
});

test('operands of several dtypes are left to the composition', () => {
  const [sums, h, c, weight] = inputs('float32', 2, 2, 3);
  expect(lstm(sums, h, c.double(), weight, false)).toBeNull();
  expect(lstm(sums.half(), h.half(), c.half(), weight.half(), false)).toBeNull();
});
