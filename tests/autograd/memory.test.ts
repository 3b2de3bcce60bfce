import { cpu } from '../../kernels/cpu/index.js';
import type { Kernels } from '../../kernels/types.js';
import { addDevice } from '../../lib/core/device.js';
import { making } from '../../lib/core/storage.js';
import * as tg from '../../lib/index.js';

const { worth } = making;
let freed = 0;

/** The CPU with all memory that is given back full of NaN. */
const poisoned: Kernels = {
  ...cpu,
  recycle(buffer) {
    freed++;
    (buffer as Float32Array).fill(NaN);
  },
};

beforeEach(() => {
  freed = 0;
  making.worth = 0;
  addDevice('cpu', poisoned);
});

afterEach(() => {
  making.worth = worth;
  addDevice('cpu', cpu);
});

const leaf = (...data: number[]): tg.Tensor => tg.tensor(data, { requiresGrad: true });

test('gradients between nodes are given back as the walk passes', () => {
  const x = leaf(1, 2);
  x.cumsum(0).softmax(0).cumsum(0).sum().backward();
  expect(freed).toBeGreaterThanOrEqual(2);
  expect(x.grad?.isfinite().all().item()).toBe(1);
});

test('a gradient that nobody else waits for is changed in place, and no other', () => {
  let made = 0;
  const allocate: Kernels['allocate'] = (dtype, count) => {
    made++;
    return cpu.allocate(dtype, count);
  };
  addDevice('cpu', { ...poisoned, allocate });
  const x = leaf(1, 2);
  const chain = x.mul(2).exp().mul(3).sum();
  made = 0;
  chain.backward();
  // The gradient of the loss, which the sum repeats, and one for all operations.
  expect(made).toBe(2);
  const other = leaf(1, 2);
  const y = other.mul(1);
  y.exp().add(y.tanh()).mul(3).sum().backward();
  const expected = [1, 2].map((v) => 3 * (Math.exp(v) + 1 - Math.tanh(v) ** 2));
  expect(other.grad?.allclose(tg.tensor(expected))).toBe(true);
});

test('a derivative that forward has kept gives the same gradients, to any order', () => {
  for (const f of [tg.nn.functional.gelu, tg.nn.functional.mish]) {
    const [kept, computed] = [0, Infinity].map((least) => {
      making.worth = least;
      const x = leaf(-2, -0.5, 0, 1.5);
      const [first] = tg.autograd.grad(f(x).sum(), [x], { createGraph: true });
      f(x).mul(x.detach()).sum().backward();
      return [first, tg.autograd.grad(first.sum(), [x])[0], x.grad].map((g) => g?.tolist());
    });
    expect(kept).toEqual(computed);
  }
});

test('what a hook has seen, what is retained, and what is asked for stay', () => {
  const x = leaf(1, 2);
  const y = x.mul(2);
  const z = y.mul(3);
  const seen: tg.Tensor[] = [];
  y.registerHook((g) => {
    seen.push(g, g.mul(10));
  });
  x.registerHook((g) => {
    seen.push(g);
  });
  z.retainGrad();
  z.mul(5).sum().backward({ retainGraph: true });
  expect(seen.map((g) => g.tolist())).toEqual([
    [15, 15],
    [150, 150],
    [30, 30],
  ]);
  expect(z.grad?.tolist()).toEqual([5, 5]);
  expect(x.grad?.tolist()).toEqual([30, 30]);
  expect(tg.autograd.grad(z.sum(), [y, x]).map((g) => g.tolist())).toEqual([
    [3, 3],
    [6, 6],
  ]);
});

test('what a custom function and a module’s hook have seen stays', () => {
  const seen: tg.Tensor[] = [];
  class Keeps extends tg.autograd.Function {
    static forward(_ctx: tg.autograd.FunctionContext, a: tg.Tensor): tg.Tensor {
      return a.mul(2);
    }

    static backward(_ctx: tg.autograd.FunctionContext, g: tg.Tensor): tg.Tensor {
      const given = g.mul(2);
      seen.push(g, given);
      return given;
    }
  }
  const layer = new tg.nn.Linear(2, 2);
  layer.registerFullBackwardHook((_module, gradInput, gradOutput) => {
    for (const g of [...gradInput, ...gradOutput]) if (g !== null) seen.push(g);
  });
  const x = leaf(1, 2);
  Keeps.apply(layer.forward(x.mul(3)))
    .mul(7)
    .sum()
    .backward();
  expect(seen).toHaveLength(4);
  for (const g of seen) expect(g.isfinite().all().item()).toBe(1);
  for (const p of [x, ...layer.parameters()]) expect(p.grad?.isfinite().all().item()).toBe(1);
});

