import * as tg from '../lib/index.js';

const { nn } = tg;

class Net extends nn.Module {
  conv: tg.nn.Sequential = new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.BatchNorm2d(2), new nn.ReLU());
  head: tg.nn.Linear = new nn.Linear(2, 1, { bias: false });
  gain: tg.nn.Parameter = new nn.Parameter(tg.ones(1));
  steps = 3;
  table: tg.Tensor = tg.ones(2);
  declare scale: tg.Tensor;

  constructor() {
    super();
    this.registerBuffer('scale', tg.ones(1));
    this.registerBuffer('scratch', tg.zeros(2), false);
  }

  forward(x: tg.Tensor): tg.Tensor {
    return this.head
      .forward(this.conv.forward(x).mean([2, 3]))
      .mul(this.gain)
      .mul(this.scale);
  }
}

const names = (entries: readonly [string, unknown][]): string[] => entries.map(([name]) => name);

describe('what a module finds in its properties', () => {
  test('parameters: its own first, then those of sub-modules, in the order of the properties', () => {
    const expected = ['gain', 'conv.0.weight', 'conv.0.bias', 'conv.1.weight', 'conv.1.bias', 'head.weight'];
    expect(names(new Net().namedParameters())).toEqual(expected);
    expect(names(new Net().namedParameters('net', false))).toEqual(['net.gain']);
    expect(new Net().parameters()).toHaveLength(6);
  });

  test('buffers by registration; tensors that are neither are left alone', () => {
    const expected = ['scale', 'scratch', 'conv.1.running_mean', 'conv.1.running_var', 'conv.1.num_batches_tracked'];
    expect(names(new Net().namedBuffers())).toEqual(expected);
    expect(names(new Net().namedBuffers('', false))).toEqual(['scale', 'scratch']);
  });

  test('modules: outer before inner', () => {
    expect(names(new Net().namedModules())).toEqual(['', 'conv', 'conv.0', 'conv.1', 'conv.2', 'head']);
    expect(names(new Net().namedChildren())).toEqual(['conv', 'head']);
  });

  test('a registered parameter or buffer may be replaced through its property', () => {
    const net = new Net();
    net.scale = tg.full([1], 2);
    net.gain = new nn.Parameter(tg.full([1], 3));
    expect(net.getBuffer('scale').item()).toBe(2);
    expect(net.getParameter('gain').item()).toBe(3);
    expect(net.stateDict().scale.item()).toBe(2);
  });

  test('a tied parameter comes once in parameters() and twice in the state dict', () => {
    const encoder = new nn.Linear(3, 2, false);
    const decoder = new nn.Linear(3, 2, false);
    decoder.weight = encoder.weight;
    const model = new nn.Sequential(encoder, decoder, encoder);
    expect(model.parameters()).toEqual([encoder.weight]);
    expect(model.children()).toEqual([encoder, decoder]);
    expect(Object.keys(model.stateDict())).toEqual(['0.weight', '1.weight', '2.weight']);
  });

  test('by path', () => {
    const net = new Net();
    expect(net.getSubmodule('conv.1')).toBe(net.conv.get(1));
    expect(net.getSubmodule('')).toBe(net);
    expect(net.getParameter('head.weight')).toBe(net.head.weight);
    expect(net.getBuffer('conv.1.running_var').tolist()).toEqual([1, 1]);
    expect(() => net.getSubmodule('conv.7')).toThrow('Sequential has no sub-module 7 (in conv.7)');
    expect(() => net.getParameter('head.bias')).toThrow('Net has no parameter head.bias');
    expect(() => net.getBuffer('gain')).toThrow('Net has no buffer gain');
  });
});

describe('registration refuses', () => {
  const net = new Net();
  test.each<[string, () => void, string]>([
    ['a name with a dot', () => net.registerBuffer('a.b', tg.ones(1)), "without a dot, got 'a.b'"],
    ['an empty name', () => net.registerParameter('', null), 'a name must be a string, not empty'],
    [
      'a method of the module',
      () => net.registerModule('forward', new nn.ReLU()),
      'Net already has a property forward',
    ],
    ['another property', () => net.registerBuffer('steps', tg.ones(1)), 'Net already has a property steps'],
    ['what is no tensor', () => net.registerBuffer('x', 3 as unknown as tg.Tensor), 'x must be a tensor or null'],
    ['what is no module', () => net.addModule('x', tg.ones(1) as unknown as tg.nn.Module), 'x must be a module'],
    [
      'a parameter that was computed',
      () => net.registerParameter('x', net.gain.mul(2) as tg.nn.Parameter),
      'a parameter must be a leaf',
    ],
    ['a parameter of integers', () => new nn.Parameter(tg.arange(3)), 'only floating-point tensors'],
  ])('%s', (_what, run, message) => {
    expect(run).toThrow(message);
    expect(run).toThrow(tg.TapegradError);
  });

  test('but takes null for a parameter or buffer that is not there', () => {
    const module = new nn.Identity();
    module.registerParameter('weight', null);
    module.registerBuffer('mean', null);
    expect([module.namedParameters(), module.namedBuffers(), module.stateDict()]).toEqual([[], [], {}]);
    module.registerParameter('weight', new nn.Parameter(tg.ones(2)));
    expect(names(module.namedParameters())).toEqual(['weight']);
  });
});

