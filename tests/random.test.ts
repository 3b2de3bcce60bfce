import * as tg from '../lib/index.js';

const stream = (seed: number): tg.Generator => new tg.Generator().manualSeed(seed);
const numbers = (x: tg.Tensor): number[] => x.reshape(-1).tolist() as number[];

/** The first words of the stream of seed 0, as the paper gives them. */
const words = [0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8];

describe('generators', () => {
  test('uniform numbers are the lower bits of the words, exactly', () => {
    const generator = stream(0);
    expect(numbers(tg.rand(4, { generator }))).toEqual(words.map((word) => (word & 0xffffff) / 2 ** 24));
    generator.manualSeed(0);
    expect(numbers(tg.rand(2, { generator, dtype: 'float64' }))).toEqual([
      ((words[0] & 0x1fffff) * 2 ** 32 + words[2]) / 2 ** 53,
      ((words[1] & 0x1fffff) * 2 ** 32 + words[3]) / 2 ** 53,
    ]);
  });

  test('one seed gives one sequence, another seed another', () => {
    const draw = (seed: number): number[][] => {
      const generator = stream(seed);
      return [tg.rand(5, { generator }), tg.randn(3, { generator }), tg.randint(9, [4], { generator })].map(numbers);
    };
    expect(draw(7)).toEqual(draw(7));
    draw(7).forEach((values, i) => {
      expect(values).not.toEqual(draw(8)[i]);
    });
  });

  test('manualSeed seeds what is drawn without a generator', () => {
    expect(tg.manualSeed(3).initialSeed()).toBe(3n);
    const first = [numbers(tg.rand(3)), numbers(tg.rand(3))];
    expect(first[0]).not.toEqual(first[1]);
    tg.manualSeed(3);
    expect([numbers(tg.rand(3)), numbers(tg.rand(3))]).toEqual(first);
  });

  test('without a seed every stream is another', () => {
    const seeds = [new tg.Generator(), new tg.Generator(), new tg.Generator()].map((g) => g.initialSeed());
    expect(new Set(seeds).size).toBe(3);
    expect(tg.seed()).toBe(tg.initialSeed());
  });

  test.each([1, 2, 3, 4, 5])('a state taken after %i numbers goes on there', (n) => {
    const generator = stream(1);
    tg.rand(n, { generator });
    const state = generator.getState();
    const rest = numbers(tg.randn(6, { generator }));
    expect(numbers(tg.randn(6, { generator }))).not.toEqual(rest);
    expect(numbers(tg.randn(6, { generator: generator.setState(state) }))).toEqual(rest);
    expect(numbers(tg.randn(6, { generator: new tg.Generator().setState(state) }))).toEqual(rest);
  });

  test('the default stream has a state too', () => {
    const state = tg.getRngState();
    const values = numbers(tg.rand(4));
    tg.setRngState(state);
    expect(numbers(tg.rand(4))).toEqual(values);
  });

  test('what is no seed and no state is refused', () => {
    expect(() => tg.manualSeed(0.5)).toThrow('the seed must be an integer, got 0.5');
    expect(() => new tg.Generator().setState({} as tg.GeneratorState)).toThrow(tg.ArgumentError);
  });

  test('negative seeds and BigInts are seeds', () => {
    expect(stream(-1).initialSeed()).toBe(2n ** 64n - 1n);
    expect(new tg.Generator().manualSeed(2n ** 63n).initialSeed()).toBe(2n ** 63n);
  });
});

