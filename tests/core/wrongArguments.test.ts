import * as tg from '../../lib/index.js';

const x = tg.ones(2, 3);

describe('an argument of the wrong kind is an error that names the operation', () => {
  const F = tg.nn.functional;
  const wrong: [string, string, () => unknown][] = [
    ['no tensor for a view', 'permute: expected a tensor, got null', () => tg.permute(null as never, 0)],
    ['text for a composite', 'flatten: expected a tensor, got a string', () => tg.flatten('x' as never)],
    ['text for a dimension', 'sum: dim must be', () => x.sum('x' as never)],
    ['null for a list of sizes', 'full: expected a list of sizes', () => tg.full(null as never, 1)],
    ['text for the order of a norm', 'the order of the norm must be a number', () => F.normalize(x, 'x' as never)],
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
