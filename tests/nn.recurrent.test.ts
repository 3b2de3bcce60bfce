import * as tg from '../lib/index.js';
import { pattern, rounded, withPattern } from './helpers/pattern.js';

const { nn } = tg;

describe('values recorded from PyTorch', () => {
  test('LSTM without batch: two layers, both directions, a projection', () => {
    const [output, [h, c]] = withPattern(new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true, projSize: 1 })).forward(
      pattern(3, 2),
    );
    expect([output.shape, h.shape, c.shape]).toEqual([
      [3, 2],
      [4, 1],
      [4, 3],
    ]);
    expect(rounded(output)).toEqual([0.321424, 0.688122, 0.403364, 0.432273, 0.635771, 0.299344]);
    expect(rounded(h)).toEqual([0.337241, 0.473099, 0.635771, 0.688122]);
    expect(rounded(c)).toEqual([
      -0.325009, -0.271183, -0.0961, -0.352759, -0.366296, -0.086814, -0.365729, -0.576267, 0.095284, -0.397885,
      -0.586217, 0.200009,
    ]);
  });

  test('GRU with the batch first, both directions, from a state', () => {
    const gru = withPattern(new nn.GRU(2, 2, { batchFirst: true, bidirectional: true }));
    const [output, h] = gru.forward(pattern(1, 3, 2), { hx: pattern(2, 1, 2) });
    expect([output.shape, h.shape]).toEqual([
      [1, 3, 4],
      [2, 1, 2],
    ]);
    expect(rounded(output)).toEqual([
      0.961002, 0.228823, 0.720007, 0.497104, 0.804682, 0.228006, 0.235745, -0.590907, 0.58039, 0.090049, 0.85623,
      -0.786895,
    ]);
    expect(rounded(h)).toEqual([0.58039, 0.090049, 0.720007, 0.497104]);
  });

  test('RNN with relu', () => {
    const [output, h] = withPattern(new nn.RNN(2, 2, 1, 'relu')).forward(pattern(3, 1, 2));
    expect(rounded(output)).toEqual([0.899986, 0.397673, 0, 0, 0.684031, 0]);
    expect(rounded(h)).toEqual([0.684031, 0]);
  });
});

