import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;
const nested = (x: tg.Tensor): tg.TensorData => x.tolist() as number[][];

test('attention is a softmax of products, times the values', () => {
  const [q, k, v] = [ramp(3, 4), ramp(5, 4).cos(), ramp(5, 2)];
  const weights = q.matmul(k.transpose(0, 1)).div(2).softmax(-1);
  expectNear(F.scaledDotProductAttention(q, k, v), nested(weights.matmul(v)));
});

test('a causal mask hides what comes later', () => {
  const [q, k, v] = [ramp(3, 4), ramp(3, 4), ramp(3, 2)];
  const y = F.scaledDotProductAttention(q, k, v, { isCausal: true });
  expectNear(y.select(0, 0), nested(v.select(0, 0)));
  const mask = tg.ones([3, 3], { dtype: 'bool' }).tril();
  expectNear(y, nested(F.scaledDotProductAttention(q, k, v, mask.to('bool'))));
});

/** Queries, keys and values of heads as projections give them: (N, H, L, E) seen in (N, L, H, E). */
function strided(...lengths: number[]): tg.Tensor[] {
  tg.manualSeed(7);
  return lengths.map((length) => tg.randn([2, length, 3, 2], { dtype: 'float64' }).transpose(1, 2).requiresGrad_());
}

test.each([
  ['no mask', {}],
  ['numbers', { attnMask: tg.tensor([[0, 1, -1, 0.5, 0]], { dtype: 'float64' }) }],
  ['truth values', { attnMask: tg.tensor([[true, false, true, true, false]]) }],
  ['a causal mask', { isCausal: true }],
  ['dropout', { dropoutP: 0.4 }],
])('gradients of the first and the second order: %s', (_name, options) => {
  const run = (...[q, k, v]: tg.Tensor[]): tg.Tensor => {
    tg.manualSeed(5);
    return F.scaledDotProductAttention(q, k, v, options);
  };
  expect(tg.autograd.gradcheck(run, strided(4, 5, 5))).toBe(true);
  expect(tg.autograd.gradgradcheck(run, strided(4, 5, 5), { fastMode: true })).toBe(true);
});

test('a mask may ask for a gradient', () => {
  const mask = tg.randn([3, 4, 5], { dtype: 'float64', requiresGrad: true });
  const run = (...[q, k, v, m]: tg.Tensor[]): tg.Tensor => F.scaledDotProductAttention(q, k, v, m);
  expect(tg.autograd.gradcheck(run, [...strided(4, 5, 5), mask])).toBe(true);
});

test('results lie as queries do, so that joined heads need no copy', () => {
  const [q, k, v] = strided(4, 5, 5);
  expect(F.scaledDotProductAttention(q, k, v).transpose(1, 2).isContiguous()).toBe(true);
  const y = F.scaledDotProductAttention(q.contiguous(), k, v);
  expect(y.isContiguous()).toBe(true);
  expectNear(y.transpose(1, 2), nested(F.scaledDotProductAttention(q, k, v).transpose(1, 2)));
});

test('dropout of attention is that of its weights', () => {
  const [q, k, v] = strided(4, 5, 5).map((x) => x.float());
  tg.manualSeed(9);
  const y = F.scaledDotProductAttention(q, k, v, { dropoutP: 0.3 });
  tg.manualSeed(9);
  const weights = F.dropout(q.matmul(k.transpose(-2, -1)).div(Math.sqrt(2)).softmax(-1), 0.3);
  expectNear(y, nested(weights.matmul(v)));
  expect(F.scaledDotProductAttention(q, k, v, { dropoutP: 1 }).abs().sum().item()).toBe(0);
});

