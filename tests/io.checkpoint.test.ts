import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as tg from '../lib/index.js';
import { crc32 } from '../lib/io/crc32.js';

const { serialize, deserialize } = tg.io;
const again = (data: unknown): unknown => deserialize(serialize(data));

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tapegrad-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

describe('what is saved is loaded', () => {
  test.each<[string, unknown]>([
    ['numbers', [0, -0, 1.5, Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, 5e-324, 2 ** 53]],
    ['nothing', [null, undefined, { a: undefined }]],
    ['texts', ['', '$', 'ключ', '\ud800', '\0']],
    ['truth values', [true, false]],
    ['big integers', [2n ** 100n, -1n]],
    ['empty things', [[], {}, [[]]]],
    ['objects with our own mark', { $: 'tensor', at: 0, inner: { $: { $: 1 } } }],
    ['odd keys', JSON.parse('{"__proto__": 1, "constructor": {"__proto__": null}, "7": 0, "toJSON": "x"}')],
    [
      'typed arrays',
      [new Float32Array([1.5]), new Uint8ClampedArray(2), new BigUint64Array([2n ** 64n - 1n]), new Uint16Array(0)],
    ],
  ])('%s', (_name, data) => {
    expect(again(data)).toEqual(data);
    expect(again({ data })).toEqual({ data });
  });

  test('a typed array that is part of a buffer', () => {
    expect(again(new Int16Array([1, 2, 3]).subarray(1))).toEqual(new Int16Array([2, 3]));
  });

  test('holes in arrays, as undefined', () => {
    // biome-ignore lint/suspicious/noSparseArray: what is tested
    expect(again([, 1])).toEqual([undefined, 1]);
  });

  test('tensors, alone and nested, with what they ask of gradients', () => {
    const leaf = tg.tensor([1, 2], { requiresGrad: true });
    const data = { list: [tg.tensor([2n ** 60n]), leaf, leaf.mul(2)], one: tg.tensor(true) };
    const loaded = again(data) as typeof data;
    tg.testing.assertClose(loaded, data);
    expect(loaded.list.map((x) => [x.requiresGrad, x.isLeaf])).toEqual([
      [false, true],
      [true, true],
      [true, true],
    ]);
    loaded.list[1].sum().backward();
    expect(leaf.grad).toBeNull();
    expect((again(tg.ones(2)) as tg.Tensor).tolist()).toEqual([1, 1]);
  });

  test('what is shared, once for each place', () => {
    const x = tg.zeros(2);
    const [a, b] = again([x, x]) as tg.Tensor[];
    a.fill_(1);
    expect(b.tolist()).toEqual([0, 0]);
  });

  test('a module and its optimizer, which go on as if nothing had been', () => {
    const make = (): [tg.nn.Linear, tg.optim.Adam] => {
      const model = new tg.nn.Linear(3, 2);
      return [model, new tg.optim.Adam(model.parameters(), { lr: 0.1 })];
    };
    const step = ([model, optimizer]: [tg.nn.Linear, tg.optim.Adam]): number => {
      optimizer.zeroGrad();
      const loss = model.forward(tg.ones(1, 3)).pow(2).sum();
      loss.backward();
      optimizer.step();
      return loss.item();
    };
    const [first, second] = [make(), make()];
    step(first);
    const path = join(folder, 'training.tg');
    tg.save({ model: first[0].stateDict(), optimizer: first[1].stateDict(), epoch: 1 }, path);
    const { model, optimizer, epoch } = tg.load<{
      model: Parameters<tg.nn.Linear['loadStateDict']>[0];
      optimizer: Parameters<tg.optim.Adam['loadStateDict']>[0];
      epoch: number;
    }>(path);
    second[0].loadStateDict(model);
    second[1].loadStateDict(optimizer);
    expect(epoch).toBe(1);
    expect([step(second), step(second)]).toEqual([step(first), step(first)]);
  });

  test('property: any data', () => {
    const leaf = fc.oneof(
      fc.double(),
      fc.string({ unit: 'binary' }),
      fc.bigInt(),
      fc.boolean(),
      fc.constantFrom(null, undefined),
      fc.uint8Array(),
    );
    const data = fc.letrec((tie) => ({
      any: fc.oneof({ withCrossShrink: true }, leaf, fc.array(tie('any')), fc.dictionary(fc.string(), tie('any'))),
    })).any;
    const plain = (value: unknown): unknown =>
      Array.isArray(value)
        ? value.map(plain)
        : Object.prototype.toString.call(value) === '[object Object]'
          ? Object.fromEntries(Object.entries(value as object).map(([key, item]) => [key, plain(item)]))
          : value;
    fc.assert(fc.property(data, (value) => expect(again(value)).toEqual(plain(value))));
  });
});

