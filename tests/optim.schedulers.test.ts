import * as tg from '../lib/index.js';

const { lrScheduler, swaUtils } = tg.optim;
const { cos, PI } = Math;

type Scheduler = tg.optim.lrScheduler.LRScheduler;

function optimizerOf(lr = 1, second = 0.5): tg.optim.SGD {
  return new tg.optim.SGD([{ params: [tg.zeros(1)] }, { params: [tg.zeros(1)], lr: second }], { lr, momentum: 0.9 });
}

const rates = (optimizer: tg.optim.Optimizer): number[] => optimizer.paramGroups.map((group) => group.lr);

/** The first group's rate at the start and after each step. */
function course(make: (optimizer: tg.optim.SGD) => Scheduler, steps: number): number[] {
  const optimizer = optimizerOf();
  const scheduler = make(optimizer);
  return Array.from({ length: steps + 1 }, (_, i) => {
    if (i > 0) scheduler.step();
    expect(scheduler.getLastLr()).toEqual(rates(optimizer));
    expect(scheduler.lastEpoch).toBe(i);
    return optimizer.paramGroups[0].lr;
  });
}

/** Schedulers, and the rate that begins as 1 as a function of the step. */
const schedules: [string, (optimizer: tg.optim.SGD) => Scheduler, (t: number) => number][] = [
  ['StepLR', (o) => new lrScheduler.StepLR(o, 3, 0.5), (t) => 0.5 ** Math.floor(t / 3)],
  [
    'MultiStepLR',
    (o) => new lrScheduler.MultiStepLR(o, [2, 5, 5], { gamma: 0.5 }),
    (t) => (t < 2 ? 1 : t < 5 ? 0.5 : 0.125),
  ],
  ['ExponentialLR', (o) => new lrScheduler.ExponentialLR(o, { gamma: 0.9 }), (t) => 0.9 ** t],
  ['ConstantLR', (o) => new lrScheduler.ConstantLR(o, 0.25, 4), (t) => (t < 4 ? 0.25 : 1)],
  ['LinearLR', (o) => new lrScheduler.LinearLR(o, 0.2, 0.8, 6), (t) => 0.2 + (0.6 * Math.min(t, 6)) / 6],
  [
    'PolynomialLR',
    (o) => new lrScheduler.PolynomialLR(o, { totalIters: 8, power: 2 }),
    (t) => (1 - Math.min(t, 8) / 8) ** 2,
  ],
  ['LambdaLR', (o) => new lrScheduler.LambdaLR(o, (epoch) => 1 / (1 + epoch)), (t) => 1 / (1 + t)],
  [
    'MultiplicativeLR',
    (o) => new lrScheduler.MultiplicativeLR(o, [(epoch) => epoch, () => 1]),
    (t) => Array.from({ length: t }, (_, i) => i + 1).reduce((a, b) => a * b, 1),
  ],
  [
    'CosineAnnealingLR',
    (o) => new lrScheduler.CosineAnnealingLR(o, { TMax: 5, etaMin: 0.1 }),
    (t) => 0.1 + (0.9 * (1 + cos((PI * t) / 5))) / 2,
  ],
  [
    'CosineAnnealingWarmRestarts',
    (o) => new lrScheduler.CosineAnnealingWarmRestarts(o, 2, 2, 0.1),
    (t) => {
      const [start, length] = t < 2 ? [0, 2] : t < 6 ? [2, 4] : [6, 8];
      return 0.1 + (0.9 * (1 + cos((PI * (t - start)) / length))) / 2;
    },
  ],
  [
    'CyclicLR',
    (o) => new lrScheduler.CyclicLR(o, 0.1, 0.5, 2, 3, { mode: 'triangular2' }),
    (t) => 0.1 + ([0, 0.5, 1, 2 / 3, 1 / 3][t % 5] * 0.4) / 2 ** Math.floor(t / 5),
  ],
  [
    'OneCycleLR',
    (o) => new lrScheduler.OneCycleLR(o, { maxLr: 1, totalSteps: 13, pctStart: 5 / 13, annealStrategy: 'linear' }),
    (t) => (t <= 4 ? 0.04 + (0.96 * t) / 4 : 1 - ((1 - 4e-6) * (t - 4)) / 8),
  ],
  [
    'SWALR',
    (o) => new swaUtils.SWALR(o, 0.2, { annealEpochs: 4, annealStrategy: 'linear' }),
    (t) => 1 - 0.8 * Math.min(1, t / 4),
  ],
  [
    'SequentialLR',
    (o) =>
      new lrScheduler.SequentialLR(
        o,
        [new lrScheduler.ConstantLR(o, 0.1, 9), new lrScheduler.ExponentialLR(o, 0.5)],
        [3],
      ),
    (t) => (t < 3 ? 0.1 : 0.5 ** (t - 3)),
  ],
  [
    'ChainedScheduler',
    (o) => new lrScheduler.ChainedScheduler([new lrScheduler.ExponentialLR(o, 0.9), new lrScheduler.StepLR(o, 2, 0.5)]),
    (t) => 0.9 ** t * 0.5 ** Math.floor(t / 2),
  ],
];

