import * as tg from '../lib/index.js';

const { nn } = tg;

const text = (gradients: tg.nn.Gradients): unknown[] => gradients.map((g) => g?.tolist() ?? null);

describe('forward hooks', () => {
  test('run around forward, in order, and can replace arguments and result', () => {
    const layer = new nn.Identity();
    const calls: string[] = [];
    layer.registerForwardPreHook((module, args) => {
      calls.push(`before ${module.constructor.name} ${(args[0] as tg.Tensor).item()}`);
      return [(args[0] as tg.Tensor).add(1)];
    });
    layer.registerForwardPreHook((_module, args) => void calls.push(`then ${(args[0] as tg.Tensor).item()}`));
    layer.registerForwardHook((_module, args, output) => {
      calls.push(`after ${(args[0] as tg.Tensor).item()}`);
      return (output as tg.Tensor).mul(10);
    });
    expect(layer.forward(tg.tensor(1)).item()).toBe(20);
    expect(calls).toEqual(['before Identity 1', 'then 2', 'after 2']);
  });

  test('a removed hook runs no more; others stay', () => {
    const layer = new nn.Identity();
    const first = layer.registerForwardHook((_module, _args, output) => (output as tg.Tensor).add(1));
    layer.registerForwardHook((_module, _args, output) => (output as tg.Tensor).mul(2));
    first.remove();
    expect(layer.forward(tg.tensor(3)).item()).toBe(6);
  });

  test('run inside containers, and are no part of the tree, the parameters or the state', () => {
    const model = new nn.Sequential(new nn.Linear(2, 2), new nn.Tanh());
    const before = [String(model), Object.keys(model.stateDict())];
    const shapes: unknown[] = [];
    for (const module of model) {
      module.registerForwardHook((_module, _args, output) => void shapes.push((output as tg.Tensor).shape));
    }
    model.forward(tg.ones(3, 2));
    expect(shapes).toEqual([
      [3, 2],
      [3, 2],
    ]);
    expect([String(model), Object.keys(model.stateDict())]).toEqual(before);
  });
});

describe('backward hooks', () => {
  test('see the gradients of arguments and results, and can replace those of the arguments', () => {
    class Scale extends nn.Module {
      forward(x: tg.Tensor, factor: number): tg.Tensor {
        return x.mul(factor);
      }
    }
    const module = new Scale();
    const seen: unknown[] = [];
    const handle = module.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      seen.push([text(gradInput), text(gradOutput)]);
      return [gradInput[0]?.neg() ?? null, null];
    });
    const x = tg.tensor([1, 2], { requiresGrad: true });
    module.forward(x, 3).backward(tg.tensor([1, 10]));
    expect(seen).toEqual([[[[3, 30], null], [[1, 10]]]]);
    expect(x.grad?.tolist()).toEqual([-3, -30]);
    handle.remove();
    module.forward(x, 3).sum().backward();
    expect(seen).toHaveLength(1);
    expect(x.grad?.tolist()).toEqual([0, -27]);
  });

  test('run once for several results, with null where no gradient arrived', () => {
    const layer = new nn.LSTMCell(2, 3);
    const seen: unknown[] = [];
    layer.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      seen.push([gradInput.map((g) => g?.shape), gradOutput.map((g) => g?.shape)]);
    });
    const x = tg.ones([1, 2], { requiresGrad: true });
    layer.forward(x)[0].sum().backward();
    expect(seen).toEqual([[[[1, 2]], [[1, 3], undefined]]]);
    expect(x.grad?.shape).toEqual([1, 2]);
  });

  test('run where no argument needs a gradient, but parameters do', () => {
    const layer = new nn.Linear(2, 1);
    const seen: unknown[] = [];
    layer.registerFullBackwardHook((_module, gradInput, gradOutput) => {
      seen.push([text(gradInput), text(gradOutput)]);
    });
    layer.forward(tg.ones(1, 2)).sum().backward();
    expect(seen).toEqual([[[null], [[[1]]]]]);
    expect(layer.weight.grad?.tolist()).toEqual([[1, 1]]);
    tg.noGrad(() => layer.forward(tg.ones(1, 2)));
    expect(seen).toHaveLength(1);
  });
});