describe('creation', () => {
  test('sizes may be a list or spread; dtype and gradient are options', () => {
    expect([tg.rand(2, 3).shape, tg.randn([2, 3]).shape, tg.rand([]).shape, tg.randn(0).shape]).toEqual([
      [2, 3],
      [2, 3],
      [],
      [0],
    ]);
    const x = tg.randn(2, { dtype: 'float64', requiresGrad: true });
    expect([x.dtype, x.requiresGrad, x.isLeaf]).toEqual(['float64', true, true]);
  });

  test('like another tensor', () => {
    const x = tg.zeros(2, 3, { dtype: 'float64' });
    for (const y of [tg.randLike(x), tg.randnLike(x), tg.randintLike(x, 5), tg.randintLike(x, -5, 5)]) {
      expect([y.shape, y.dtype, y.requiresGrad]).toEqual([[2, 3], 'float64', false]);
    }
    expect(tg.randLike(x, { dtype: 'float32' }).dtype).toBe('float32');
    expect(() => tg.randnLike(tg.zeros(2, { dtype: 'int32' }))).toThrow(tg.DTypeError);
  });

  test('randint in all its calls', () => {
    const calls = [
      tg.randint(3, [200]),
      tg.randint(0, 3, [200]),
      tg.randint(3, { size: [200] }),
      tg.randint(0, { high: 3, size: [200] }),
      tg.randint(0, 3, { size: [200] }),
    ];
    for (const x of calls) {
      expect([x.dtype, x.shape]).toEqual(['int32', [200]]);
      expect([...new Set(numbers(x))].sort()).toEqual([0, 1, 2]);
    }
    expect(new Set(numbers(tg.randint(-2, 1, [100], { dtype: 'float32' })))).toEqual(new Set([-2, -1, 0]));
    expect(numbers(tg.randint(7, 8, [2]))).toEqual([7, 7]);
  });

  test('randint over ranges that no int32 holds', () => {
    const whole = numbers(tg.randint(-(2 ** 31), 2 ** 31, [1000], { generator: stream(0) }));
    expect(Math.min(...whole)).toBeLessThan(-(2 ** 30));
    expect(Math.max(...whole)).toBeGreaterThan(2 ** 30);
    const wide = tg.randint(2 ** 40, 2 ** 41, [1000], { dtype: 'int64', generator: stream(0) });
    expect(numbers(wide).every((x) => Number.isInteger(x) && x >= 2 ** 40 && x < 2 ** 41)).toBe(true);
    expect(() => tg.randint(0, 2 ** 32 + 1, [1])).toThrow('do not fit int32');
  });

  test('randperm is a permutation, in any dtype', () => {
    for (const n of [0, 1, 2, 3, 10, 1000]) {
      const order = numbers(tg.randperm(n));
      expect([...order].sort((a, b) => a - b)).toEqual(Array.from({ length: n }, (_, i) => i));
    }
    expect(numbers(tg.randperm(100, { generator: stream(5) }))).toEqual(
      numbers(tg.randperm(100, { generator: stream(5), dtype: 'int64' })),
    );
    expect(tg.randperm(3, { dtype: 'float64' }).dtype).toBe('float64');
  });

  test('normal takes tensors, numbers, or both', () => {
    const mean = tg.tensor([[10], [20]], { requiresGrad: true });
    const x = tg.normal(mean, tg.tensor([0, 0, 0]));
    expect([x.tolist(), x.requiresGrad]).toEqual([
      [
        [10, 10, 10],
        [20, 20, 20],
      ],
      false,
    ]);
    expect(tg.normal(mean.detach(), 0).shape).toEqual([2, 1]);
    expect(tg.normal(1, tg.zeros(3)).tolist()).toEqual([1, 1, 1]);
    expect(tg.normal(0, 1, [2], { dtype: 'float64' }).dtype).toBe('float64');
    expect(tg.normal(0, { std: 1, size: [4] }).shape).toEqual([4]);
  });

  test('float16 never rounds up to 1', () => {
    const x = tg.rand(20000, { dtype: 'float16' });
    expect(x.lt(1).all().item()).toBe(1);
  });
});

