import * as tg from '../lib/index.js';

const { nn } = tg;

const linear = (inputs: number, outputs: number): tg.nn.Linear => new nn.Linear(inputs, outputs, { bias: false });
const keys = (module: tg.nn.Module): string[] => Object.keys(module.stateDict());

describe('Sequential', () => {
  test('as a spread, a list or an object of names', () => {
    expect(keys(new nn.Sequential(linear(1, 2), new nn.ReLU(), linear(2, 1)))).toEqual(['0.weight', '2.weight']);
    expect(keys(new nn.Sequential([linear(1, 2), linear(2, 1)]))).toEqual(['0.weight', '1.weight']);
    const named = new nn.Sequential({ hidden: linear(1, 2), activation: new nn.ReLU(), output: linear(2, 1) });
    expect(keys(named)).toEqual(['hidden.weight', 'output.weight']);
    expect(named.forward(tg.ones(3, 1)).shape).toEqual([3, 1]);
    expect(new nn.Sequential().forward(tg.ones(2)).tolist()).toEqual([1, 1]);
  });

  test('runs its modules in order, more than nine of them too', () => {
    const model = new nn.Sequential(...Array.from({ length: 12 }, (_, i) => new nn.Threshold(-1, i)));
    expect([...model].map((m) => (m as tg.nn.Threshold).value)).toEqual(Array.from({ length: 12 }, (_, i) => i));
    expect(model.get(-1)).toBe(model.get(11));
  });

  test('can be changed', () => {
    const [a, b, c, d] = [new nn.ReLU(), new nn.Tanh(), new nn.SiLU(), new nn.GELU()];
    const model = new nn.Sequential(a, b);
    model.append(c).insert(0, d);
    expect([...model]).toEqual([d, a, b, c]);
    expect(model.pop(1)).toBe(a);
    expect([...model.set(0, a)]).toEqual([a, b, c]);
    expect(model.namedChildren().map(([name]) => name)).toEqual(['0', '1', '2']);
    expect(() => model.get(3)).toThrow('Sequential.get: index 3 is out of range for 3 modules');
    expect(() => new nn.Sequential({ a }).pop()).toThrow('its modules have names, such as a');
  });

  test('refuses what is no module', () => {
    expect(() => new nn.Sequential(3 as unknown as tg.nn.Module)).toThrow('must be a module, got a number');
    expect(() => new nn.Sequential({ forward: new nn.ReLU() })).toThrow('already has a property forward');
  });
});

describe('ModuleList', () => {
  test('finds the parameters of its modules, and gives them with their type', () => {
    const layers = new nn.ModuleList([linear(1, 2), linear(2, 1)]);
    expect(layers.parameters()).toHaveLength(2);
    expect([layers.length, layers.get(0).outFeatures, [...layers].length]).toEqual([2, 2, 2]);
    layers.extend([linear(1, 1)]);
    expect(keys(layers)).toEqual(['0.weight', '1.weight', '2.weight']);
    expect(() => layers.forward()).toThrow('a list computes nothing');
  });
});

describe('ModuleDict', () => {
  test('finds its modules by name', () => {
    const heads = new nn.ModuleDict({ a: linear(1, 2), b: new nn.Conv1d(1, 1, 1) });
    expect([heads.get('a').outFeatures, heads.get('b').kernelSize]).toEqual([2, [1]]);
    expect([heads.keys(), heads.length, heads.has('a'), heads.has('forward')]).toEqual([['a', 'b'], 2, true, false]);
    expect(heads.set('c', new nn.ReLU()).values()).toHaveLength(3);
    expect(heads.pop('a')).toBeInstanceOf(nn.Linear);
    expect(keys(heads)).toEqual(['b.weight', 'b.bias']);
    expect(() => heads.get('a')).toThrow('there is no module a; there are b, c');
    expect(() => heads.forward()).toThrow('a dictionary computes nothing');
    expect(() => heads.set('keys', new nn.ReLU())).toThrow('already has a property keys');
  });
});

describe('ParameterList and ParameterDict', () => {
  test('tensors become parameters that are found', () => {
    const list = new nn.ParameterList([tg.ones(1), new nn.Parameter(tg.ones(2))]);
    list.append(tg.ones(3)).set(0, tg.zeros(4));
    expect([...list].map((x) => [x.shape, x.requiresGrad])).toEqual([
      [[4], true],
      [[2], true],
      [[3], true],
    ]);
    expect([list.length, list.get(-1).shape, keys(list)]).toEqual([3, [3], ['0', '1', '2']]);
    expect(() => list.get(3)).toThrow('ParameterList.get: index 3 is out of range for 3 parameters');
    expect(() => list.append(1 as unknown as tg.Tensor)).toThrow('expected a parameter or a tensor');
    expect(() => list.forward()).toThrow('a list computes nothing');
  });

  test('one parameter twice in a list stays in both places', () => {
    const shared = new nn.Parameter(tg.ones(1));
    const list = new nn.ParameterList([shared, shared, tg.zeros(1)]);
    expect([list.length, list.get(1), list.parameters().length]).toEqual([3, shared, 2]);
  });

  test('by name', () => {
    const dict = new nn.ParameterDict({ scale: tg.ones(1), shift: tg.zeros(1) });
    expect([dict.keys(), dict.get('scale').item(), dict.length, dict.has('none')]).toEqual([
      ['scale', 'shift'],
      1,
      2,
      false,
    ]);
    expect(dict.pop('shift').item()).toBe(0);
    expect(dict.set('more', tg.ones(2)).values()).toHaveLength(2);
    expect(dict.items().map(([name]) => name)).toEqual(['scale', 'more']);
    expect(() => dict.get('shift')).toThrow('there is no parameter shift; there are scale, more');
    expect(() => dict.forward()).toThrow('a dictionary computes nothing');
  });
});
