import { inspect } from 'node:util';
import * as tg from '../lib/index.js';

const { optim } = tg;

type Make = (params: tg.Tensor[]) => tg.optim.Optimizer;

/** Every optimizer, with options that bring it down the valley in the steps given. */
const optimizers: [string, Make, number][] = [
  ['SGD', (p) => new optim.SGD(p, { lr: 0.1 }), 200],
  ['SGD with momentum', (p) => new optim.SGD(p, { lr: 0.02, momentum: 0.9, dampening: 0.1 }), 300],
  ['SGD with Nesterov momentum', (p) => new optim.SGD(p, { lr: 0.02, momentum: 0.9, nesterov: true }), 300],
  ['Adam', (p) => new optim.Adam(p, { lr: 0.1 }), 400],
  ['Adam with amsgrad', (p) => new optim.Adam(p, { lr: 0.1, amsgrad: true }), 400],
  ['AdamW', (p) => new optim.AdamW(p, { lr: 0.1, weightDecay: 0 }), 400],
  ['Adagrad', (p) => new optim.Adagrad(p, { lr: 1 }), 300],
  ['Adadelta', (p) => new optim.Adadelta(p, { lr: 10 }), 2000],
  ['RMSprop', (p) => new optim.RMSprop(p, { lr: 0.003 }), 1500],
  ['RMSprop, centered, with momentum', (p) => new optim.RMSprop(p, { lr: 5e-4, momentum: 0.9, centered: true }), 1500],
  ['Adamax', (p) => new optim.Adamax(p, { lr: 0.1 }), 400],
  ['NAdam', (p) => new optim.NAdam(p, { lr: 0.1 }), 400],
  ['RAdam', (p) => new optim.RAdam(p, { lr: 0.3 }), 400],
  ['ASGD', (p) => new optim.ASGD(p, { lr: 0.1, lambd: 0 }), 300],
  ['Rprop', (p) => new optim.Rprop(p), 300],
  ['LBFGS', (p) => new optim.LBFGS(p), 10],
  ['LBFGS with line search', (p) => new optim.LBFGS(p, { lineSearchFn: 'strong_wolfe' }), 10],
];

const target = [1, -2, 3, 0.5];

/** A bowl, twice as steep in one direction as in the next. */
function bowl(x: tg.Tensor): tg.Tensor {
  const apart = x.reshape(-1).sub(tg.tensor(target, { dtype: x.dtype }));
  return apart
    .mul(apart)
    .mul(tg.tensor([1, 2, 1, 0.5], { dtype: x.dtype }))
    .sum();
}

function closure(optimizer: tg.optim.Optimizer, x: tg.Tensor): () => tg.Tensor {
  return () => {
    optimizer.zeroGrad();
    const loss = bowl(x);
    loss.backward();
    return loss;
  };
}

const leaf = (values: number[] = [0, 0, 0, 0], dtype: tg.DType = 'float64'): tg.Tensor =>
  tg.tensor(values, { dtype, requiresGrad: true });

const numbers = (x: tg.Tensor): number[] => x.reshape(-1).tolist() as number[];

function expectNear(x: tg.Tensor, values: readonly number[], digits: number): void {
  numbers(x).forEach((value, i) => {
    expect(value).toBeCloseTo(values[i], digits);
  });
}

