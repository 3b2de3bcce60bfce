import * as tg from '../lib/index.js';

const n = 40_000;
const generator = new tg.Generator();
const numbers = (x: tg.Tensor): number[] => x.reshape(-1).tolist() as number[];

beforeEach(() => {
  generator.manualSeed(2024);
});

/** The largest distance of the samples' distribution from a continuous one (Kolmogorov and Smirnov), in units that pass below 1 but once in 1000. */
function distance(samples: readonly number[], below: (x: number) => number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  const gaps = sorted.map((x, i) => Math.max((i + 1) / sorted.length - below(x), below(x) - i / sorted.length));
  return (Math.max(...gaps) * Math.sqrt(sorted.length)) / 1.95;
}

/** Pearson's statistic of counts against probabilities, in units that pass below 1 but once in some 1000 (Wilson and Hilferty). */
function misfit(counts: readonly number[], probabilities: readonly number[]): number {
  const total = counts.reduce((a, b) => a + b, 0);
  const statistic = counts.reduce(
    (sum, c, i) => sum + (c - total * probabilities[i]) ** 2 / (total * probabilities[i]),
    0,
  );
  const k = counts.length - 1;
  return statistic / (k * (1 - 2 / (9 * k) + 3.1 * Math.sqrt(2 / (9 * k))) ** 3);
}

function tally(values: readonly number[], kinds: number): number[] {
  const counts = new Array<number>(kinds).fill(0);
  for (const value of values) counts[value]++;
  return counts;
}

/** Error below 1.5e-7 (Abramowitz and Stegun 7.1.26). */
function normalBelow(x: number): number {
  const z = Math.abs(x) / Math.SQRT2;
  const t = 1 / (1 + 0.3275911 * z);
  const poly = ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const erf = 1 - poly * Math.exp(-z * z);
  return 0.5 * (1 + Math.sign(x) * erf);
}

function moments(values: readonly number[]): { mean: number; variance: number } {
  const mean = values.reduce((a, b) => a + b, 0) / values.length;
  return { mean, variance: values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1) };
}

describe.each<tg.DType>(['float32', 'float64'])('continuous distributions in %s', (dtype) => {
  const empty = (): tg.Tensor => tg.empty(n, { dtype });

  test.each<[string, () => tg.Tensor, (x: number) => number]>([
    ['rand', () => tg.rand(n, { dtype, generator }), (x) => x],
    ['randn', () => tg.randn(n, { dtype, generator }), normalBelow],
    ['randn of an odd count', () => tg.randn(n - 1, { dtype, generator }), normalBelow],
    ['uniform_', () => empty().uniform_(-2, 6, { generator }), (x) => (x + 2) / 8],
    ['normal_', () => empty().normal_(3, 2, { generator }), (x) => normalBelow((x - 3) / 2)],
    ['normal', () => tg.normal(-1, 0.5, [n], { dtype, generator }), (x) => normalBelow((x + 1) * 2)],
    ['logNormal_', () => empty().logNormal_(0.5, 0.7, { generator }), (x) => normalBelow((Math.log(x) - 0.5) / 0.7)],
    ['exponential_', () => empty().exponential_(2.5, { generator }), (x) => 1 - Math.exp(-2.5 * x)],
    ['cauchy_', () => empty().cauchy_(1, 3, { generator }), (x) => Math.atan((x - 1) / 3) / Math.PI + 0.5],
  ])('%s', (_name, draw, below) => {
    const values = numbers(draw());
    expect(distance(values, below)).toBeLessThan(1);
    expect(distance(values, (x) => below(x * 1.05 + 0.02))).toBeGreaterThan(1);
  });

  test('mean and variance', () => {
    const uniform = moments(numbers(tg.rand(n, { dtype, generator })));
    expect(Math.abs(uniform.mean - 0.5)).toBeLessThan(4 * Math.sqrt(1 / 12 / n));
    expect(Math.abs(uniform.variance - 1 / 12)).toBeLessThan(0.002);
    const normal = moments(numbers(tg.randn(n, { dtype, generator })));
    expect(Math.abs(normal.mean)).toBeLessThan(4 / Math.sqrt(n));
    expect(Math.abs(normal.variance - 1)).toBeLessThan(4 * Math.sqrt(2 / n));
  });
});

describe('independence', () => {
  test.each<[string, (generator: tg.Generator) => number[]]>([
    ['uniform', (g) => numbers(tg.rand(n, { generator: g }))],
    ['normal', (g) => numbers(tg.randn(n, { generator: g }))],
  ])('%s numbers that follow each other do not go together', (_name, draw) => {
    const values = draw(generator);
    const { mean, variance } = moments(values);
    for (const lag of [1, 2, 3, 4, 7, n / 2]) {
      const products = values.slice(lag).map((x, i) => (x - mean) * (values[i] - mean));
      expect(Math.abs(moments(products).mean / variance)).toBeLessThan(4 / Math.sqrt(products.length));
    }
  });

  test('pairs fill the square evenly', () => {
    const values = numbers(tg.rand(2 * n, { generator }));
    const cells = Array.from(
      { length: n },
      (_, i) => Math.floor(values[2 * i] * 8) * 8 + Math.floor(values[2 * i + 1] * 8),
    );
    expect(misfit(tally(cells, 64), new Array(64).fill(1 / 64))).toBeLessThan(1);
  });

  test('every bit of the uniform numbers is set half the time', () => {
    const values = numbers(tg.rand(n, { generator }));
    for (let bit = 1; bit <= 24; bit++) {
      const set = values.filter((x) => Math.floor(x * 2 ** bit) % 2 === 1).length;
      expect(Math.abs(set / n - 0.5)).toBeLessThan(4 / (2 * Math.sqrt(n)));
    }
  });

  test('streams of neighbouring seeds have nothing in common', () => {
    const [a, b] = [0, 1].map((seed) => numbers(tg.randn(n, { generator: generator.manualSeed(seed) })));
    expect(Math.abs(moments(a.map((x, i) => x * b[i])).mean)).toBeLessThan(4 / Math.sqrt(n));
  });
});

