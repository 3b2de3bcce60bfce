import * as tg from '../../lib/index.js';

const x = tg.ones(2, 3);

describe('an argument of the wrong kind is an error that names the operation', () => {
  const F = tg.nn.functional;
  const wrong: [string, string, () => unknown][] = [
    ['no tensor for a view', 'permute: expected a tensor, got null', () => tg.permute(null as never, 0)],
    ['text for a composite', 'flatten: expected a tensor, got a string', () => tg.flatten('x' as never)],
    ['text for a dimension', 'sum: dim must be', () => x.sum('x' as never)],
    ['null for a list of sizes', 'full: expected a list of sizes', () => tg.full(null as never, 1)],
    ['text for the order of a norm', 'normalize: ', () => F.normalize(x, 'x' as never)],
    ['a tensor for the order of a distance', 'must be a number, got a tensor', () => tg.cdist(x, x, x as never)],
    ['null for a tolerance', 'isclose: rtol must be a number', () => tg.isclose(x, x, null as never)],
    ['null for an operand', 'sub: expected a tensor or a number, got null', () => tg.sub(null as never, x)],
    ['null for a function', 'noGrad: expected a function', () => tg.noGrad(null as never)],
    ['null for an equation', 'einsum: the equation comes first', () => tg.einsum(null as never, x)],
    ['null for another tensor', 'viewAs: expected a tensor, got null', () => x.viewAs(null as never)],
    ['null for a weight', 'prelu: expected a tensor, got null', () => F.prelu(x, null as never)],
    ['null beside a tensor', 'cosineSimilarity: expected a tensor', () => F.cosineSimilarity(x, null as never)],
    [
      'null for a key',
      'scaledDotProductAttention: expected a tensor',
      () => F.scaledDotProductAttention(x, null as never, x),
    ],
    ['null for padding', 'pad: pad must be a list', () => F.pad(x, null as never)],
    ['null for a shape', 'layerNorm: normalizedShape must be', () => F.layerNorm(x, null as never)],
    ['null to walk back from', 'backward: expected a tensor, got null', () => tg.autograd.backward(null as never)],
    ['a number among inputs', 'grad: expected a tensor, got a number', () => tg.autograd.grad(x.sum(), [3 as never])],
    ['null for a dataset', 'randomSplit: expected a dataset', () => tg.data.randomSplit(null as never, [1])],
    [
      'a number for lengths',
      'lengths must be a list',
      () => tg.data.randomSplit(new tg.data.TensorDataset(x), 2 as never),
    ],
    ['numbers for parameters', 'expected a tensor or a list', () => tg.nn.utils.parametersToVector([3 as never])],
    ['null for a vector', 'expected a tensor, got null', () => tg.nn.utils.vectorToParameters(null as never, [x])],
    ['null for a layer', 'removeWeightNorm: null has', () => tg.nn.utils.removeWeightNorm(null as never)],
    ['null for a dimension', 'dim must be an integer', () => tg.masked.median(x, null as never)],
    ['null for bins', 'bins must be a number, or a list', () => tg.histogramdd(x, null as never)],
    ['null for a hook', 'hook', () => new tg.nn.Linear(1, 1).registerForwardHook(null as never)],
  ];
  test.each(wrong)('%s', (_what, message, call) => {
    expect(call).toThrow(tg.ArgumentError);
    expect(call).toThrow(message);
  });
});

test('text given for a number is never run as code', () => {
  const marked = globalThis as { marked?: boolean };
  expect(() => tg.cdist(x, x, 'globalThis.marked = true, 3' as never)).toThrow(tg.ArgumentError);
  expect(marked.marked).toBeUndefined();
});

test.each([[null], ['text'], [[1, 2, 3]]])('at_ refuses %p as a value and writes nothing', (value) => {
  const y = tg.zeros(2, 3);
  expect(() => y.at_([0], value as never)).toThrow(tg.ArgumentError);
  expect(() => y.at_([[0]], value as never)).toThrow(tg.ArgumentError);
  expect(y.sum().item()).toBe(0);
});

