import * as tg from '../../lib/index.js';

const leaf = (data: tg.TensorData, dtype?: tg.DType): tg.Tensor =>
  tg.tensor(data, { requiresGrad: true, dtype: dtype ?? null });

describe('backward', () => {
  test('accumulates into leaves, and a second walk of a freed tape is refused', () => {
    const x = leaf([1, 2]);
    const y = x.mul(x).sum();
    y.backward();
    expect(x.grad?.tolist()).toEqual([2, 4]);
    expect(() => y.backward()).toThrow(/mul: the tape was already walked .* retainGraph: true/);
    const z = x.mul(x).sum();
    z.backward({ retainGraph: true });
    z.backward();
    expect(x.grad?.tolist()).toEqual([6, 12]);
  });

  test('needs a gradient of the right shape where the result is no scalar', () => {
    const y = leaf([1, 2]).mul(2);
    expect(() => y.backward()).toThrow(/only for a scalar; pass one of shape \(2,\)/);
    expect(() => y.backward(tg.ones(3))).toThrow(/the gradient has shape \(3,\), the tensor \(2,\)/);
    expect(() => tg.ones(1).backward()).toThrow(/does not require a gradient/);
  });

  test('`inputs` limits where gradients go', () => {
    const [a, b] = [leaf([1]), leaf([2])];
    a.mul(b)
      .sum()
      .backward({ inputs: [a] });
    expect([a.grad?.tolist(), b.grad]).toEqual([[2], null]);
  });

  test('leaves never share the memory of their gradients', () => {
    const [a, b] = [leaf([1, 2]), leaf([3, 4])];
    a.add(b).sum().backward();
    a.grad?.mul_(0);
    expect(b.grad?.tolist()).toEqual([1, 1]);
    const given = tg.ones(2);
    const c = leaf([5, 6]);
    c.add(0).backward(given);
    c.grad?.mul_(0);
    expect(given.tolist()).toEqual([1, 1]);
  });

  test('sums over broadcast dimensions and keeps each input in its dtype', () => {
    const [a, b] = [leaf([[1], [2]]), leaf([1, 2, 3], 'float64')];
    a.mul(b).sum().backward();
    expect([a.grad?.tolist(), a.grad?.dtype]).toEqual([[[6], [6]], 'float32']);
    expect([b.grad?.tolist(), b.grad?.dtype]).toEqual([[3, 3, 3], 'float64']);
  });

  test('a chain of 100,000 operations', () => {
    const x = leaf(1);
    let y = x.mul(1);
    for (let i = 0; i < 100_000; i++) y = y.add(1);
    y.backward();
    expect([y.item(), x.grad?.item()]).toEqual([100_001, 1]);
  });

  test('a shared part is walked once', () => {
    const x = leaf(2);
    let y = x.mul(1);
    for (let i = 0; i < 60; i++) y = y.add(y);
    y.backward();
    expect(x.grad?.item()).toBe(2 ** 60);
  });
});

describe('grad', () => {
  test('returns gradients and touches no leaf', () => {
    const x = leaf([1, 2]);
    const [g] = tg.autograd.grad(x.mul(3).sum(), x);
    expect([g.tolist(), x.grad]).toEqual([[3, 3], null]);
  });

  test('of tensors in the middle', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const [gy, gx] = tg.autograd.grad(y.mul(y).sum(), [y, x]);
    expect([gy.tolist(), gx.tolist()]).toEqual([
      [6, 12],
      [18, 36],
    ]);
  });

  test('an unused input is an error, or null', () => {
    const [x, unused] = [leaf([1]), leaf([2])];
    expect(() => tg.autograd.grad(x.mul(2).sum(), unused)).toThrow(
      /not used in the outputs; pass \{ allowUnused: true \}/,
    );
    expect(tg.autograd.grad(x.mul(2).sum(), [x, unused], { allowUnused: true })[1]).toBeNull();
  });

  test('to the fourth order', () => {
    const x = leaf(0.3, 'float64');
    let y = x.tanh();
    for (let order = 0; order < 4; order++) [y] = tg.autograd.grad(y, x, { createGraph: true });
    const t = Math.tanh(0.3);
    // The fourth derivative of tanh.
    expect(y.item()).toBeCloseTo(8 * t * (1 - t * t) * (2 - 3 * t * t), 10);
  });

  test('createGraph in backward: gradients of gradients in .grad', () => {
    const x = leaf(3);
    x.mul(x).mul(x).backward({ createGraph: true });
    const first = x.grad as tg.Tensor;
    expect(first.item()).toBe(27);
    x.grad = null;
    first.backward();
    expect((x.grad as tg.Tensor | null)?.item()).toBe(18);
  });
});