describe('what cannot be saved is refused, with its place', () => {
  const circle: unknown[] = [];
  circle.push({ circle });
  test.each<[string, unknown, string]>([
    ['a function', { a: [() => 1] }, 'the object.a[0] is a function'],
    [
      'a module',
      { model: new tg.nn.Linear(1, 1) },
      'the object.model is an instance of Linear, which cannot be saved; save its stateDict()',
    ],
    ['an optimizer', new tg.optim.SGD([new tg.nn.Parameter(tg.ones(1))], { lr: 1 }), 'save its stateDict()'],
    ['a map', new Map(), 'an instance of Map'],
    ['a date', { at: new Date() }, 'an instance of Date'],
    ['a symbol', Symbol('a'), 'a symbol'],
    ['a view of bytes', new DataView(new ArrayBuffer(1)), 'use a typed array'],
    ['a circle', circle, 'contains itself'],
    ['data without end', Array.from({ length: 1e4 }).reduce((inner) => [inner], 0), 'more than 1000 levels'],
  ])('%s', (_name, data, message) => {
    const path = join(folder, 'refused.tg');
    expect(() => tg.save(data, path)).toThrow(tg.ArgumentError);
    expect(() => tg.save(data, path)).toThrow(message);
    expect(existsSync(path)).toBe(false);
  });
});

describe('damaged bytes are refused with the place', () => {
  const file = serialize({ w: tg.arange(6).reshape(2, 3), note: 'a', bytes: new Uint8Array([1, 2, 3]) });
  const refused = (bytes: Uint8Array): void => {
    expect(() => deserialize(bytes)).toThrow(tg.FormatError);
    expect(() => deserialize(bytes)).toThrow(/at byte \d+\)$/);
  };

  test('every byte, changed', () => {
    for (let at = 0; at < file.length; at++)
      refused(file.map((value, i) => (i === at ? value ^ (1 << (at % 8)) : value)));
  });

  test('every length, and bytes at the end', () => {
    for (let length = 0; length < file.length; length++) refused(file.subarray(0, length));
    refused(new Uint8Array([...file, 0]));
  });

  test('property: several changed bytes', () => {
    const change = fc.record({ at: fc.nat(file.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { minLength: 1, maxLength: 6 }), (changes) => {
        const bytes = file.slice();
        for (const { at, value } of changes) bytes[at] = value;
        fc.pre(bytes.some((value, i) => value !== file[i]));
        refused(bytes);
      }),
    );
  });

  test('other files', () => {
    expect(() => deserialize(tg.io.save({ a: tg.ones(4) }))).toThrow('no file of tg.save');
    refused(new TextEncoder().encode('{"a": 1}'.repeat(9)));
    expect(() => deserialize('a.tg' as unknown as Uint8Array)).toThrow(tg.ArgumentError);
  });

  /** A file whose checksums are right, whatever it says. */
  const forged = (structure: string, tensors: Record<string, tg.Tensor> = {}, version = 1): Uint8Array => {
    const [text, data] = [new TextEncoder().encode(structure), tg.io.save(tensors)];
    const head = new DataView(new ArrayBuffer(36));
    new Uint8Array(head.buffer).set(new TextEncoder().encode('tapegrad'));
    head.setUint32(8, version, true);
    head.setUint32(12, text.length, true);
    head.setUint32(16, crc32(text), true);
    head.setBigUint64(20, BigInt(data.length), true);
    head.setUint32(28, crc32(data), true);
    head.setUint32(32, crc32(new Uint8Array(head.buffer, 0, 32)), true);
    return new Uint8Array([...new Uint8Array(head.buffer), ...text, ...data]);
  };

  test('a version that is not known', () => {
    expect(deserialize(forged('[1]'))).toEqual([1]);
    expect(() => deserialize(forged('[1]', {}, 2))).toThrow('the file has version 2, this library reads 1');
  });

  const impossible = [
    '{',
    '{"$":"new"}',
    '{"$":"word","word":"toString"}',
    '{"$":"bigint","value":"x"}',
    '{"$":"tensor","at":1}',
    '{"$":"tensor","at":"length"}',
    '{"$":"array","kind":"constructor","at":0}',
    '{"$":"array","kind":"Float64Array","at":0}',
    '{"$":"array","kind":"Uint8Array","at":5}',
    '{"$":"object"}',
    '{"$":"object","entries":[1]}',
    '['.repeat(1e5) + ']'.repeat(1e5),
  ];
  test.each(impossible.map((text) => [text.slice(0, 50), text]))(
    'a structure that no writer made: %s',
    (_name, structure) => {
      refused(forged(structure, { t0: tg.ones(1), a0: tg.tensor([1, 2, 3], { dtype: 'uint8' }) }));
    },
  );
});