test('weights have gradients, with and without one of the output', () => {
  const x = tg.randn([4, 2, 4], { dtype: 'float64', requiresGrad: true });
  const [projection, out] = [tg.randn([12, 4], { dtype: 'float64' }), tg.randn([4, 4], { dtype: 'float64' })];
  const run = (input: tg.Tensor): [tg.Tensor, tg.Tensor] => {
    tg.manualSeed(3);
    const rest = [4, 2, projection, null, null, null, false, 0.2, out, null] as const;
    return F.multiHeadAttentionForward(input, input, input, ...rest) as [tg.Tensor, tg.Tensor];
  };
  expect(tg.autograd.gradcheck(run, [x])).toBe(true);
  expect(tg.autograd.gradcheck((input: tg.Tensor) => run(input)[1], [x])).toBe(true);
});

test('one tensor for queries, keys and values is as good as three', () => {
  const make = (): tg.Tensor => ramp(3, 2, 4).requiresGrad_();
  const rest = [4, 2, ramp(12, 4).sin(), ramp(12), null, null, false, 0, ramp(4, 4).cos(), null] as const;
  const [x, q, k, v] = [make(), make(), make(), make()];
  const masks = {
    attnMask: ramp(3, 3),
    keyPaddingMask: tg.tensor([
      [false, false, true],
      [false, true, false],
    ]),
  };
  const [one] = F.multiHeadAttentionForward(x, x, x, ...rest, masks);
  const [three] = F.multiHeadAttentionForward(q, k, v, ...rest, masks);
  expectNear(one, nested(three));
  for (const y of [one, three]) y.sin().sum().backward();
  const sum = (q.grad as tg.Tensor).add(k.grad as tg.Tensor).add(v.grad as tg.Tensor);
  expectNear(x.grad as tg.Tensor, nested(sum));
});

test('several heads are attention of slices, between projections', () => {
  const [q, k] = [ramp(3, 2, 4), ramp(5, 2, 4).cos()];
  const [projection, bias, out] = [ramp(12, 4).sin(), ramp(12), ramp(4, 4).cos()];
  const [y, weights] = F.multiHeadAttentionForward(q, k, k, 4, 2, projection, bias, null, null, false, 0, out, null);
  const parts = [q, k, k].map((x, i) => F.linear(x, projection.chunk(3)[i], bias.chunk(3)[i]).permute(1, 0, 2));
  const heads = [0, 1].map((h) => {
    const [a, b, c] = parts.map((x) => x.narrow(-1, 2 * h, 2));
    return F.scaledDotProductAttention(a, b, c);
  });
  expectNear(y, nested(F.linear(tg.cat(heads, -1).permute(1, 0, 2), out)));
  expect(weights?.shape).toEqual([2, 3, 5]);
});

test('keys that are padding do not count', () => {
  const [q, k] = [ramp(3, 1, 4), ramp(5, 1, 4).cos()];
  const rest = [4, 2, ramp(12, 4), null, null, null, false, 0, ramp(4, 4), null, false] as const;
  const padding = tg.tensor([[false, false, false, true, true]]);
  const [y, weights] = F.multiHeadAttentionForward(q, k, k, ...rest, padding);
  const short = k.narrow(0, 0, 3);
  expectNear(y, nested(F.multiHeadAttentionForward(q, short, short, ...rest)[0]));
  expect(weights?.select(-1, 4).sum().item()).toBe(0);
});

test('dropout is exact at its ends, and the input itself outside training', () => {
  const x = tg.tensor([1, 2, Number.POSITIVE_INFINITY]);
  expect(F.dropout(x, 0)).toBe(x);
  expect(F.dropout(x, 0.5, false)).toBe(x);
  expect(F.dropout(tg.ones(4), 1).tolist()).toEqual([0, 0, 0, 0]);
  const y = tg.ones(3);
  expect(F.dropout(y, { p: 1, inplace: true })).toBe(y);
});

test('dropout keeps the mean, and drops at its rate', () => {
  tg.manualSeed(0);
  const y = F.dropout(tg.ones(100000), 0.3);
  expect(y.eq(0).sum().item() / 100000).toBeCloseTo(0.3, 2);
  expect(y.mean().item()).toBeCloseTo(1, 2);
  expect(new Set(y.tolist() as number[]).size).toBe(2);
});