describe.each(optimizers)('%s', (_name, make, steps) => {
  test('goes down to the lowest point', () => {
    const x = leaf();
    const optimizer = make([x]);
    for (let i = 0; i < steps; i++) optimizer.step(closure(optimizer, x));
    expectNear(x, target, 1);
  });

  test('moves a transposed parameter as one that lies in order', () => {
    const plain = leaf([1, 2, 3, 4]);
    const turned = tg
      .tensor(
        [
          [1, 3],
          [2, 4],
        ],
        { dtype: 'float64' },
      )
      .t()
      .detach()
      .requiresGrad_();
    const optimizer = make([plain]);
    const other = make([turned]);
    for (let i = 0; i < 3; i++) {
      optimizer.step(closure(optimizer, plain));
      other.step(closure(other, turned));
    }
    expect(turned.isContiguous()).toBe(false);
    expectNear(turned, numbers(plain), 12);
  });

  test('moves many parameters as each one alone', () => {
    const shapes = [[3], [4, 40], [], [2, 3], [200], [0], [5]];
    const parameters = shapes.map((shape, i): tg.Tensor => {
      const x = tg.randn(shape, { dtype: i === 4 ? 'float32' : 'float64' });
      return (i === 3 ? x.t() : x).requiresGrad_();
    });
    const copies = parameters.map((x) => x.detach().clone().requiresGrad_());
    const versions = parameters.map((x) => x.storage.version);
    const optimizer = make(parameters);
    // Its step depends on all of them together.
    if (optimizer instanceof optim.LBFGS) return;
    const others = copies.map((x) => make([x]));
    for (let i = 0; i < 3; i++) {
      parameters.forEach((x, k) => {
        x.grad = tg.randn(x.shape, { dtype: x.dtype });
        copies[k].grad = x.grad;
      });
      optimizer.step();
      for (const other of others) other.step();
    }
    parameters.forEach((x, k) => {
      expect(numbers(x)).toEqual(numbers(copies[k]));
      expect(x.storage.version).toBe(versions[k] + 3);
    });
  });

  test('goes on from a saved state as if it had never stopped', () => {
    const x = leaf();
    const optimizer = make([x]);
    for (let i = 0; i < 4; i++) optimizer.step(closure(optimizer, x));
    const copy = x.detach().clone().requiresGrad_();
    const other = make([copy]);
    other.loadStateDict(optimizer.stateDict());
    const at = numbers(x);
    for (let i = 0; i < 3; i++) optimizer.step(closure(optimizer, x));
    expect(numbers(copy)).toEqual(at);
    for (let i = 0; i < 3; i++) other.step(closure(other, copy));
    expect(numbers(copy)).toEqual(numbers(x));
  });
});

describe('steps by hand', () => {
  const after = (optimizer: (p: tg.Tensor[]) => tg.optim.Optimizer, gradients: number[]): number => {
    const p = leaf([1]);
    const o = optimizer([p]);
    for (const g of gradients) {
      p.grad = tg.tensor([g], { dtype: 'float64' });
      o.step();
    }
    return p.item();
  };

  test.each<[string, Make, number[], number]>([
    ['SGD', (p) => new optim.SGD(p, 0.1), [2], 1 - 0.1 * 2],
    ['SGD with weight decay', (p) => new optim.SGD(p, { lr: 0.1, weightDecay: 0.5 }), [2], 1 - 0.1 * 2.5],
    ['SGD, maximize', (p) => new optim.SGD(p, { lr: 0.1, maximize: true }), [2], 1 + 0.1 * 2],
    ['SGD with momentum', (p) => new optim.SGD(p, 0.1, 0.5), [2, 3], 1 - 0.1 * 2 - 0.1 * (0.5 * 2 + 3)],
    ['SGD with dampening', (p) => new optim.SGD(p, 0.1, 0.5, 0.25), [2, 3], 1 - 0.2 - 0.1 * (1 + 0.75 * 3)],
    [
      'SGD with Nesterov momentum',
      (p) => new optim.SGD(p, { lr: 0.1, momentum: 0.5, nesterov: true }),
      [2],
      1 - 0.1 * (2 + 0.5 * 2),
    ],
    ['Adam', (p) => new optim.Adam(p, { lr: 0.1, eps: 0 }), [2], 1 - 0.1],
    ['AdamW', (p) => new optim.AdamW(p, { lr: 0.1, eps: 0, weightDecay: 0.5 }), [2], 0.95 - 0.1],
    ['Adagrad', (p) => new optim.Adagrad(p, { lr: 0.1, eps: 0 }), [3, 4], 1 - 0.1 - 0.1 * (4 / 5)],
    ['Rprop', (p) => new optim.Rprop(p, { lr: 0.1 }), [2, 3, -1], 1 - 0.1 - 0.12],
  ])('%s', (_name, make, gradients, expected) => {
    expect(after(make, gradients)).toBeCloseTo(expected, 12);
  });
});

