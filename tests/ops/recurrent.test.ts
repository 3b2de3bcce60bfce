import type { RecurrenceName } from '../../kernels/recurrence.js';
import * as tg from '../../lib/index.js';
import { launchedDirection } from '../../lib/ops/layers/recurrent.js';
import { composedDirection, type Direction } from '../../lib/ops/layers/recurrentStep.js';

const gates = { lstm: 4, gru: 3, tanh: 1, relu: 1 } as const;
const names = Object.keys(gates) as RecurrenceName[];

interface Sizes {
  readonly steps: number;
  readonly batch: number;
  readonly features: number;
  readonly size: number;
}

/** Input, two weights, the states, and two biases where there are some. */
function inputs(name: RecurrenceName, dtype: tg.DType, { steps, batch, features, size }: Sizes, bias: boolean) {
  tg.manualSeed(3);
  const make = (...shape: number[]): tg.Tensor =>
    tg
      .randn(shape, { dtype })
      .div(Math.sqrt(shape.at(-1)!))
      .requiresGrad_();
  const rows = gates[name] * size;
  const states = name === 'lstm' ? [make(batch, size), make(batch, size)] : [make(batch, size)];
  const biases = bias ? [make(rows), make(rows)] : [];
  return [make(steps, batch, features), make(rows, features), make(rows, size), ...states, ...biases];
}

type Run = typeof launchedDirection;

/** What a layer gives for the tensors of `inputs`. */
function run(by: Run, name: RecurrenceName, reverse: boolean, [x, weight_ih, weight_hh, ...rest]: tg.Tensor[]) {
  const first = rest.splice(0, name === 'lstm' ? 2 : 1);
  const [bias_ih = null, bias_hh = null] = rest;
  const weights = { weight_ih, weight_hh, bias_ih, bias_hh, weight_hr: null };
  const { output, state } = by(name, x, first, weights, reverse) as Direction;
  return [output, ...state];
}

describe.each(names)('%s', (name) => {
  test.each([
    [false, true],
    [true, false],
  ])('first and second gradients; reverse %p, bias %p', (reverse, bias) => {
    const given = inputs(name, 'float64', { steps: 3, batch: 2, features: 2, size: 2 }, bias);
    const launched = (...x: tg.Tensor[]): tg.Tensor[] => run(launchedDirection, name, reverse, x);
    expect(tg.autograd.gradcheck(launched, given)).toBe(true);
    expect(tg.autograd.gradgradcheck(launched, given, { fastMode: true })).toBe(true);
  });

  test.each([
    [1, 1, 1, 1, false],
    [2, 3, 7, 5, true],
    [4, 5, 3, 8, false],
    [3, 2, 16, 24, true],
    [5, 33, 20, 64, false],
  ])(
    '%p steps of %p rows of %p features, size %p, reverse %p: as composed',
    (steps, batch, features, size, reverse) => {
      const given = inputs(name, 'float32', { steps, batch, features, size }, true);
      const [got, wanted] = [launchedDirection, composedDirection].map((by) => {
        const [output, ...states] = run(by as Run, name, reverse, given);
        const total = output.mul(output).sum().add(tg.cat(states).sum());
        const gradients = tg.autograd.grad([total], given);
        return [output, ...states, ...gradients].map((x) => x.detach());
      });
      got.forEach((x, k) => {
        expect(tg.allclose(x, wanted[k], 1e-4, 1e-5)).toBe(true);
      });
    },
  );
});

test('an input whose batch comes first is read as it lies; without gradients the results are the same', () => {
  const [x, ...rest] = inputs('gru', 'float32', { steps: 6, batch: 4, features: 64, size: 32 }, true);
  const turned = x.detach().transpose(0, 1).contiguous().transpose(0, 1);
  const [wanted] = run(launchedDirection, 'gru', false, [x, ...rest]);
  expect(tg.equal(run(launchedDirection, 'gru', false, [turned, ...rest])[0], wanted)).toBe(true);
  const unrecorded = tg.noGrad(() => run(launchedDirection, 'gru', false, [x, ...rest]));
  expect(tg.equal(unrecorded[0], wanted)).toBe(true);
});

test('operands of several dtypes, a projection, and float16 are left to the composition', () => {
  const [x, weight_ih, weight_hh, h, c] = inputs(
    'lstm',
    'float32',
    { steps: 2, batch: 2, features: 3, size: 3 },
    false,
  );
  const weights = { weight_ih, weight_hh, bias_ih: null, bias_hh: null, weight_hr: null };
  expect(launchedDirection('lstm', x, [h, c.double()], weights, false)).toBeNull();
  expect(launchedDirection('lstm', x, [h, c], { ...weights, weight_hr: weight_hh }, false)).toBeNull();
  const half = { ...weights, weight_ih: weight_ih.half(), weight_hh: weight_hh.half() };
  expect(launchedDirection('lstm', x.half(), [h.half(), c.half()], half, false)).toBeNull();
});