describe.each(schedules)('%s', (_name, make, expected) => {
  test('follows its formula', () => {
    course(make, 12).forEach((rate, t) => {
      expect(rate).toBeCloseTo(expected(t), 10);
    });
  });

  test('goes on from a saved state, with the optimizer`s', () => {
    const optimizer = optimizerOf();
    const scheduler = make(optimizer);
    for (let i = 0; i < 4; i++) scheduler.step();
    const other = optimizerOf();
    const copy = make(other);
    other.loadStateDict(optimizer.stateDict());
    copy.loadStateDict(structuredClone(scheduler.stateDict()));
    for (let i = 0; i < 6; i++) {
      expect([rates(other), copy.lastEpoch, copy.getLastLr()]).toEqual([
        rates(optimizer),
        scheduler.lastEpoch,
        scheduler.getLastLr(),
      ]);
      scheduler.step();
      copy.step();
    }
  });
});

describe('ReduceLROnPlateau', () => {
  const run = (metrics: number[], options: Partial<tg.optim.lrScheduler.ReduceLROnPlateauOptions>): number[] => {
    const optimizer = optimizerOf();
    const scheduler = new lrScheduler.ReduceLROnPlateau(optimizer, options);
    return metrics.map((metric) => {
      scheduler.step(metric);
      return optimizer.paramGroups[0].lr;
    });
  };

  test('waits for patience epochs without improvement', () => {
    expect(run([3, 3, 3, 3, 3, 3], { patience: 1, factor: 0.5 })).toEqual([1, 1, 0.5, 0.5, 0.25, 0.25]);
    expect(run([3, 2.9, 2.8, 2.7], { patience: 0, factor: 0.5 })).toEqual([1, 1, 1, 1]);
  });

  test('what is an improvement depends on mode and threshold', () => {
    expect(run([1, 1.1, 1.2], { mode: 'max', patience: 0, factor: 0.5 })).toEqual([1, 1, 1]);
    const strict = { patience: 0, factor: 0.5, threshold: 0.15 };
    expect(run([2, 2.2, 2.4], { ...strict, mode: 'max' })).toEqual([1, 0.5, 0.5]);
    expect(run([2, 2.2, 2.4], { ...strict, mode: 'max', thresholdMode: 'abs' })).toEqual([1, 1, 1]);
    expect(run([2, 1.8, 1.6], strict)).toEqual([1, 0.5, 0.5]);
    expect(run([2, 1.8, 1.6], { ...strict, thresholdMode: 'abs' })).toEqual([1, 1, 1]);
  });

  test('counts nothing while cooling down, and stops at the smallest rate', () => {
    expect(run([1, 1, 1, 1, 1], { patience: 0, factor: 0.5, cooldown: 1 })).toEqual([1, 0.5, 0.5, 0.25, 0.25]);
    expect(run([1, 1, 1], { patience: 0, factor: 0.1, minLr: [0.3, 0] })).toEqual([1, 0.3, 0.3]);
  });

  test('takes a tensor, and goes on from a saved state', () => {
    const [a, b] = [optimizerOf(), optimizerOf()];
    const scheduler = new lrScheduler.ReduceLROnPlateau(a, { patience: 2, factor: 0.5 });
    for (const metric of [5, 5, 5]) scheduler.step(tg.tensor(metric));
    const other = new lrScheduler.ReduceLROnPlateau(b, { patience: 9 });
    b.loadStateDict(a.stateDict());
    other.loadStateDict(scheduler.stateDict());
    other.step(5);
    expect([rates(b), other.getLastLr(), other.lastEpoch]).toEqual([[0.5, 0.25], [0.5, 0.25], 4]);
  });
});

describe('groups', () => {
  test('each has its own rate', () => {
    const optimizer = optimizerOf(1, 0.5);
    const scheduler = new lrScheduler.LambdaLR(optimizer, [(t) => 0.5 ** t, (t) => 0.1 ** t]);
    scheduler.step();
    expect(rates(optimizer)).toEqual([0.5, 0.05]);
  });

  test('a saved optimizer state remembers where the rates began', () => {
    const optimizer = optimizerOf();
    new lrScheduler.ExponentialLR(optimizer, 0.5).step();
    expect(optimizer.stateDict().param_groups.map((group) => group.initial_lr)).toEqual([1, 0.5]);
    const resumed = optimizerOf(7, 7);
    expect(() => new lrScheduler.CosineAnnealingLR(resumed, 4, { lastEpoch: 1 })).toThrow('needs its initialLr');
    resumed.loadStateDict(optimizer.stateDict());
    new lrScheduler.CosineAnnealingLR(resumed, 4, { lastEpoch: 1 });
    expect(rates(resumed)[0]).toBeCloseTo(0.5, 12);
  });
});

