import * as tg from '../lib/index.js';

const { data } = tg;

const stream = (seed: number): tg.Generator => new tg.Generator().manualSeed(seed);

/** Numbers and their squares. */
function squares(n: number): tg.data.Dataset<[number, tg.Tensor]> {
  class Squares extends data.Dataset<[number, tg.Tensor]> {
    length = n;
    get(i: number): [number, tg.Tensor] {
      return [i, tg.tensor([i * i])];
    }
  }
  return new Squares();
}

class Slow extends data.Dataset<number> {
  length = 5;
  async get(i: number): Promise<number> {
    await null;
    return i;
  }
}

class Counting extends data.IterableDataset<number> {
  *[Symbol.iterator](): Iterator<number> {
    yield* [0, 1, 2, 3, 4];
  }
}

const columns = (n: number): tg.data.TensorDataset =>
  new data.TensorDataset(tg.arange(n), tg.arange(2 * n).reshape(n, 2));

async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const list: T[] = [];
  for await (const item of items) list.push(item);
  return list;
}

describe('datasets', () => {
  test('TensorDataset gives rows, counted from the end too', () => {
    const rows = columns(3);
    expect(rows.length).toBe(3);
    expect(rows.get(1).map((x) => x.tolist())).toEqual([1, [2, 3]]);
    expect(rows.get(-1).map((x) => x.tolist())).toEqual([2, [4, 5]]);
    expect(new data.TensorDataset([tg.zeros(2), tg.ones(2)]).length).toBe(2);
    expect(() => rows.get(3)).toThrow('index 3 is out of range for 3 samples');
    expect(() => new data.TensorDataset(tg.zeros(2), tg.zeros(3))).toThrow('got shapes (2,), (3,)');
    expect(() => new data.TensorDataset(tg.tensor(1))).toThrow(tg.ShapeError);
    expect(() => new data.TensorDataset()).toThrow(tg.ArgumentError);
  });

  test('Subset and ConcatDataset number their samples anew', () => {
    const part = new data.Subset(columns(5), [4, 0, 2]);
    expect([part.length, (part.get(0) as tg.Tensor[])[0].item(), (part.get(-1) as tg.Tensor[])[0].item()]).toEqual([
      3, 4, 2,
    ]);
    expect(() => part.get(3)).toThrow(tg.IndexError);
    const both = new data.ConcatDataset<tg.Tensor[]>([columns(2), part]);
    expect(both.length).toBe(5);
    expect([...new data.DataLoader(both, 5)][0][0].tolist()).toEqual([0, 1, 4, 0, 2]);
    expect(() => both.get(5)).toThrow('out of range for 5 samples');
    expect(() => new data.ConcatDataset([])).toThrow(tg.ValueError);
  });

  test('randomSplit deals every sample into one part', () => {
    const parts = data.randomSplit(squares(10), [7, 2, 1], stream(0));
    expect(parts.map((part) => part.length)).toEqual([7, 2, 1]);
    expect(parts.flatMap((part) => part.indices).sort((a, b) => a - b)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    const again = data.randomSplit(squares(10), { lengths: [7, 2, 1], generator: stream(0) });
    expect(again.map((part) => part.indices)).toEqual(parts.map((part) => part.indices));
    expect(data.randomSplit(squares(10), [7, 2, 1], { generator: stream(1) })[0].indices).not.toEqual(parts[0].indices);
  });

  test('randomSplit takes fractions; what rounding leaves goes to the first parts', () => {
    expect(data.randomSplit(squares(10), [0.5, 0.25, 0.25]).map((part) => part.length)).toEqual([6, 2, 2]);
    expect(data.randomSplit(squares(7), [0.9, 0.1]).map((part) => part.length)).toEqual([7, 0]);
    expect(() => data.randomSplit(squares(10), [5, 4])).toThrow("must be sizes that sum to the dataset's 10");
    expect(() => data.randomSplit(squares(10), [0.5, 0.4])).toThrow(tg.ValueError);
  });
});

describe('defaultCollate', () => {
  test('stacks tensors and makes tensors of numbers, truth values and BigInts', () => {
    const { x, label, seen, id, name, list } = data.defaultCollate([
      { x: tg.zeros(2), label: 1, seen: true, id: 5n, name: 'a', list: [1, [tg.ones(1)]] as [number, tg.Tensor[]] },
      { x: tg.ones(2), label: 0, seen: false, id: 6n, name: 'b', list: [2, [tg.zeros(1)]] as [number, tg.Tensor[]] },
    ]);
    expect(x.tolist()).toEqual([
      [0, 0],
      [1, 1],
    ]);
    expect([label.dtype, label.tolist(), seen.dtype, id.dtype, id.tolist(), name]).toEqual([
      'float32',
      [1, 0],
      'bool',
      'int64',
      [5, 6],
      ['a', 'b'],
    ]);
    expect([list[0].tolist(), list[1][0].tolist()]).toEqual([
      [1, 2],
      [[1], [0]],
    ]);
    expect(data.defaultCollate([new Float32Array([1, 2]), new Float32Array([3, 4])]).shape).toEqual([2, 2]);
  });

  test.each<[string, unknown[]]>([
    ['types number and string', [1, 'a']],
    ['lists of length 1 and 2', [[1], [1, 2]]],
    ['keys a and b', [{ a: 1 }, { b: 1 }]],
    ['a sample is null', [null, null]],
    ['a sample is a function', [() => 1]],
  ])('refuses what makes no batch: %s', (message, samples) => {
    expect(() => data.defaultCollate(samples)).toThrow(message);
  });
});

describe('samplers', () => {
  test('in order, at random, with replacement', () => {
    expect([...new data.SequentialSampler([7, 8, 9])]).toEqual([0, 1, 2]);
    const random = new data.RandomSampler(columns(50), { generator: stream(0) });
    const [first, second] = [[...random], [...random]];
    expect([...first].sort((a, b) => a - b)).toEqual(Array.from({ length: 50 }, (_, i) => i));
    expect(second).not.toEqual(first);
    const repeated = new data.RandomSampler(columns(3), true, 200);
    expect([repeated.length, new Set(repeated)]).toEqual([200, new Set([0, 1, 2])]);
    const more = [...new data.RandomSampler(columns(3), { numSamples: 8 })];
    expect([0, 1, 2].map((i) => more.filter((j) => j === i).length).sort()).toEqual([2, 3, 3]);
    expect([...new data.RandomSampler([])]).toEqual([]);
    expect(() => new data.RandomSampler(columns(3), false, 0)).toThrow(
      'numSamples must be an integer of at least 1, got 0',
    );
  });

  test('by weight, and from given indices', () => {
    expect(new Set(new data.WeightedRandomSampler([0, 1, 0, 2], 100))).toEqual(new Set([1, 3]));
    expect([...new data.WeightedRandomSampler([0, 1, 0, 2], 2, { replacement: false })].sort()).toEqual([1, 3]);
    const subset = new data.SubsetRandomSampler([5, 7, 9], { generator: stream(1) });
    expect([subset.length, [...subset].sort()]).toEqual([3, [5, 7, 9]]);
  });

  test('BatchSampler', () => {
    const batches = (dropLast: boolean): tg.data.BatchSampler => new data.BatchSampler([3, 1, 4, 1, 5], 2, dropLast);
    expect([[...batches(false)], batches(false).length]).toEqual([[[3, 1], [4, 1], [5]], 3]);
    expect([[...batches(true)], batches(true).length]).toEqual([
      [
        [3, 1],
        [4, 1],
      ],
      2,
    ]);
  });
});

describe('DataLoader', () => {
  const firsts = (loader: Iterable<readonly unknown[]>): unknown[] =>
    [...loader].map(([x]) => (x as tg.Tensor).tolist());

  test.each<[string, () => tg.data.Dataset<never>]>([
    ['rows of tensors', () => columns(5) as never],
    ['a subset of them', () => new data.Subset(columns(9), [0, 1, 2, 3, 4]) as never],
    ['samples one by one', () => squares(5) as never],
  ])('batches of %s', (_name, dataset) => {
    const loader = new data.DataLoader<unknown[]>(dataset(), { batchSize: 2 });
    expect([firsts(loader as never), loader.length]).toEqual([[[0, 1], [2, 3], [4]], 3]);
    expect(firsts(loader as never)).toEqual([[0, 1], [2, 3], [4]]);
    const full = new data.DataLoader<unknown[]>(dataset(), { batchSize: 2, dropLast: true });
    expect([firsts(full as never), full.length]).toEqual([
      [
        [0, 1],
        [2, 3],
      ],
      2,
    ]);
  });

  test('a batch of rows is a copy', () => {
    const x = tg.zeros(4, 2);
    const [[batch]] = [...new data.DataLoader(new data.TensorDataset(x), 4)];
    batch.add_(1);
    expect(x.sum().item()).toBe(0);
  });

  test('shuffles anew each time, by the generator', () => {
    const order = (generator: tg.Generator | null): [unknown[], unknown[]] => {
      const loader = new data.DataLoader(columns(30), { batchSize: 30, shuffle: true, generator });
      return [firsts(loader), firsts(loader)];
    };
    const [first, second] = order(stream(3));
    expect(first).not.toEqual(second);
    expect(order(stream(3))).toEqual([first, second]);
    expect([...(first[0] as number[])].sort((a, b) => a - b)).toEqual(Array.from({ length: 30 }, (_, i) => i));
    tg.manualSeed(9);
    const seeded = order(null);
    tg.manualSeed(9);
    expect(order(null)).toEqual(seeded);
  });

  test('the order may come from a sampler, the batches from a batch sampler', () => {
    expect(firsts(new data.DataLoader(columns(5), { batchSize: 2, sampler: [4, 2, 0] }))).toEqual([[4, 2], [0]]);
    expect(firsts(new data.DataLoader(columns(5), { batchSampler: [[3], [1, 1]] }))).toEqual([[3], [1, 1]]);
  });

  test('lists and iterables are read as they are', () => {
    const sizes = (source: tg.data.Source<number>): unknown[] =>
      [...new data.DataLoader(source, { batchSize: 2 })].map((batch) => batch.tolist());
    expect(sizes([5, 6, 7])).toEqual([[5, 6], [7]]);
    expect(sizes(new Counting())).toEqual([[0, 1], [2, 3], [4]]);
    expect([...new data.DataLoader(new Counting(), { batchSize: 2, dropLast: true })].length).toBe(2);
    expect(() => new data.DataLoader(new Counting(), 2).length).toThrow('has no length');
    expect(() => new data.DataLoader(new Counting(), 2, true)).toThrow('no order to shuffle');
  });

  test('collateFn makes the batches; without a batch size samples come as they are', () => {
    const loader = new data.DataLoader(squares(3), { batchSize: 2, collateFn: (samples) => samples.map(([x]) => x) });
    expect([...loader]).toEqual([[0, 1], [2]]);
    expect([...new data.DataLoader(['a', 'b'], { batchSize: null })]).toEqual(['a', 'b']);
    expect([...new data.DataLoader(new Counting(), { batchSize: null })]).toEqual([0, 1, 2, 3, 4]);
  });

  test('for await reads every kind, and promises only so', async () => {
    const lists = async (source: tg.data.Source<number>, batchSize: number | null): Promise<unknown[]> =>
      (await collect(new data.DataLoader(source, { batchSize }))).map((batch) => batch.tolist?.() ?? batch);
    async function* later(): AsyncIterableIterator<number> {
      yield* [0, 1, 2, 3, 4];
    }
    for (const source of [new Slow(), [0, 1, 2, 3, 4], new Counting()]) {
      expect(await lists(source, 2)).toEqual([[0, 1], [2, 3], [4]]);
      expect(await lists(source, null)).toEqual([0, 1, 2, 3, 4]);
    }
    expect(await lists(later(), 2)).toEqual([[0, 1], [2, 3], [4]]);
    expect(await collect(new data.DataLoader(columns(2), 2))).toHaveLength(1);
    expect(() => [...new data.DataLoader(new Slow())]).toThrow(
      'answers with promises; read the loader with `for await`',
    );
    expect(() => [...new data.DataLoader(later())]).toThrow('only be read asynchronously');
  });

  test.each<[string, () => unknown]>([
    ['batchSize must be an integer of at least 1, got 0', () => new data.DataLoader(squares(2), 0)],
    ['batchSize must be an integer of at least 1, got 1.5', () => new data.DataLoader(squares(2), { batchSize: 1.5 })],
    ['sampler and shuffle exclude each other', () => new data.DataLoader(squares(2), 1, true, [0])],
    ['batchSampler excludes batchSize', () => new data.DataLoader(squares(2), { batchSize: 2, batchSampler: [[0]] })],
    ['dropLast needs a batchSize', () => new data.DataLoader(squares(2), { batchSize: null, dropLast: true })],
    ['unknown option numWorkers', () => new data.DataLoader(squares(2), { numWorkers: 2 } as never)],
    ['expected a Dataset, a list or an iterable', () => new data.DataLoader(3 as never)],
  ])('%s', (message, make) => {
    expect(make).toThrow(message);
    expect(make).toThrow(tg.TapegradError);
  });

  test('a model learns from it', () => {
    tg.manualSeed(0);
    const x = tg.randn(64, 3);
    const y = x.matmul(tg.tensor([[1], [-2], [0.5]])).add(3);
    const model = new tg.nn.Linear(3, 1);
    const optimizer = new tg.optim.Adam(model.parameters(), { lr: 0.1 });
    const loader = new data.DataLoader(new data.TensorDataset(x, y), { batchSize: 16, shuffle: true });
    for (let epoch = 0; epoch < 60; epoch++) {
      for (const [input, target] of loader) {
        optimizer.zeroGrad();
        model.forward(input).sub(target).square().mean().backward();
        optimizer.step();
      }
    }
    expect(model.weight.tolist()).toEqual([[1, -2, 0.5].map((w) => expect.closeTo(w, 1))]);
    expect(model.bias?.item()).toBeCloseTo(3, 1);
  });
});