describe('what changes a whole module', () => {
  test('train and eval reach every module; an overridden train is asked', () => {
    class Frozen extends nn.BatchNorm1d {
      override train(): this {
        return super.train(false);
      }
    }
    const model = new nn.Sequential(new nn.Dropout(), new Frozen(2));
    expect(model.modules().map((m) => m.training)).toEqual([true, true, true]);
    expect(
      model
        .train()
        .modules()
        .map((m) => m.training),
    ).toEqual([true, true, false]);
    expect(
      model
        .eval()
        .modules()
        .map((m) => m.training),
    ).toEqual([false, false, false]);
  });

  test('to changes the dtype of parameters, gradients and floating-point buffers, and keeps the objects', () => {
    const net = new Net();
    const { weight } = net.head;
    net
      .forward(tg.randn(2, 1, 5, 5))
      .sum()
      .backward();
    expect(net.double()).toBe(net);
    expect(net.head.weight).toBe(weight);
    expect([weight.dtype, weight.grad?.dtype, weight.isLeaf, weight.requiresGrad]).toEqual([
      'float64',
      'float64',
      true,
      true,
    ]);
    expect(net.namedBuffers().map(([, x]) => x.dtype)).toEqual(['float64', 'float64', 'float64', 'float64', 'int32']);
    const y = net.forward(tg.randn([2, 1, 5, 5], { dtype: 'float64' }));
    expect(y.dtype).toBe('float64');
    y.sum().backward();
    expect(net.to({ dtype: 'float16' }).gain.dtype).toBe('float16');
    expect(net.to('cpu', 'float32').gain.dtype).toBe('float32');
    expect(() => net.to('int32')).toThrow('int32 is none');
    expect(() => net.to('float8' as tg.DType)).toThrow('unknown dtype float8');
  });

  test('an optimizer keeps moving a module that went to another dtype', () => {
    const layer = new nn.Linear(2, 1);
    const optimizer = new tg.optim.SGD(layer.parameters(), { lr: 1 });
    layer.double();
    const before = layer.weight.tolist();
    layer
      .forward(tg.ones([1, 2], { dtype: 'float64' }))
      .sum()
      .backward();
    optimizer.step();
    expect(layer.weight.tolist()).not.toEqual(before);
  });

  test('apply runs inner before outer', () => {
    const seen: string[] = [];
    const net = new Net();
    expect(net.apply((m) => seen.push(m.constructor.name))).toBe(net);
    expect(seen).toEqual(['Conv2d', 'BatchNorm2d', 'ReLU', 'Sequential', 'Linear', 'Net']);
  });

  test('zeroGrad sets gradients to null, or to zeros', () => {
    const layer = new nn.Linear(2, 1);
    layer.forward(tg.ones(1, 2)).sum().backward();
    layer.zeroGrad(false);
    expect(layer.weight.grad?.tolist()).toEqual([[0, 0]]);
    layer.zeroGrad();
    expect(layer.weight.grad).toBeNull();
  });

  test('requiresGrad_ freezes', () => {
    const layer = new nn.Linear(2, 1).requiresGrad_(false);
    expect(layer.forward(tg.ones(1, 2)).requiresGrad).toBe(false);
    expect(layer.requiresGrad_().forward(tg.ones(1, 2)).requiresGrad).toBe(true);
  });
});

describe('printing', () => {
  test('a tree as PyTorch shows it', () => {
    expect(String(new Net())).toBe(`Net(
  (conv): Sequential(
    (0): Conv2d(1, 2, kernelSize=(3, 3), stride=(1, 1))
    (1): BatchNorm2d(2, eps=0.00001, momentum=0.1, affine=true, trackRunningStats=true)
    (2): ReLU()
  )
  (head): Linear(inFeatures=2, outFeatures=1, bias=false)
)`);
  });

  test('alike modules of a list once', () => {
    const list = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2), new nn.Tanh()]);
    expect(String(list)).toBe(`ModuleList(
  (0-1): 2 x Linear(inFeatures=2, outFeatures=2, bias=true)
  (2): Tanh()
)`);
  });

  test.each<[tg.nn.Module, string]>([
    [
      new nn.Conv1d(4, 6, 3, { padding: 'same', groups: 2, bias: false, paddingMode: 'circular' }),
      'Conv1d(4, 6, kernelSize=(3,), stride=(1,), padding=same, groups=2, bias=false, paddingMode=circular)',
    ],
    [
      new nn.ConvTranspose2d(1, 2, [2, 3], { stride: 2, outputPadding: 1 }),
      'ConvTranspose2d(1, 2, kernelSize=(2, 3), stride=(2, 2), outputPadding=(1, 1))',
    ],
    [new nn.ReLU(true), 'ReLU(inplace=true)'],
    [new nn.LeakyReLU(0.2), 'LeakyReLU(negativeSlope=0.2)'],
    [new nn.Softmax({ dim: 1 }), 'Softmax(dim=1)'],
    [new nn.CrossEntropyLoss({ labelSmoothing: 0.1 }), 'CrossEntropyLoss()'],
    [
      new nn.LSTM(2, 3, { numLayers: 2, projSize: 1, dropout: 0.5 }),
      'LSTM(2, 3, projSize=1, numLayers=2, dropout=0.5)',
    ],
    [new nn.Embedding(4, 2, { paddingIdx: -1 }), 'Embedding(4, 2, paddingIdx=3)'],
    [new nn.LayerNorm([2, 3]), 'LayerNorm((2, 3), eps=0.00001, elementwiseAffine=true)'],
    [
      new nn.ParameterList([tg.ones(2, 3)]),
      'ParameterList(\n  (0): Parameter containing: [float32 of shape (2, 3)]\n)',
    ],
  ])('%s', (module, text) => {
    expect(String(module)).toBe(text);
  });

  test('a parameter says that it is one', () => {
    expect(String(new nn.Parameter(tg.ones(2)))).toBe('Parameter containing:\ntensor([1., 1.], requiresGrad=true)');
  });
});