describe('momentum', () => {
  test('OneCycleLR moves it against the rate', () => {
    const optimizer = optimizerOf();
    const scheduler = new lrScheduler.OneCycleLR(optimizer, 1, 11, { pctStart: 6 / 11 });
    expect(optimizer.paramGroups[0].momentum).toBe(0.95);
    for (let i = 0; i < 5; i++) scheduler.step();
    expect(optimizer.paramGroups[0].lr).toBeCloseTo(1, 12);
    expect(optimizer.paramGroups[0].momentum).toBeCloseTo(0.85, 12);
    for (let i = 0; i < 5; i++) scheduler.step();
    expect(optimizer.paramGroups[0].momentum).toBeCloseTo(0.95, 12);
    scheduler.step();
    expect(() => scheduler.step()).toThrow('step 13 of a cycle of 11 steps');
  });

  test('of Adam it is the first of betas', () => {
    const optimizer = new tg.optim.Adam([tg.zeros(1)]);
    const cyclic = new lrScheduler.CyclicLR(optimizer, 0.1, 0.2, {
      stepSizeUp: 2,
      baseMomentum: 0.5,
      maxMomentum: 0.7,
    });
    cyclic.step();
    expect(optimizer.paramGroups[0].betas[0]).toBeCloseTo(0.6, 12);
    expect(optimizer.paramGroups[0].betas[1]).toBe(0.999);
    const plain = new tg.optim.Adagrad([tg.zeros(1)]);
    expect(() => new lrScheduler.OneCycleLR(plain, 1, 5)).toThrow('has no momentum to cycle');
  });
});

describe('errors', () => {
  const optimizer = optimizerOf();
  test.each<[string, () => unknown]>([
    ['StepLR: expected an optimizer first', () => new lrScheduler.StepLR({} as never, 1)],
    ['StepLR: the argument stepSize is missing', () => new lrScheduler.StepLR(optimizer, {})],
    ['StepLR: stepSize must be an integer of at least 1, got 0', () => new lrScheduler.StepLR(optimizer, 0)],
    ['StepLR: unknown option verbose', () => new lrScheduler.StepLR(optimizer, 1, { verbose: true } as never)],
    ['ConstantLR: factor must be above 0 to 1, got 2', () => new lrScheduler.ConstantLR(optimizer, 2)],
    ['LinearLR: endFactor must be from 0 to 1, got -1', () => new lrScheduler.LinearLR(optimizer, { endFactor: -1 })],
    ['LambdaLR: lrLambda has 1 entries, the optimizer 2 groups', () => new lrScheduler.LambdaLR(optimizer, [() => 1])],
    ['OneCycleLR: give totalSteps', () => new lrScheduler.OneCycleLR(optimizer, 1)],
    [
      "annealStrategy must be 'cos' or 'linear', got 'x'",
      () => new lrScheduler.OneCycleLR(optimizer, 1, 5, { annealStrategy: 'x' as never }),
    ],
    ["CyclicLR: mode must be 'triangular'", () => new lrScheduler.CyclicLR(optimizer, 1, 2, { mode: 'x' as never })],
    [
      'ReduceLROnPlateau: factor must be below 1, got 1',
      () => new lrScheduler.ReduceLROnPlateau(optimizer, { factor: 1 }),
    ],
    [
      'SequentialLR: 1 schedulers need 0 milestones, got 1',
      () => new lrScheduler.SequentialLR(optimizer, [new lrScheduler.StepLR(optimizer, 1)], [1]),
    ],
    [
      'scheduler 0 belongs to another optimizer',
      () => new lrScheduler.SequentialLR(optimizerOf(), [new lrScheduler.StepLR(optimizer, 1)], []),
    ],
    ['expected a list of at least one scheduler', () => new lrScheduler.ChainedScheduler([])],
    ['expected a state as stateDict() gives', () => new lrScheduler.StepLR(optimizer, 1).loadStateDict({})],
    [
      'expected a state of 1 schedulers',
      () => new lrScheduler.ChainedScheduler([new lrScheduler.StepLR(optimizer, 1)]).loadStateDict({ schedulers: [] }),
    ],
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
    expect(make).toThrow(tg.TapegradError);
  });
});

test('a scheduler of one`s own says what the rates are', () => {
  class Halving extends lrScheduler.LRScheduler {
    getLr(): number[] {
      return this.baseLrs.map((lr) => lr / 2 ** this.lastEpoch);
    }
  }
  const optimizer = optimizerOf();
  const scheduler = new Halving(optimizer, { lastEpoch: -1 });
  scheduler.step();
  scheduler.step();
  expect(rates(optimizer)).toEqual([0.25, 0.125]);
});