test('numbers are cut as they become int64, and NaN is refused', () => {
  const int64 = { dtype: tg.int64 };
  expect(tg.full([2], 1.5, int64).tolist()).toEqual([1, 1]);
  expect(tg.fullLike(tg.zeros(1, int64), -1.5).tolist()).toEqual([-1]);
  expect(
    tg
      .zeros(2, int64)
      .at_([[0]], 2.5)
      .tolist(),
  ).toEqual([2, 0]);
  expect(() => tg.full([2], Number.NaN, int64)).toThrow('full: NaN cannot be an int64');
});

test('a tensor beyond what the platform can allocate is a ValueError', () => {
  expect(() => tg.empty(1e15)).toThrow(tg.ValueError);
  expect(() => tg.empty(1e15)).toThrow('cannot be allocated on cpu');
});

test('the offset of a diagonal is an integer', () => {
  expect(() => tg.diag(tg.ones(2), Number.NaN)).toThrow('diagEmbed: offset NaN is not an integer');
});

describe('whatever is given for an argument, no error comes from the inside', () => {
  const y = tg.ones(3, 3);
  const functions: Record<string, unknown> = { ...tg, ...tg.nn.functional, ...tg.special };
  const calls: Record<string, unknown[]> = {
    permute: [y, 0, 1],
    flatten: [y],
    sum: [y, 0],
    tensordot: [y, y, 1],
    split: [y, 1],
    unflatten: [y, 0, [3, 1]],
    asStrided: [y, [2], [1]],
    indexPut: [y, [[0]], y],
    put: [y, [0], tg.ones(1)],
    roll: [y, 1, 0],
    rot90: [y, 1, [0, 1]],
    movedim: [y, 0, 1],
    pinverse: [y],
    trapezoid: [y, y],
    promoteTypes: ['float32', 'int32'],
    broadcastShapes: [[1], [2]],
    affineGrid: [tg.ones(1, 2, 3), [1, 1, 2, 2]],
    unfold: [tg.ones(1, 1, 4, 4), 2],
    scatterAdd: [y, 0, [[0]], y],
    indexAdd: [y, 0, [0], tg.ones(1, 3)],
    floatPower: [y, 2],
    bincount: [tg.ones(3).to('int32')],
    std: [y, 0],
    randLike: [y],
    linspace: [0, 1, 3],
    cov: [y],
    cosineSimilarity: [y, y],
  };
  const values = [null, Number.NaN, -1, 1.5, 'x', {}, [], [null], Symbol('s'), 3n, () => 1, true];
  test.each(Object.entries(calls))('%s', (name, args) => {
    const call = functions[name] as (...args: unknown[]) => unknown;
    for (const [i] of args.entries()) {
      for (const value of values) {
        try {
          call(...args.with(i, value));
        } catch (error) {
          expect([i, value, error]).toEqual([i, value, expect.any(tg.TapegradError)]);
        }
      }
    }
  });
});

test.each<[string, () => unknown]>([
  ['permute: expected a tensor', () => tg.permute(3 as never, 0)],
  ['flatten: expected a tensor, got an array', () => tg.flatten([1] as never)],
  ['sum: keepdim must be true or false, got a string', () => x.sum(0, 'x' as never)],
  ['rot90: dims must be a list of integers, got null', () => x.rot90(1, null as never)],
  ['roll: shifts must be an integer, got null', () => x.roll(null as never)],
  ['save: path must be a string, got null', () => tg.save(x, null as never)],
  ['load: path must be a string, got 3', () => tg.load(3 as never)],
  ['Linear: inFeatures must not be negative, got -1', () => new tg.nn.Linear(-1, 2)],
])('%s', (message, call) => {
  expect(call).toThrow(tg.TapegradError);
  expect(call).toThrow(message);
});
