import * as tg from '../../lib/index.js';

const leaf = (data: tg.TensorData): tg.Tensor => tg.tensor(data, { requiresGrad: true });

describe('views of one memory', () => {
  test('a change of the base shows in its views, and of a view in the base', () => {
    const base = tg.zeros(2, 3);
    const flat = base.view(6);
    base.select(0, 1).fill_(5);
    flat.select(0, 0).fill_(7);
    expect(base.tolist()).toEqual([
      [7, 0, 0],
      [5, 5, 5],
    ]);
  });

  test('a change through a view gives the base, and its other views, new history', () => {
    const base = tg.zeros(2, 3);
    const other = base.view(6);
    const row = leaf([1, 2, 3]);
    base.select(0, 1).copy_(row);
    expect([base.requiresGrad, other.requiresGrad]).toEqual([true, true]);
    other.mul(other).sum().backward();
    expect(row.grad?.tolist()).toEqual([2, 4, 6]);
  });

  test('outside the changed part the old gradient stays', () => {
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    const y = x.mul(10);
    y.select(0, 0).mul_(3);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([
      [30, 30],
      [10, 10],
    ]);
  });

  test('a value that a view wrote over gets no gradient', () => {
    const x = leaf([
      [1, 2],
      [3, 4],
    ]);
    const y = x.mul(10);
    y.select(1, 0).zero_();
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([
      [0, 10],
      [0, 10],
    ]);
  });

  test('views of views', () => {
    const x = leaf([1, 2, 3, 4, 5, 6]);
    const y = x.mul(1);
    y.view(2, 3).transpose(0, 1).select(0, 1).mul_(10);
    y.mul(tg.tensor([1, 2, 3, 4, 5, 6]))
      .sum()
      .backward();
    expect(y.tolist()).toEqual([1, 20, 3, 4, 50, 6]);
    expect(x.grad?.tolist()).toEqual([1, 20, 3, 4, 50, 6]);
  });

  test('a view taken before and changed twice', () => {
    const x = leaf([1, 2, 3]);
    const y = x.mul(2);
    const tail = y.narrow(0, 1, 2);
    tail.add_(1);
    y.mul_(3);
    tail.mul_(2);
    y.sum().backward();
    expect(y.tolist()).toEqual([6, 30, 42]);
    expect(x.grad?.tolist()).toEqual([6, 12, 12]);
  });

  test('detach shares the memory and the version', () => {
    const x = leaf([1, 2]);
    const y = x.exp();
    y.detach().zero_();
    expect(() => y.sum().backward()).toThrow(/exp: a value of shape \(2,\) .* changed in place by fill_/);
  });
});

describe('in-place changes and what backward saved', () => {
  test('a changed result names both operations', () => {
    const y = leaf([0.5, 1]).tanh();
    y.mul_(2);
    expect(() => y.sum().backward()).toThrow(
      /tanh: a value of shape \(2,\) that it saved for its gradient was changed in place by mul_/,
    );
  });

  test('a changed input is refused, an unsaved one is not', () => {
    const x = leaf([1, 2]);
    const a = x.mul(1);
    const product = a.mul(a);
    a.add_(1);
    expect(() => product.sum().backward()).toThrow(/mul: a value of shape \(2,\)/);
    const b = x.mul(1);
    const sum = b.add(b);
    b.mul_(5);
    sum.sum().backward();
    expect(x.grad?.tolist()).toEqual([2, 2]);
  });

  test('the old value is kept where the gradient of the change itself reads it', () => {
    const x = leaf([1, 2]);
    const w = leaf([3, 4]);
    const y = x.mul(1);
    y.mul_(w);
    y.sum().backward();
    expect([x.grad?.tolist(), w.grad?.tolist()]).toEqual([
      [3, 4],
      [1, 2],
    ]);
  });

  test('the same tensor on both sides', () => {
    const x = leaf([3, 4]);
    const y = x.mul(1);
    y.mul_(y);
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([6, 8]);
  });

  test('the old value is on the tape: gradients of gradients go through it', () => {
    const x = tg.tensor([3, 4], { requiresGrad: true, dtype: 'float64' });
    const cube = (a: tg.Tensor): tg.Tensor => a.mul(1).mul_(a).mul_(a);
    expect(tg.autograd.gradgradcheck(cube, x)).toBe(true);
    expect(
      tg.autograd.gradgradcheck((a) => {
        const y = a.mul(1);
        return y.mul_(y);
      }, x),
    ).toBe(true);
  });

  test('a changed result that the gradient reads as it is now', () => {
    const x = leaf([0, 1]);
    const y = x.mul(1);
    y.exp_();
    y.sum().backward();
    expect(x.grad?.tolist()).toEqual([1, Math.fround(Math.E)]);
  });
});

describe('what is refused', () => {
  test('a leaf that requires a gradient, and a view of one', () => {
    const x = leaf([1, 2]);
    expect(() => x.add_(1)).toThrow(
      /add_: a leaf that requires a gradient, of shape \(2,\), cannot be changed in place/,
    );
    expect(() => x.select(0, 0).add_(1)).toThrow(/add_: a view of a leaf/);
    tg.noGrad(() => x.add_(1));
    expect(x.tolist()).toEqual([2, 3]);
  });

  test('one of several views of one operation', () => {
    const [first] = leaf([1, 2, 3, 4]).mul(1).split(2);
    expect(() => first.mul_(2)).toThrow(/one of several views that one operation returned/);
  });

  test('a view taken inside noGrad', () => {
    const y = leaf([1, 2]).mul(1);
    const view = tg.noGrad(() => y.select(0, 0));
    expect(() => view.mul_(leaf(2))).toThrow(/taken inside noGrad/);
  });

  test('memory that several elements share, and operands that overlap in part', () => {
    expect(() => tg.zeros(1).expand(3).add_(1)).toThrow(/share one place in memory/);
    const x = tg.arange(5).float();
    expect(() => x.narrow(0, 1, 4).add_(x.narrow(0, 0, 4))).toThrow(/share part of their memory/);
    expect(x.tolist()).toEqual([0, 1, 2, 3, 4]);
    x.at('::2').add_(x.at('1::2').at([0, 1, 1]));
    expect(x.tolist()).toEqual([1, 1, 5, 3, 7]);
  });

  test('a result that has another shape or a higher kind of number', () => {
    expect(() => tg.zeros(2).add_(tg.zeros(3, 2))).toThrow(
      /add_: the result has shape \(3, 2\), the tensor changed in place \(2,\); it cannot grow/,
    );
    expect(() => tg.zeros(2, { dtype: 'int32' }).add_(0.5)).toThrow(/cannot be stored in a tensor of int32/);
  });
});