describe('a sequence', () => {
  const close = (a: tg.Tensor, b: tg.Tensor): void => expect(rounded(a)).toEqual(rounded(b));

  test.each<[string, () => tg.nn.GRU | tg.nn.RNN]>([
    ['RNN', () => new nn.RNN(2, 3)],
    ['GRU', () => new nn.GRU(2, 3)],
  ])('%s can be cut in two where the state is carried over, and walked by its cell', (_name, make) => {
    const layer = make().double();
    const x = pattern(6, 2, 2);
    const [whole, last] = layer.forward(x);
    const [, middle] = layer.forward(x.narrow(0, 0, 4));
    const [rest, end] = layer.forward(x.narrow(0, 4, 2), middle);
    close(rest, whole.narrow(0, 4, 2));
    close(end, last);

    const cell = layer instanceof nn.GRU ? new nn.GRUCell(2, 3) : new nn.RNNCell(2, 3);
    const state = Object.entries(layer.stateDict()).map(([name, value]) => [name.replace('_l0', ''), value]);
    cell.double().loadStateDict(Object.fromEntries(state));
    let h = tg.zeros([2, 3], { dtype: 'float64' });
    for (let t = 0; t < 6; t++) h = cell.forward(x.select(0, t), h);
    close(h, last.squeeze(0));
  });

  test('LSTM: the same with both states', () => {
    const layer = new nn.LSTM(2, 3).double();
    const x = pattern(5, 2, 2);
    const [whole, [h, c]] = layer.forward(x);
    const [, middle] = layer.forward(x.narrow(0, 0, 2));
    const [rest, end] = layer.forward(x.narrow(0, 2, 3), middle);
    close(rest, whole.narrow(0, 2, 3));
    close(end[0], h);
    close(end[1], c);

    const cell = new nn.LSTMCell(2, 3).double();
    const state = Object.entries(layer.stateDict()).map(([name, value]) => [name.replace('_l0', ''), value]);
    cell.loadStateDict(Object.fromEntries(state));
    let pair: tg.nn.LSTMState | null = null;
    for (let t = 0; t < 5; t++) pair = cell.forward(x.select(0, t), pair);
    close((pair as unknown as tg.nn.LSTMState)[1], c.squeeze(0));
  });

  test('the batch first, or no batch at all, gives the same numbers', () => {
    const layer = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true }).double();
    const first = new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true, batchFirst: true }).double();
    first.loadStateDict(layer.stateDict());
    const x = pattern(4, 3, 2);
    const [output, [h]] = layer.forward(x);
    const [swapped, [same]] = first.forward(x.transpose(0, 1));
    close(swapped.transpose(0, 1), output);
    close(same, h);
    const [single, [one]] = layer.forward(x.select(1, 2));
    close(single, output.select(1, 2));
    close(one, h.select(1, 2));
  });

  test('gradients pass gradcheck, parameters included', () => {
    for (const layer of [new nn.LSTM(2, 2, { bidirectional: true, projSize: 1 }), new nn.GRU(2, 2, { numLayers: 2 })]) {
      layer.double();
      const x = pattern(3, 2, 2).requiresGrad_();
      expect(tg.autograd.gradcheck((input: tg.Tensor) => layer.forward(input)[0], [x])).toBe(true);
      layer.forward(x)[0].sum().backward();
      expect(layer.parameters().every((p) => p.grad !== null)).toBe(true);
    }
  });

  test('dropout falls between layers while training, and nowhere in evaluation', () => {
    const layer = new nn.GRU(2, 8, { numLayers: 2, dropout: 0.5 });
    const x = tg.ones(3, 2, 2);
    const run = (): unknown => layer.forward(x)[0].tolist();
    expect(run()).not.toEqual(run());
    layer.eval();
    expect(run()).toEqual(run());
  });

  test('parameters start within 1 / sqrt(hiddenSize)', () => {
    const layer = new nn.LSTM(3, 16);
    for (const weight of layer.parameters()) {
      const largest = weight.detach().abs().max().item();
      expect(largest).toBeLessThanOrEqual(0.25);
      expect(largest).toBeGreaterThan(0.15);
    }
  });
});

describe('errors', () => {
  const lstm = new nn.LSTM(2, 3);
  test.each<[string, () => unknown, string]>([
    ['features', () => lstm.forward(tg.ones(4, 1, 3)), 'expected steps (at least one) of 2 features'],
    ['no steps', () => lstm.forward(tg.ones(0, 1, 2)), 'got an input of shape (0, 1, 2)'],
    ['dimensions', () => lstm.forward(tg.ones(2)), 'expected an input of 2 or 3 dimensions, got (2,)'],
    [
      'a state of another shape',
      () => lstm.forward(tg.ones(4, 1, 2), [tg.ones(1, 1, 3), tg.ones(1, 2, 3)]),
      'expected a state of shape (1, 1, 3), got (1, 2, 3)',
    ],
    [
      'one tensor for two states',
      () => lstm.forward(tg.ones(4, 1, 2), tg.ones(1, 1, 3) as unknown as tg.nn.LSTMState),
      'the state must be [h, c]',
    ],
    ['dropout', () => new nn.GRU(2, 3, { dropout: 1.5 }), 'GRU: dropout must be between 0 and 1, got 1.5'],
    ['layers', () => new nn.GRU(2, 3, 0), 'numLayers must be a positive integer, got 0'],
    ['a projection that is no smaller', () => new nn.LSTM(2, 3, { projSize: 3 }), 'projSize must be from 0 to below'],
    ['a projection of a GRU', () => new nn.GRU(2, 3, { projSize: 1 } as object), 'unknown option projSize'],
    ['a nonlinearity', () => new nn.RNN(2, 3, 1, 'gelu' as 'relu'), "unknown nonlinearity 'gelu'"],
    ['a cell: features', () => new nn.GRUCell(2, 3).forward(tg.ones(1, 4)), 'expected (N, 2) or (2,)'],
    [
      'a cell: state',
      () => new nn.GRUCell(2, 3).forward(tg.ones(1, 2), tg.ones(3)),
      'expected a state of shape (1, 3)',
    ],
  ])('%s', (_what, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(tg.TapegradError);
  });
});