describe('integers', () => {
  test.each([2, 3, 6, 10, 100])('randint below %i', (high) => {
    const counts = tally(numbers(tg.randint(high, [n], { generator })), high);
    expect(
      misfit(
        counts,
        counts.map(() => 1 / high),
      ),
    ).toBeLessThan(1);
  });

  test.each([
    [-(2 ** 31), 2 ** 31],
    [0, 2 ** 31 - 1],
    [0, 3 * 2 ** 29],
    [-(2 ** 30) - 2 ** 29, 2 ** 30 - 7],
  ])('randint from %i below %i, by tenths of the range', (low, high) => {
    const values = numbers(tg.randint(low, high, [n], { generator }));
    const counts = tally(
      values.map((x) => Math.floor((10 * (x - low)) / (high - low))),
      10,
    );
    expect(
      misfit(
        counts,
        counts.map(() => 0.1),
      ),
    ).toBeLessThan(1.5);
  });

  test.each([2, 3, 4])('randperm: every order of %i is equally likely', (size) => {
    const seen = new Map<string, number>();
    for (let i = 0; i < 6000; i++) {
      const order = tg.randperm(size, { generator }).tolist() as number[];
      seen.set(order.join(), (seen.get(order.join()) ?? 0) + 1);
    }
    const orders = [1, 1, 2, 6, 24][size];
    expect(seen.size).toBe(orders);
    expect(misfit([...seen.values()], new Array(orders).fill(1 / orders))).toBeLessThan(1);
  });

  test('geometric_ counts trials', () => {
    const values = numbers(tg.empty(n).geometric_(0.3, { generator }));
    const counts = tally(
      values.map((x) => Math.min(x, 12) - 1),
      12,
    );
    const probabilities = counts.map((_, i) => (i < 11 ? 0.3 * 0.7 ** i : 0.7 ** 11));
    expect(Math.min(...values)).toBe(1);
    expect(misfit(counts, probabilities)).toBeLessThan(1);
  });

  test.each([0.2, 3, 9.9, 10, 25, 400])('poisson of rate %d', (rate) => {
    const values = numbers(tg.poisson(tg.full([n], rate), { generator }));
    const spread = Math.max(3, Math.ceil(4 * Math.sqrt(rate)));
    const first = Math.max(0, Math.floor(rate) - spread);
    const last = Math.floor(rate) + spread;
    const logFactorial = (k: number): number =>
      Array.from({ length: k }, (_, i) => Math.log(i + 1)).reduce((a, b) => a + b, 0);
    const exactly = (k: number): number => Math.exp(k * Math.log(rate) - rate - logFactorial(k));
    const inside = Array.from({ length: last - first + 1 }, (_, i) => exactly(first + i));
    const outside = 1 - inside.reduce((a, b) => a + b, 0);
    const counts = tally(
      values.map((x) => (x < first || x > last ? inside.length : x - first)),
      inside.length + 1,
    );
    // Cells that are seldom met are put together, as the statistic needs it.
    const common = inside.map((p) => p * n > 8);
    const sum = (all: readonly number[], wanted: boolean): number[] => all.filter((_, i) => common[i] === wanted);
    const rest = (all: readonly number[]): number => sum(all, false).reduce((a, b) => a + b, 0);
    expect(
      misfit(
        [...sum(counts.slice(0, -1), true), rest(counts.slice(0, -1)) + counts[inside.length]],
        [...sum(inside, true), rest(inside) + outside],
      ),
    ).toBeLessThan(1);
  });

  test('poisson of rate 0 is 0', () => {
    expect(tg.poisson(tg.zeros(3)).tolist()).toEqual([0, 0, 0]);
  });
});

describe('choices', () => {
  test.each([0, 0.01, 0.3, 0.5, 0.97, 1])('bernoulli of %d', (p) => {
    for (const x of [
      tg.full([n], p).bernoulli({ generator }),
      tg.empty(n).bernoulli_(p, { generator }),
      tg.empty(n).bernoulli_(tg.full([n], p), { generator }),
    ]) {
      expect(Math.abs(x.mean().item() - p)).toBeLessThanOrEqual(4 * Math.sqrt((p * (1 - p)) / n));
    }
  });

  test('multinomial with replacement', () => {
    const weights = [1, 5, 2, 8, 4];
    const counts = tally(numbers(tg.tensor(weights).multinomial(n, true, { generator })), 5);
    expect(
      misfit(
        counts,
        weights.map((w) => w / 20),
      ),
    ).toBeLessThan(1);
  });

  test('multinomial without replacement: both places', () => {
    const weights = [1, 2, 3, 4];
    const pairs = tg.tensor(weights).expand([n, 4]).multinomial(2, { generator }).tolist() as number[][];
    const chances = weights.flatMap((a, i) => weights.map((b, j) => (i === j ? 0 : (a / 10) * (b / (10 - a)))));
    const counts = tally(
      pairs.map(([i, j]) => 4 * i + j),
      16,
    );
    const possible = chances.map((p) => p > 0);
    expect(counts.filter((_, i) => !possible[i])).toEqual([0, 0, 0, 0]);
    expect(
      misfit(
        counts.filter((_, i) => possible[i]),
        chances.filter((p) => p > 0),
      ),
    ).toBeLessThan(1);
  });
});