test('a gradient that goes several ways, and one that is deposited twice, stay until the last', () => {
  const [x, y] = [leaf(1, 2), leaf(3, 4)];
  const both = x.mul(2).add(y.mul(2));
  both.add(both.neg()).add(both).sum().backward();
  x.mul(2).sum().backward();
  expect(x.grad?.tolist()).toEqual([4, 4]);
  expect(y.grad?.tolist()).toEqual([2, 2]);
});

/** One step of training as a user writes it; how much memory `zeroGrad` gave back. */
function train(optimizer: tg.optim.Optimizer, x: tg.Tensor, look: () => void = () => {}): number {
  x.mul(x).sum().backward();
  tg.nn.utils.clipGradNorm_([x], 1);
  look();
  optimizer.step();
  const before = freed;
  optimizer.zeroGrad();
  return freed - before;
}

test('a leaf’s gradient that nobody has looked at is given back when it is replaced', () => {
  const x = leaf(3, 4);
  expect(train(new tg.optim.SGD([x], { lr: 0.1, momentum: 0.9 }), x)).toBe(1);
  expect(train(new tg.optim.Adam([x]), x)).toBe(1);
  expect(x.isfinite().all().item()).toBe(1);
});

test('a leaf’s gradient that somebody has looked at, or gave to it, stays', () => {
  const x = leaf(3, 4);
  const seen: tg.Tensor[] = [];
  const keep = (): void => {
    seen.push(x.grad as tg.Tensor);
  };
  class Watching extends tg.optim.Optimizer {
    protected check(): void {}
    protected update(_parameter: tg.Tensor, gradient: tg.Tensor): void {
      seen.push(gradient);
    }
  }
  expect(train(new tg.optim.SGD([x], { lr: 0.1 }), x, keep)).toBe(0);
  expect(train(new Watching([x], { lr: 0.1 }), x)).toBe(0);
  class Keeping extends tg.optim.SGD {
    protected override update(...args: Parameters<tg.optim.SGD['update']>): void {
      seen.push(args[1]);
      super.update(...args);
    }
  }
  expect(train(new Keeping([x], { lr: 0.1 }), x)).toBe(0);
  const mine = tg.tensor([5, 6]);
  x.grad = mine;
  x.grad = null;
  for (const g of [...seen, mine]) expect(g.isfinite().all().item()).toBe(1);
  expect(seen).toHaveLength(3);
});

test('a hook on a leaf keeps what it saw', () => {
  const seen: tg.Tensor[] = [];
  const x = leaf(3, 4);
  x.registerHook((g) => {
    seen.push(g);
  });
  x.mul(2).sum().backward();
  x.grad = null;
  expect(seen[0].tolist()).toEqual([2, 2]);
});