describe('arguments', () => {
  test('by position, by name, and by group', () => {
    const options = (o: tg.optim.Optimizer): unknown[] => o.stateDict().param_groups;
    const p = [leaf()];
    expect(options(new optim.SGD(p, 0.1, 0.9))).toEqual(options(new optim.SGD(p, { lr: 0.1, momentum: 0.9 })));
    expect(options(new optim.SGD(p, 0.1, { momentum: 0.9 }))).toEqual(options(new optim.SGD(p, 0.1, 0.9)));
    expect(options(new optim.SGD([{ params: p, lr: 0.1, momentum: 0.9 }]))).toEqual(
      options(new optim.SGD(p, 0.1, 0.9)),
    );
    expect(new optim.SGD(p).paramGroups[0].lr).toBe(1e-3);
    expect(new optim.Adam(p, 0.5, [0.1, 0.2]).paramGroups[0].betas).toEqual([0.1, 0.2]);
  });

  test('named parameters', () => {
    const model = new tg.nn.Linear(2, 3);
    const optimizer = new optim.SGD(model.namedParameters(), 0.1);
    expect(optimizer.paramGroups[0].params).toEqual(model.parameters());
  });

  test.each<[string, () => unknown]>([
    ['SGD: lr must be at least 0, got -1', () => new optim.SGD([leaf()], { lr: -1 })],
    ['SGD: lr must be at least 0, got NaN', () => new optim.SGD([leaf()], { lr: Number.NaN })],
    ['nesterov needs a momentum above 0', () => new optim.SGD([leaf()], { lr: 1, nesterov: true })],
    ['Adam: betas[1] must be from 0 to below 1, got 1', () => new optim.Adam([leaf()], { betas: [0.9, 1] })],
    ['Adam: betas must be two numbers', () => new optim.Adam([leaf()], { betas: [0.9] as never })],
    ['AdamW: weightDecay must be at least 0, got -0.1', () => new optim.AdamW([leaf()], { weightDecay: -0.1 })],
    ['Rprop: etas must be one number between 0 and 1', () => new optim.Rprop([leaf()], { etas: [2, 1] })],
    [
      "LBFGS: lineSearchFn must be 'strong_wolfe' or null",
      () => new optim.LBFGS([leaf()], { lineSearchFn: 'x' as never }),
    ],
    ['LBFGS: takes one group', () => new optim.LBFGS([{ params: leaf() }, { params: leaf() }])],
    ['SGD: unknown option learningRate; known: lr', () => new optim.SGD([leaf()], { learningRate: 1 } as never)],
    ['unknown option rate of a group', () => new optim.SGD([{ params: leaf(), rate: 1 } as never])],
    ['SGD: the argument lr was given twice', () => new optim.SGD([leaf()], 0.1, { lr: 0.2 })],
    ['the list of parameters is empty', () => new optim.SGD([])],
    ['expected a list of parameters or groups', () => new optim.SGD(leaf() as never)],
    ['a parameter is not a tensor', () => new optim.SGD([leaf(), 3 as never])],
    ['is no leaf and cannot be optimized', () => new optim.SGD([leaf().mul(2)])],
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
    expect(make).toThrow(tg.TapegradError);
  });

  test('a parameter stands in one place only', () => {
    const p = leaf();
    expect(() => new optim.SGD([p, p])).toThrow('appears in more than one place');
    const optimizer = new optim.SGD([p]);
    expect(() => optimizer.addParamGroup({ params: [leaf(), p] })).toThrow('appears in more than one place');
    expect(optimizer.paramGroups.length).toBe(1);
  });
});

describe('groups', () => {
  test('each with options of its own, the others are the optimizer`s', () => {
    const [a, b, c] = [leaf([1]), leaf([1]), leaf([1])];
    const optimizer = new optim.SGD([{ params: a }, { params: [b], lr: 0.5 }], { lr: 0.1 });
    optimizer.addParamGroup({ params: c, lr: 0 });
    for (const p of [a, b, c]) p.grad = tg.ones(1, { dtype: 'float64' });
    optimizer.step();
    expect([a.item(), b.item(), c.item()]).toEqual([0.9, 0.5, 1]);
    optimizer.paramGroups[2].lr = 1;
    optimizer.step();
    expect(c.item()).toBe(0);
  });
});