describe('forms in place', () => {
  const forms: Record<string, (x: tg.Tensor) => tg.Tensor> = {
    uniform_: (x) => x.uniform_(2, 3),
    normal_: (x) => x.normal_(5, 0.1),
    logNormal_: (x) => x.logNormal_(),
    exponential_: (x) => x.exponential_(),
    cauchy_: (x) => x.cauchy_(),
    geometric_: (x) => x.geometric_(0.3),
    bernoulli_: (x) => x.bernoulli_(0.999),
    random_: (x) => x.random_(5, 9),
  };

  test.each(Object.entries(forms))('%s changes what it is called on, through a view too', (_name, form) => {
    const base = tg.full([3, 4], -1, { dtype: 'float64' });
    const view = base.T.narrow(0, 1, 2);
    expect(form(view)).toBe(view);
    expect(base.ne(-1).tolist()).toEqual(Array.from({ length: 3 }, () => [false, true, true, false]));
  });

  test.each(Object.entries(forms))(
    '%s refuses a leaf that requires a gradient, before a number is drawn',
    (name, form) => {
      const x = tg.zeros(2, { requiresGrad: true });
      const state = tg.getRngState();
      expect(() => form(x)).toThrow(`${name}: a leaf that requires a gradient`);
      expect([x.tolist(), tg.getRngState()]).toEqual([[0, 0], state]);
      tg.noGrad(() => form(x));
      expect(x.tolist()).not.toEqual([0, 0]);
    },
  );

  test('no gradient comes from what was overwritten', () => {
    const x = tg.ones(3, { requiresGrad: true });
    const y = x.mul(2);
    y.narrow(0, 0, 2).normal_();
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([0, 0, 2]);
  });

  test('a value that backward needs may not be overwritten', () => {
    const x = tg.ones(2, { requiresGrad: true });
    const y = x.mul(2);
    const z = y.mul(y);
    y.uniform_();
    expect(() => z.sum().backward()).toThrow('uniform_');
  });

  test('integers where the dtype has room for them', () => {
    const most = (dtype: tg.DType): number => Math.max(...numbers(tg.empty(5000, { dtype }).random_()));
    expect([most('bool'), most('uint8'), most('int8')].map(Number)).toEqual([1, 255, 127]);
    expect(most('int32')).toBeGreaterThan(2 ** 30);
    expect(most('float32')).toBeGreaterThan(2 ** 23);
    expect(most('float32')).toBeLessThanOrEqual(2 ** 24);
    expect(new Set(numbers(tg.empty(100).random_(2)))).toEqual(new Set([0, 1]));
    expect(new Set(numbers(tg.empty(100).random_({ from: 3, to: 5 })))).toEqual(new Set([3, 4]));
    expect(new Set(numbers(tg.empty(100, { dtype: 'int64' }).random_(1, 3)))).toEqual(new Set([1, 2]));
  });

  test('bernoulli_ takes a tensor of probabilities that broadcasts', () => {
    const x = tg.empty([2, 3], { dtype: 'int32' }).bernoulli_(tg.tensor([0, 1, 0]));
    expect(x.tolist()).toEqual([
      [0, 1, 0],
      [0, 1, 0],
    ]);
  });
});

describe('choices', () => {
  test('bernoulli has its input as probabilities, or p', () => {
    const p = tg.tensor([0, 1, 0, 1], { dtype: 'float64', requiresGrad: true });
    const x = p.bernoulli();
    expect([x.tolist(), x.dtype, x.requiresGrad]).toEqual([[0, 1, 0, 1], 'float64', false]);
    expect(tg.bernoulli(tg.zeros(3, { dtype: 'int32' }), 1).tolist()).toEqual([1, 1, 1]);
    expect(() => tg.tensor([0.5, Number.NaN]).bernoulli()).toThrow(tg.ValueError);
  });

  test('multinomial never takes what has no weight', () => {
    const weights = tg.tensor([
      [0, 1, 0, 2, 0],
      [3, 0, 0, 0, 1],
    ]);
    for (const [row, allowed] of [
      [0, [1, 3]],
      [1, [0, 4]],
    ] as const) {
      const drawn = weights.multinomial(500, true).tolist() as number[][];
      expect([...new Set(drawn[row])].sort()).toEqual(allowed);
      expect((weights.multinomial(2).tolist() as number[][])[row].sort()).toEqual(allowed);
    }
    expect(weights.multinomial(1, { replacement: true }).dtype).toBe('int32');
    expect(() => weights.multinomial(3)).toThrow('3 of the weights in each row must be above 0, got 2');
    expect(() => tg.tensor([1, Number.POSITIVE_INFINITY]).multinomial(1)).toThrow(tg.ValueError);
  });

  test('the same choices for the same seed', () => {
    const weights = tg.rand(20);
    for (const replacement of [true, false]) {
      const draw = (): number[] => numbers(tg.multinomial(weights, 9, { replacement, generator: stream(4) }));
      expect(draw()).toEqual(draw());
    }
  });
});