describe('files', () => {
  test('crc32 is the one of zip files', () => {
    expect(crc32(new TextEncoder().encode('123456789'))).toBe(0xcbf43926);
  });

  test('a failing save leaves the file and nothing beside it', () => {
    const inner = mkdtempSync(join(folder, 'inner-'));
    const path = join(inner, 'a.tg');
    tg.save(1, path);
    expect(() => tg.save(() => 1, path)).toThrow(tg.ArgumentError);
    expect(tg.load(path)).toBe(1);
    expect(() => tg.save(1, inner)).toThrow();
    expect(() => tg.save(1, join(inner, 'none', 'a.tg'))).toThrow('ENOENT');
    expect(readdirSync(inner)).toEqual(['a.tg']);
  });

  test('a link stays a link, and the file behind it changes', () => {
    const [path, link] = [join(folder, 'behind.tg'), join(folder, 'link.tg')];
    tg.save(1, path);
    symlinkSync(path, link);
    tg.save(2, link);
    expect(tg.load(path)).toBe(2);
  });

  test('a device is written to, not replaced', () => {
    tg.save(1, '/dev/null');
    expect(statSync('/dev/null').isCharacterDevice()).toBe(true);
  });

  test('a damaged file is refused', () => {
    const path = join(folder, 'damaged.tg');
    tg.save({ a: tg.ones(3) }, path);
    writeFileSync(path, readFileSync(path).subarray(0, -1));
    expect(() => tg.load(path)).toThrow(tg.FormatError);
  });

  test('a process killed at any moment leaves one whole file', async () => {
    const path = join(folder, 'killed.tg');
    const seen = new Set<number>();
    for (let round = 0; round < 6; round++) {
      const child: ChildProcess = spawn(process.execPath, ['--import', 'tsx', 'tests/helpers/saving.ts', path]);
      const ended = once(child, 'exit');
      for (let saves = 0; saves <= round; saves++) await once(child.stdout as NodeJS.ReadableStream, 'data');
      // Moments spread over the writing, the syncing and the renaming of the next save.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 15));
      child.kill('SIGKILL');
      await ended;
      const { n, weights } = tg.load<{ n: number; weights: tg.Tensor }>(path);
      tg.testing.assertClose(weights, tg.full([2 ** 20], n));
      seen.add(n);
    }
    expect(seen.size).toBeGreaterThan(1);
  }, 120_000);
});
