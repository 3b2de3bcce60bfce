import * as tg from '../lib/index.js';

const { nn } = tg;

/** Names that PyTorch 1.13 gives the same modules. */
const recurrent = (layers: number, endings: readonly string[]): string[] =>
  Array.from({ length: layers }, (_, layer) =>
    ['', '_reverse'].flatMap((direction) => endings.map((ending) => `${ending}_l${layer}${direction}`)),
  ).flat();
const normalization = ['weight', 'bias', 'running_mean', 'running_var', 'num_batches_tracked'];
const attention = ['in_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'];
const linear = ['weight', 'bias'];
const under = (prefix: string, names: readonly string[]): string[] => names.map((name) => `${prefix}.${name}`);
const encoderLayer = [
  ...under('self_attn', attention),
  ...['linear1', 'linear2', 'norm1', 'norm2'].flatMap((name) => under(name, linear)),
];
const decoderLayer = [
  ...under('self_attn', attention),
  ...under('multihead_attn', attention),
  ...['linear1', 'linear2', 'norm1', 'norm2', 'norm3'].flatMap((name) => under(name, linear)),
];

describe('state dicts have the keys of PyTorch, in its order', () => {
  test.each<[string, tg.nn.Module, string[]]>([
    [
      'LSTM with a projection, two layers, both directions',
      new nn.LSTM(2, 3, { numLayers: 2, bidirectional: true, projSize: 1 }),
      recurrent(2, ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh', 'weight_hr']),
    ],
    [
      'GRU without bias',
      new nn.GRU(2, 3, { numLayers: 2, bias: false }),
      ['weight_ih_l0', 'weight_hh_l0', 'weight_ih_l1', 'weight_hh_l1'],
    ],
    ['LSTMCell', new nn.LSTMCell(2, 3), ['weight_ih', 'weight_hh', 'bias_ih', 'bias_hh']],
    [
      'MultiheadAttention with extra keys',
      new nn.MultiheadAttention(4, 2, { addBiasKv: true }),
      ['in_proj_weight', 'in_proj_bias', 'bias_k', 'bias_v', 'out_proj.weight', 'out_proj.bias'],
    ],
    [
      'MultiheadAttention with other features',
      new nn.MultiheadAttention(4, 2, { kdim: 3, vdim: 2 }),
      ['q_proj_weight', 'k_proj_weight', 'v_proj_weight', 'in_proj_bias', 'out_proj.weight', 'out_proj.bias'],
    ],
    ['BatchNorm2d', new nn.BatchNorm2d(2), normalization],
    ['BatchNorm2d without parameters', new nn.BatchNorm2d(2, { affine: false }), normalization.slice(2)],
    ['BatchNorm2d without statistics', new nn.BatchNorm2d(2, { trackRunningStats: false }), linear],
    ['InstanceNorm2d', new nn.InstanceNorm2d(2), []],
    ['InstanceNorm2d with both', new nn.InstanceNorm2d(2, { affine: true, trackRunningStats: true }), normalization],
    ['TransformerEncoderLayer', new nn.TransformerEncoderLayer(4, 2), encoderLayer],
    ['TransformerDecoderLayer', new nn.TransformerDecoderLayer(4, 2), decoderLayer],
    [
      'Transformer',
      new nn.Transformer(4, 2, 2, 1, 8),
      [
        ...under('encoder.layers.0', encoderLayer),
        ...under('encoder.layers.1', encoderLayer),
        ...under('encoder.norm', linear),
        ...under('decoder.layers.0', decoderLayer),
        ...under('decoder.norm', linear),
      ],
    ],
    [
      'BCEWithLogitsLoss with weights',
      new nn.BCEWithLogitsLoss({ weight: tg.ones(2), posWeight: tg.ones(2) }),
      ['weight', 'pos_weight'],
    ],
    ['PReLU', new nn.PReLU(), ['weight']],
    ['Bilinear', new nn.Bilinear(1, 2, 3), linear],
    ['EmbeddingBag', new nn.EmbeddingBag(3, 2), ['weight']],
    ['FractionalMaxPool2d', new nn.FractionalMaxPool2d(2, 3, { randomSamples: tg.ones(1, 1, 2) }), ['_random_samples']],
    [
      'nested containers',
      new nn.Sequential({
        features: new nn.Sequential(new nn.Conv2d(1, 2, 3), new nn.ReLU(), new nn.BatchNorm2d(2)),
        heads: new nn.ModuleDict({ b: new nn.Linear(2, 1, false), a: new nn.Linear(2, 1) }),
        more: new nn.ModuleList([new nn.ParameterDict({ x: tg.ones(1) }), new nn.ParameterList([tg.ones(1)])]),
      }),
      [
        ...under('features.0', linear),
        ...under('features.2', normalization),
        'heads.b.weight',
        ...under('heads.a', linear),
        'more.0.x',
        'more.1.0',
      ],
    ],
  ])('%s', (_what, module, keys) => {
    expect(Object.keys(module.stateDict())).toEqual(keys);
  });

  test('buffers that are not persistent are left out', () => {
    const module = new nn.Identity();
    module.registerBuffer('kept', tg.ones(1));
    module.registerBuffer('scratch', tg.ones(1), { persistent: false });
    expect(Object.keys(module.stateDict('net'))).toEqual(['net.kept']);
    expect(module.loadStateDict({ kept: tg.zeros(1) }).missingKeys).toEqual([]);
  });
});

describe('stateDict', () => {
  test('shares memory with the module and takes no part in gradients', () => {
    const layer = new nn.Linear(2, 1);
    const { weight } = layer.stateDict();
    expect(weight.requiresGrad).toBe(false);
    weight.fill_(7);
    expect(layer.weight.tolist()).toEqual([[7, 7]]);
  });
});

describe('loadStateDict', () => {
  const state = (): tg.nn.StateDict => ({ weight: tg.full([1, 2], 5), bias: tg.full([1], 6) });

  test('copies into the same parameters, which stay leaves', () => {
    const layer = new nn.Linear(2, 1);
    const { weight } = layer;
    const given = state();
    expect(layer.loadStateDict(given)).toEqual({ missingKeys: [], unexpectedKeys: [] });
    expect(layer.weight).toBe(weight);
    expect([weight.tolist(), weight.isLeaf, weight.requiresGrad]).toEqual([[[5, 5]], true, true]);
    given.weight.fill_(0);
    expect(weight.tolist()).toEqual([[5, 5]]);
  });

  test('converts dtypes: float64 to float32, and the int64 counter of PyTorch', () => {
    const norm = new nn.BatchNorm1d(1);
    norm.loadStateDict({
      weight: tg.tensor([2], { dtype: 'float64' }),
      bias: tg.zeros(1),
      running_mean: tg.zeros(1),
      running_var: tg.ones(1),
      num_batches_tracked: tg.tensor(12n),
    });
    expect([norm.weight?.dtype, norm.weight?.item()]).toEqual(['float32', 2]);
    expect([norm.num_batches_tracked?.dtype, norm.num_batches_tracked?.item()]).toEqual(['int32', 12]);
  });

  test('strict: every problem in one error, and nothing loaded', () => {
    const layer = new nn.Sequential(new nn.Linear(2, 1), new nn.Linear(1, 1));
    const before = layer.parameters().map((x) => x.tolist());
    const given = {
      '0.weight': tg.full([1, 2], 5),
      '0.bias': tg.ones(3),
      '1.weight': 4 as unknown as tg.Tensor,
      extra: tg.ones(1),
    };
    expect(() => layer.loadStateDict(given)).toThrow(tg.StateDictError);
    expect(() => layer.loadStateDict(given)).toThrow(
      'the state dict does not fit Sequential: missing key 1.bias; unexpected key extra; ' +
        "0.bias has shape (3,), the module's (1,); 1.weight is not a tensor",
    );
    expect(layer.parameters().map((x) => x.tolist())).toEqual(before);
  });

  test('not strict: reports missing and unexpected keys, and still refuses wrong shapes', () => {
    const layer = new nn.Linear(2, 1);
    const given = { weight: tg.full([1, 2], 5), extra: tg.ones(1) };
    expect(layer.loadStateDict(given, { strict: false })).toEqual({ missingKeys: ['bias'], unexpectedKeys: ['extra'] });
    expect(layer.weight.tolist()).toEqual([[5, 5]]);
    expect(() => layer.loadStateDict({ weight: tg.ones(2) }, false)).toThrow('weight has shape (2,)');
  });

  test('refuses what is no state dict', () => {
    const layer = new nn.Linear(2, 1);
    for (const given of [null, 3, tg.ones(2)]) {
      expect(() => layer.loadStateDict(given as unknown as tg.nn.StateDict)).toThrow('expected an object of names');
    }
  });

  test('two models agree after one took the state of the other, running statistics included', () => {
    const make = (): tg.nn.Sequential => new nn.Sequential(new nn.Linear(3, 4), new nn.BatchNorm1d(4), new nn.Tanh());
    const [one, other] = [make(), make()];
    one.forward(tg.randn(8, 3));
    other.loadStateDict(one.stateDict());
    const x = tg.randn(5, 3);
    expect(other.eval().forward(x).tolist()).toEqual(one.eval().forward(x).tolist());
  });

  test('a state dict survives safetensors', () => {
    const model = new nn.GRU(2, 3, { numLayers: 2 });
    const other = new nn.GRU(2, 3, { numLayers: 2 });
    other.loadStateDict(tg.io.load(tg.io.save(model.stateDict())));
    expect(other.parameters().map((x) => x.tolist())).toEqual(model.parameters().map((x) => x.tolist()));
  });
});