test('dropout2d drops whole channels', () => {
  tg.manualSeed(1);
  const y = F.dropout2d(tg.ones(8, 16, 3, 3), 0.5);
  const sums = y.sum([2, 3]).flatten().tolist() as number[];
  expect(new Set(sums)).toEqual(new Set([0, 18]));
});

test('alphaDropout keeps mean and variance', () => {
  tg.manualSeed(2);
  const y = F.alphaDropout(tg.randn(200000), 0.2, true);
  expect(y.mean().item()).toBeCloseTo(0, 1);
  expect(y.var().item()).toBeCloseTo(1, 1);
});

test('an embedding is rows of its weight; the padding row gets no gradient', () => {
  const weight = tg.tensor(
    [
      [1, 2],
      [3, 4],
      [5, 6],
    ],
    { requiresGrad: true },
  );
  const y = F.embedding(
    [
      [2, 0],
      [2, 1],
    ],
    weight,
    { paddingIdx: -3 },
  );
  expect(y.tolist()).toEqual([
    [
      [5, 6],
      [1, 2],
    ],
    [
      [5, 6],
      [3, 4],
    ],
  ]);
  y.sum().backward();
  expect(weight.grad?.tolist()).toEqual([
    [0, 0],
    [1, 1],
    [2, 2],
  ]);
});

test('scaleGradByFreq divides by how often a row was looked up', () => {
  const weight = tg.ones([3, 1], { requiresGrad: true });
  F.embedding([0, 2, 2, 2, 2], weight, { scaleGradByFreq: true }).sum().backward();
  expect(weight.grad?.tolist()).toEqual([[1], [0], [1]]);
});

test('maxNorm shortens the rows that are looked up, in place', () => {
  const weight = tg.tensor([
    [3, 4],
    [0.3, 0.4],
    [6, 8],
  ]);
  const y = F.embedding([0, 1, 0], weight, { maxNorm: 1 });
  expectNear(weight, [
    [0.6, 0.8],
    [0.3, 0.4],
    [6, 8],
  ]);
  expectNear(y, [
    [0.6, 0.8],
    [0.3, 0.4],
    [0.6, 0.8],
  ]);
});

test('an index out of range is refused before the weight is touched', () => {
  const weight = tg.tensor([[3, 4]]);
  expect(() => F.embedding([0, 1], weight, { maxNorm: 1 })).toThrow(tg.IndexError);
  expect(weight.tolist()).toEqual([[3, 4]]);
});

test('bags of rows: sums, means, maxima; empty ones are zero', () => {
  const weight = tg.tensor([
    [1, 8],
    [2, 4],
    [4, 2],
  ]);
  const bag = (mode: 'sum' | 'mean' | 'max'): unknown =>
    F.embeddingBag([0, 1, 2], weight, [0, 2, 2], { mode }).tolist();
  expect(bag('sum')).toEqual([
    [3, 12],
    [0, 0],
    [4, 2],
  ]);
  expect(bag('mean')).toEqual([
    [1.5, 6],
    [0, 0],
    [4, 2],
  ]);
  expect(bag('max')).toEqual([
    [2, 8],
    [0, 0],
    [4, 2],
  ]);
  expect(
    F.embeddingBag(
      [
        [0, 1],
        [2, 2],
      ],
      weight,
      { mode: 'sum', paddingIdx: 2 },
    ).tolist(),
  ).toEqual([
    [3, 12],
    [0, 0],
  ]);
});

test('gumbelSoftmax: hard samples are one-hot and have a gradient', () => {
  tg.manualSeed(4);
  const x = tg.tensor(
    [
      [1, 2, 0.5],
      [0, 0, 0],
    ],
    { requiresGrad: true },
  );
  const y = F.gumbelSoftmax(x, { hard: true });
  expectNear(y.sum(-1), [1, 1]);
  expectNear(y.max(-1).values, [1, 1]);
  y.mul(tg.tensor([1, 2, 3]))
    .sum()
    .backward();
  expect(x.grad?.abs().sum().item()).toBeGreaterThan(0);
});