describe('what modules of the library make on their way', () => {
  const { nn } = tg;
  const input = tg.ones(2, 3);
  const layers = (): tg.nn.Module[] => [new nn.Linear(3, 3), new nn.Tanh(), new nn.Flatten(0), new nn.Softmax(0)];

  /** How much memory a forward gave back, and how much the walk after it; all gradients are numbers. */
  function run(model: tg.nn.Module & { forward(x: tg.Tensor): tg.Tensor }): [forward: number, backward: number] {
    freed = 0;
    const y = model.forward(input);
    const forward = freed;
    if (y.requiresGrad) y.mul(y).sum().backward();
    expect(y.isfinite().all().item()).toBe(1);
    for (const p of model.parameters()) expect(p.grad?.isfinite().all().item() ?? 1).toBe(1);
    return [forward, freed - forward];
  }

  test('is given back as soon as no node needs it', () => {
    const model = new nn.Sequential(layers());
    const apart = run(new nn.Sequential(layers().map((layer) => new nn.Sequential(layer))));
    expect(run(model)).toEqual(apart);
    // The linear layer's result serves tanh alone; tanh's stays for its gradient, seen through a view.
    expect(apart[0]).toBe(1);
    expect(tg.noGrad(() => run(model))).toEqual([2, 0]);
    class Own extends nn.Module {
      inner: tg.nn.Sequential = new nn.Sequential(layers());
      forward(x: tg.Tensor): tg.Tensor {
        return this.inner.forward(x);
      }
    }
    expect(run(new Own())).toEqual(apart);
  });

  test('stays where a module of the user’s or a hook has seen it', () => {
    const seen: tg.Tensor[] = [];
    class Watching extends nn.Module {
      forward(x: tg.Tensor): tg.Tensor {
        seen.push(x);
        const y = x.mul(2);
        seen.push(y);
        return y;
      }
    }
    run(new nn.Sequential([new nn.Linear(3, 3), new Watching(), new nn.Tanh(), new nn.Sigmoid(), new Watching()]));
    const [linear, tanh] = layers();
    linear.registerForwardHook((_module, _args, output) => {
      seen.push(output as tg.Tensor);
    });
    tanh.registerForwardPreHook((_module, args) => {
      seen.push(args[0] as tg.Tensor);
    });
    run(new nn.Sequential(linear, tanh, new nn.Tanh()));
    const activation = (x: tg.Tensor): tg.Tensor => {
      seen.push(x);
      return x.relu();
    };
    const layer = new nn.TransformerEncoderLayer(3, 1, 4, { dropout: 0, activation });
    run(new nn.Sequential([new nn.Tanh(), layer, new nn.Tanh()]));
    class Peeking extends nn.BatchNorm1d {
      protected override requireRank(x: tg.Tensor): void {
        seen.push(x);
      }
    }
    run(new nn.Sequential([new nn.Linear(3, 3), new Peeking(3), new nn.Tanh()]));
    expect(seen).toHaveLength(8);
    for (const x of seen) expect(x.isfinite().all().item()).toBe(1);
  });
});

const { TransformerEncoderLayer, TransformerDecoderLayer, MultiheadAttention } = tg.nn;

const compositions: [string, () => [tg.nn.Module, (x: tg.Tensor) => tg.Tensor]][] = [
  [
    'an encoder layer',
    () => {
      const layer = new TransformerEncoderLayer(4, 2, 8, { activation: 'gelu', batchFirst: true });
      return [layer, (x) => layer.forward(x)];
    },
  ],
  [
    'a decoder layer',
    () => {
      const layer = new TransformerDecoderLayer(4, 2, 8, { normFirst: true });
      return [layer, (x) => layer.forward(x, x.mul(2))];
    },
  ],
  [
    'attention with its weights',
    () => {
      const layer = new MultiheadAttention(4, 2, { dropout: 0.2, addZeroAttn: true });
      return [layer, (x) => tg.cat(layer.forward(x, x, x) as [tg.Tensor, tg.Tensor], -1)];
    },
  ],
];

describe.each(compositions)('%s', (_name, make) => {
  /** Results, and gradients of the first and second order, of a run whose own memory is given back from a size on. */
  function run(least: number): tg.Tensor[] {
    making.worth = least;
    tg.manualSeed(1);
    const [layer, forward] = make();
    const x = tg.randn([3, 3, 4], { requiresGrad: true });
    const leaves = [x, ...layer.parameters()];
    const y = forward(x);
    const first = tg.autograd.grad([y.sin().sum()], leaves, null, { createGraph: true });
    const second = tg.autograd.grad([first[0].pow(2).sum()], leaves, null, { allowUnused: true });
    const z = forward(x);
    z.cos().sum().backward({ retainGraph: true });
    z.sin().sum().backward();
    const plain = tg.noGrad(() => forward(x));
    return [y, z, plain, ...first, ...second, ...leaves.map(({ grad }) => grad)].flatMap((g) =>
      g ? [g.detach()] : [],
    );
  }

  test('gives its own memory back behind its nodes, and nothing else', () => {
    const usual = run(Infinity);
    expect(freed).toBe(0);
    const given = run(0);
    expect(freed).toBeGreaterThan(20);
    expect(given.map((x) => x.tolist())).toEqual(usual.map((x) => x.tolist()));
  });
});