describe('hooks', () => {
  test('see a gradient, and may replace it', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    const seen: unknown[] = [];
    const handle = y.registerHook((g) => {
      seen.push(g.tolist());
      return g.mul(10);
    });
    y.sum().backward({ retainGraph: true });
    handle.remove();
    y.sum().backward();
    expect(seen).toEqual([[1, 1]]);
    expect(x.grad?.tolist()).toEqual([33, 33]);
  });

  test('on a leaf run before the gradient is stored; a wrong shape is refused', () => {
    const x = leaf([1, 2]);
    x.registerHook((g) => g.neg());
    x.sum().backward();
    expect(x.grad?.tolist()).toEqual([-1, -1]);
    const y = leaf([1, 2]).mul(1);
    y.registerHook(() => tg.ones(3));
    expect(() => y.sum().backward()).toThrow(/a hook must return nothing or a tensor of shape \(2,\)/);
  });

  test('a walk that a hook begins, over nodes and leaves where gradients of the first one wait, leaves those alone', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const other = y.sum();
    const z = y.mul(y);
    const inner: unknown[] = [];
    z.registerHook(() => {
      inner.push(tg.autograd.grad(other, x, { retainGraph: true })[0].tolist());
    });
    // The sum of y sends its gradient to y, and that of x to x, before z is reached.
    z.sum().add(y.sum()).add(x.sum()).backward();
    expect(inner).toEqual([[2, 2]]);
    expect(x.grad?.tolist()).toEqual([11, 19]);
  });

  test('a walk that ends in an error leaves nothing behind', () => {
    const x = leaf([1, 2]);
    const y = x.mul(2);
    const handle = y.registerHook(() => {
      throw new Error('stop');
    });
    const loss = y.sum().add(x.sum());
    expect(() => loss.backward({ retainGraph: true })).toThrow('stop');
    handle.remove();
    loss.backward();
    expect(x.grad?.tolist()).toEqual([3, 3]);
  });

  test('retainGrad keeps the gradient of what is no leaf', () => {
    const x = leaf([1, 2]);
    const y = x.mul(3);
    y.retainGrad();
    y.mul(y).sum().backward();
    expect(y.grad?.tolist()).toEqual([6, 12]);
  });
});

describe('modes', () => {
  test('noGrad, enableGrad, inferenceMode', () => {
    const x = leaf([1]);
    expect(tg.noGrad(() => x.mul(2)).requiresGrad).toBe(false);
    expect(tg.noGrad(() => tg.enableGrad(() => x.mul(2))).requiresGrad).toBe(true);
    const made = tg.inferenceMode(() => x.mul(2));
    expect(() => made.mul(x)).toThrow(/made in inferenceMode cannot be saved/);
  });

  test('a function that returns a promise is refused, and the mode is back afterwards', () => {
    expect(() => tg.noGrad(async () => 1)).toThrow(/the mode would leak over its await/);
    expect(() =>
      tg.noGrad(() => {
        throw new Error('inside');
      }),
    ).toThrow('inside');
    expect(tg.isGradEnabled()).toBe(true);
  });

  test('as a guard', () => {
    const guard = tg.noGrad();
    expect(tg.isGradEnabled()).toBe(false);
    guard[Symbol.dispose]();
    expect(tg.isGradEnabled()).toBe(true);
  });

  test('anomaly mode names the forward call that led to a NaN', () => {
    const makeNaN = (): tg.Tensor => leaf([-1]).sqrt().sum();
    const run = (): void => tg.detectAnomaly(() => makeNaN().backward());
    expect(run).toThrow(/sqrt: its gradient to input 0 holds NaN. The forward call was made here:/);
    expect(run).toThrow(/makeNaN/);
  });
});