describe('a step', () => {
  test('writes the parameter itself, and leaves one without gradient alone', () => {
    const [a, b] = [leaf([1]), leaf([1])];
    const optimizer = new optim.Adam([a, b], { lr: 0.1 });
    const window = a.detach();
    a.grad = tg.ones(1, { dtype: 'float64' });
    optimizer.step();
    expect([window.item(), b.item()]).toEqual([a.item(), 1]);
    expect([optimizer.state.has(a), optimizer.state.has(b), a.requiresGrad, a.isLeaf]).toEqual([
      true,
      false,
      true,
      true,
    ]);
  });

  test('a graph of before it can no longer be walked', () => {
    const a = leaf([2]);
    const optimizer = new optim.SGD([a], 0.1);
    const loss = a.mul(a).sum();
    loss.backward({ retainGraph: true });
    optimizer.step();
    expect(() => loss.backward()).toThrow('SGD.step');
  });

  test('a gradient of another shape is refused', () => {
    const a = leaf([1, 2]);
    a.grad = tg.ones(1, { dtype: 'float64' });
    expect(() => new optim.SGD([a]).step()).toThrow('the gradient of shape (1,)');
    expect(a.tolist()).toEqual([1, 2]);
  });

  test('calls the closure with gradients on, and returns what it returns', () => {
    const a = leaf([3]);
    const optimizer = new optim.SGD([a], 0.5);
    const loss = tg.noGrad(() =>
      optimizer.step(() => {
        const value = a.mul(2).sum();
        value.backward();
        return value;
      }),
    );
    expect([loss.item(), a.item()]).toEqual([6, 2]);
    expect(() => optimizer.step((async () => 1) as never)).toThrow('promise');
    expect(() => new optim.LBFGS([leaf()]).step()).toThrow('needs a closure');
  });

  test('float16 parameters move and keep their dtype', () => {
    const a = tg.tensor([1], { dtype: 'float16', requiresGrad: true });
    a.grad = tg.ones(1, { dtype: 'float16' });
    const optimizer = new optim.SGD([a], 0.25, 0.5);
    optimizer.step();
    optimizer.step();
    expect([a.item(), a.dtype]).toEqual([1 - 0.25 - 0.375, 'float16']);
  });
});

test('zeroGrad sets gradients to null, or to zeros in place', () => {
  const a = leaf([1, 2]);
  const optimizer = new optim.SGD([a]);
  a.mul(3).sum().backward();
  const { grad } = a;
  optimizer.zeroGrad(false);
  expect([a.grad, a.grad?.tolist()]).toEqual([grad, [0, 0]]);
  optimizer.zeroGrad();
  expect(a.grad).toBeNull();
});

describe('state dicts', () => {
  const trained = (): [tg.Tensor, tg.optim.Adam] => {
    const a = leaf();
    const optimizer = new optim.Adam([a], { lr: 0.1, weightDecay: 0.01 });
    for (let i = 0; i < 2; i++) optimizer.step(closure(optimizer, a));
    return [a, optimizer];
  };

  test('have the keys of PyTorch', () => {
    const { state, param_groups } = trained()[1].stateDict();
    expect(Object.keys(state)).toEqual(['0']);
    expect(Object.keys(state['0']).sort()).toEqual(['exp_avg', 'exp_avg_sq', 'step']);
    expect(state['0'].step).toBe(2);
    expect(param_groups).toEqual([
      { lr: 0.1, betas: [0.9, 0.999], eps: 1e-8, weight_decay: 0.01, amsgrad: false, maximize: false, params: [0] },
    ]);
  });

  test('are taken over as copies, in the parameter`s dtype, with options', () => {
    const [, source] = trained();
    const b = leaf([0, 0, 0, 0], 'float32');
    const optimizer = new optim.Adam([b]);
    const saved = source.stateDict();
    optimizer.loadStateDict(saved);
    const mean = optimizer.state.get(b)?.exp_avg as tg.Tensor;
    const before = numbers(saved.state['0'].exp_avg as tg.Tensor);
    expect([mean.dtype, optimizer.paramGroups[0].lr, optimizer.paramGroups[0].weightDecay]).toEqual([
      'float32',
      0.1,
      0.01,
    ]);
    mean.zero_();
    expect(numbers(saved.state['0'].exp_avg as tg.Tensor)).toEqual(before);
  });

  test('may come from PyTorch: steps as tensors, options that are not offered here', () => {
    const [a, optimizer] = trained();
    const saved = optimizer.stateDict();
    saved.state['0'].step = tg.tensor(7);
    Object.assign(saved.param_groups[0], { foreach: null, capturable: false });
    optimizer.loadStateDict(saved);
    expect(optimizer.state.get(a)?.step).toBe(7);
    expect('foreach' in optimizer.paramGroups[0]).toBe(false);
  });

  test.each<[string, (saved: tg.optim.OptimizerState) => unknown]>([
    ['the state dict has groups of 2 parameters, the optimizer of 1', (s) => (s.param_groups[0].params = [0, 1])],
    ['expected { state, param_groups }', (s) => (s.param_groups = null as never)],
    ['exp_avg has shape (2,), its parameter (4,)', (s) => (s.state['0'].exp_avg = tg.zeros(2))],
    ['lr must be at least 0, got -1', (s) => (s.param_groups[0].lr = -1)],
  ])('that do not fit change nothing: %s', (message, spoil) => {
    const [a, optimizer] = trained();
    const before = inspect(optimizer.stateDict(), { depth: 5 });
    const saved = trained()[1].stateDict();
    (saved.state['0'].exp_avg_sq as tg.Tensor).zero_();
    spoil(saved);
    expect(() => optimizer.loadStateDict(saved)).toThrow(message);
    expect(inspect(optimizer.stateDict(), { depth: 5 })).toBe(before);
    expect(optimizer.state.has(a)).toBe(true);
  });

  test('state follows the parameter`s number', () => {
    const [a, b] = [leaf([1]), leaf([2])];
    const optimizer = new optim.SGD([a, b], 0.1, 0.9);
    b.grad = tg.ones(1, { dtype: 'float64' });
    optimizer.step();
    const [c, d] = [leaf([1]), leaf([2])];
    const other = new optim.SGD([c, d], 0.1, 0.9);
    other.loadStateDict(optimizer.stateDict());
    expect([other.state.has(c), other.state.has(d)]).toEqual([false, true]);
  });
});

