import * as tg from '../lib/index.js';
import { testFacts } from './helpers/facts.js';

const { nn } = tg;
const { init } = nn;

const values = (x: tg.Tensor): number[] => x.detach().reshape(-1).tolist() as number[];
const mean = (x: readonly number[]): number => x.reduce((a, b) => a + b, 0) / x.length;
const deviation = (x: readonly number[]): number => {
  const center = mean(x);
  return Math.sqrt(mean(x.map((v) => (v - center) ** 2)));
};
const largest = (x: readonly number[]): number => x.reduce((a, b) => Math.max(a, Math.abs(b)), 0);

testFacts({ init });

beforeEach(() => {
  tg.manualSeed(1);
});

describe('uniform and normal rules', () => {
  const weight = (): tg.Tensor => tg.empty(64, 32, 3, 3);
  const [fanIn, fanOut] = [32 * 9, 64 * 9];

  test.each<[string, (x: tg.Tensor) => tg.Tensor, number]>([
    ['uniform_', (x) => init.uniform_(x, -2, 2), 2],
    ['xavierUniform_', (x) => init.xavierUniform_(x, 2), 2 * Math.sqrt(6 / (fanIn + fanOut))],
    ['kaimingUniform_', (x) => init.kaimingUniform_(x, { nonlinearity: 'relu' }), Math.sqrt(6 / fanIn)],
    ['kaimingUniform_ of outputs', (x) => init.kaimingUniform_(x, 1, 'fan_out'), Math.sqrt(3 / fanOut)],
  ])('%s fills its bounds evenly', (_name, fill, bound) => {
    const x = values(fill(weight()));
    expect(largest(x)).toBeLessThanOrEqual(bound * 1.000001);
    expect(largest(x)).toBeGreaterThan(bound * 0.999);
    expect(Math.abs(mean(x)) / bound).toBeLessThan(0.02);
    expect(Math.abs(deviation(x) / (bound / Math.sqrt(3)) - 1)).toBeLessThan(0.02);
  });

  test.each<[string, (x: tg.Tensor) => tg.Tensor, number, number]>([
    ['normal_', (x) => init.normal_(x, 3, 0.5), 3, 0.5],
    ['xavierNormal_', (x) => init.xavierNormal_(x), 0, Math.sqrt(2 / (fanIn + fanOut))],
    ['kaimingNormal_', (x) => init.kaimingNormal_(x), 0, Math.sqrt(2 / fanIn)],
    ['kaimingNormal_ of tanh', (x) => init.kaimingNormal_(x, { nonlinearity: 'tanh' }), 0, 5 / 3 / Math.sqrt(fanIn)],
  ])('%s has its mean and deviation', (_name, fill, center, std) => {
    const x = values(fill(weight()));
    expect(Math.abs(mean(x) - center) / std).toBeLessThan(0.03);
    expect(Math.abs(deviation(x) / std - 1)).toBeLessThan(0.02);
  });

  test('truncNormal_ stays inside its bounds and keeps the shape between them', () => {
    const x = values(init.truncNormal_(tg.empty(20000), { mean: 1, std: 2, a: -1, b: 3 }));
    expect([Math.min(...x) >= -1, Math.max(...x) <= 3]).toEqual([true, true]);
    expect(Math.abs(mean(x) - 1)).toBeLessThan(0.03);
    // A normal distribution cut at one deviation on either side has the deviation 0.5396.
    expect(Math.abs(deviation(x) / 2 - 0.5396)).toBeLessThan(0.01);
  });
});

describe('matrices', () => {
  test.each<[string, number[]]>([
    ['wide', [4, 7]],
    ['tall', [7, 4]],
    ['a kernel', [6, 2, 2, 2]],
  ])('orthogonal_: %s, times the gain', (_what, shape) => {
    const x = init.orthogonal_(tg.empty(shape, { dtype: 'float64' }), 2).reshape(shape[0], -1);
    const [rows, columns] = x.shape;
    const product = (rows > columns ? x.t().mm(x) : x.mm(x.t())).div(4);
    const error = values(product.sub(tg.eye(Math.min(rows, columns), { dtype: 'float64' })));
    expect(largest(error)).toBeLessThan(1e-12);
  });

  test('eye_ and dirac_ pass their input on', () => {
    expect(init.eye_(tg.empty(2, 3)).tolist()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    const x = tg.randn(1, 4, 5, 5);
    const F = nn.functional;
    const kernel = init.dirac_(tg.empty(4, 4, 3, 3));
    expect(F.conv2d(x, kernel, { padding: 1 }).tolist()).toEqual(x.tolist());
    const grouped = init.dirac_(tg.empty(4, 2, 3, 3), 2);
    expect(F.conv2d(x, grouped, { padding: 1, groups: 2 }).tolist()).toEqual(x.tolist());
  });

  test('sparse_ leaves a fraction of every column at zero', () => {
    const x = init.sparse_(tg.empty(10, 4), 0.25).tolist() as number[][];
    for (let column = 0; column < 4; column++) expect(x.filter((row) => row[column] === 0)).toHaveLength(3);
  });
});

describe('every rule', () => {
  test('writes into the tensor, off the tape, and returns it', () => {
    const weight = new nn.Parameter(tg.empty(4, 4));
    for (const rule of [
      init.zeros_,
      init.ones_,
      init.eye_,
      init.xavierUniform_,
      init.kaimingNormal_,
      init.orthogonal_,
    ]) {
      expect(rule(weight)).toBe(weight);
      expect([weight.isLeaf, weight.requiresGrad]).toEqual([true, true]);
    }
    expect(init.constant_(weight, 3).at(0, 0).item()).toBe(3);
  });

  test('takes a generator', () => {
    const draw = (): unknown => {
      const generator = new tg.Generator().manualSeed(5);
      return init.kaimingUniform_(tg.empty(3, 3), { generator }).tolist();
    };
    expect(draw()).toEqual(draw());
  });

  test('calculateGain', () => {
    const gains = [
      init.calculateGain('linear'),
      init.calculateGain('conv_transpose2d'),
      init.calculateGain('selu'),
      init.calculateGain('relu'),
      init.calculateGain('leaky_relu', { param: 0.2 }),
    ];
    expect(gains).toEqual([1, 1, 0.75, Math.SQRT2, Math.sqrt(2 / 1.04)]);
    expect(() => init.calculateGain('mish' as 'relu')).toThrow("unknown nonlinearity 'mish'");
  });
});