describe('custom functions', () => {
  class Scale extends tg.autograd.Function {
    static forward(ctx: tg.autograd.FunctionContext, x: tg.Tensor, by: number): tg.Tensor {
      ctx.saveForBackward(x);
      return x.mul(x).mul(by);
    }

    static backward(ctx: tg.autograd.FunctionContext, g: tg.Tensor): (tg.Tensor | null)[] {
      return [g.mul(ctx.savedTensors[0]).mul(4), null];
    }
  }

  test('run, differentiate, and differentiate again', () => {
    const x = leaf([1, 2]);
    const y = Scale.apply(x, 2);
    expect([y.tolist(), y.gradFn?.name]).toEqual([[2, 8], 'Scale']);
    const [g] = tg.autograd.grad(y.sum(), x, { createGraph: true });
    expect([g.tolist(), tg.autograd.grad(g.sum(), x)[0].tolist()]).toEqual([
      [4, 8],
      [4, 4],
    ]);
  });

  test('watch what they saved', () => {
    const x = leaf([1, 2]).mul(1);
    const y = Scale.apply(x, 2);
    x.add_(1);
    expect(() => y.sum().backward()).toThrow(/Scale: a value .* changed in place by add_/);
  });

  test('must return a gradient for every input', () => {
    class Short extends tg.autograd.Function {
      static forward(_ctx: tg.autograd.FunctionContext, a: tg.Tensor, b: tg.Tensor): tg.Tensor {
        return a.add(b);
      }

      static backward(_ctx: tg.autograd.FunctionContext, g: tg.Tensor): tg.Tensor[] {
        return [g];
      }
    }
    expect(() =>
      Short.apply(leaf([1]), leaf([2]))
        .sum()
        .backward(),
    ).toThrow(/Short: backward returned 1 gradients for 2 inputs/);
  });
});

describe('checkpoint', () => {
  test('gives the gradients of inputs and of captured parameters, with the same random numbers', () => {
    const run = (through: boolean): unknown[] => {
      tg.manualSeed(3);
      const [x, w] = [leaf([1, 2]), leaf([3, 4])];
      const f = (a: tg.Tensor): tg.Tensor => a.mul(w).exp().mul(tg.rand(2)).sum();
      (through ? tg.utils.checkpoint.checkpoint(f, x) : f(x)).backward();
      return [x.grad?.tolist(), w.grad?.tolist()];
    };
    expect(run(true)).toEqual(run(false));
  });
});

describe('gradcheck', () => {
  const x = leaf([0.3, -1.2, 2], 'float64');

  test('accepts right gradients of both orders', () => {
    expect(tg.autograd.gradcheck((a) => a.sin().mul(a), x)).toBe(true);
    expect(tg.autograd.gradgradcheck((a) => a.sin().mul(a), x)).toBe(true);
    expect(tg.autograd.gradgradcheck((a) => a.sin().mul(a), x, { fastMode: true })).toBe(true);
  });

  test('refuses a wrong gradient, and float32', () => {
    class Wrong extends tg.autograd.Function {
      static forward(_ctx: tg.autograd.FunctionContext, a: tg.Tensor): tg.Tensor {
        return a.mul(2);
      }

      static backward(_ctx: tg.autograd.FunctionContext, g: tg.Tensor): tg.Tensor {
        return g.mul(3);
      }
    }
    expect(() => tg.autograd.gradcheck((a) => Wrong.apply(a), x)).toThrow(
      /the central difference is (2|1\.99)\S*, the gradient says 3/,
    );
    expect(() => tg.autograd.gradcheck((a) => Wrong.apply(a), x, { fastMode: true })).toThrow(/gradcheck: input 0/);
    expect(() => tg.autograd.gradcheck((a) => a.mul(2), leaf([1]))).toThrow(/is float32/);
  });
});