describe('a step', () => {
  const misfit = (): [tg.Tensor, tg.Tensor] => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.grad = tg.ones(2, { dtype: 'float64' });
    b.grad = tg.ones(2, { dtype: 'float64' });
    b.grad.shape = [1, 2];
    return [a, b];
  };

  test('that meets a gradient which does not fit moves nothing', () => {
    const [a, b] = misfit();
    const optimizer = new optim.Adam([a, b]);
    expect(() => optimizer.step()).toThrow(
      'the gradient of shape (1, 2) on cpu does not fit its parameter of shape (2,)',
    );
    expect([numbers(a), numbers(b), optimizer.state.size]).toEqual([[1, 2], [3, 4], 0]);
  });

  test('that an update breaks off leaves those before it moved as their state says', () => {
    const [a, b] = [leaf([1]), leaf([1])];
    for (const x of [a, b]) x.grad = tg.ones(1, { dtype: 'float64' });
    const optimizer = new optim.Adam([a, b], { lr: 0.1, eps: 0 });
    Object.defineProperty(optimizer.paramGroups[0], 'betas', {
      get() {
        if (optimizer.state.has(b)) throw new Error('no betas');
        return [0.9, 0.999];
      },
    });
    expect(() => optimizer.step()).toThrow('no betas');
    expect(a.item()).toBeCloseTo(0.9, 12);
    expect([optimizer.state.get(a)?.step, b.item()]).toEqual([1, 1]);
  });

  test('of a class of the user`s shows what it did at once', () => {
    const seen: number[] = [];
    class Watching extends optim.SGD {
      protected override update(...args: Parameters<tg.optim.SGD['update']>): void {
        super.update(...args);
        seen.push(args[0].item());
      }
    }
    const parameters = [leaf([1]), leaf([2])];
    for (const x of parameters) x.grad = tg.ones(1, { dtype: 'float64' });
    new Watching(parameters, 0.5).step();
    expect(seen).toEqual([0.5, 1.5]);
  });
});

test('an optimizer prints its groups', () => {
  const text = inspect(new optim.SGD([leaf()], 0.1));
  expect(text).toBe(
    'SGD (\nParameter Group 0\n    dampening: 0\n    lr: 0.1\n    maximize: false\n    momentum: 0\n    nesterov: false\n    weightDecay: 0\n)',
  );
});

test('the state keeps no graph alive: results of a step require no gradient', () => {
  const a = leaf([1]);
  const optimizer = new optim.Adam([a]);
  const loss = a.mul(a).mul(a).sum();
  loss.backward({ createGraph: true });
  optimizer.step();
  const { exp_avg, exp_avg_sq } = optimizer.state.get(a) as Record<string, tg.Tensor>;
  expect([exp_avg.requiresGrad, exp_avg_sq.requiresGrad, a.isLeaf]).toEqual([false, false, true]);
});
