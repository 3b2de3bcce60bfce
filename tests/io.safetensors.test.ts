import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import * as tg from '../lib/index.js';

/** A file with any header over `size` bytes of data. */
function fileOf(header: unknown, size = 0): Uint8Array {
  const text = new TextEncoder().encode(typeof header === 'string' ? header : JSON.stringify(header));
  const file = new Uint8Array(8 + text.length + size);
  new DataView(file.buffer).setBigUint64(0, BigInt(text.length), true);
  file.set(text, 8);
  return file.map((value, i) => (i < 8 + text.length ? value : i % 251));
}

const headerOf = (file: Uint8Array): string => {
  const length = Number(new DataView(file.buffer).getBigUint64(0, true));
  return new TextDecoder().decode(file.subarray(8, 8 + length));
};

const f32 = (begin: number, end: number, shape: unknown = [(end - begin) / 4]): object => ({
  dtype: 'F32',
  shape,
  data_offsets: [begin, end],
});

const dtypes = ['float64', 'int64', 'float32', 'int32', 'float16', 'int16', 'int8', 'uint8', 'bool'] as const;

describe('what is saved is loaded', () => {
  test.each(dtypes)('%s', (dtype) => {
    const data = dtype === 'int64' ? [0n, -1n, 2n ** 62n + 1n] : dtype === 'bool' ? [true, false, true] : [0, 1, 100];
    const x = tg.tensor(data as number[], { dtype });
    const {
      x: y,
      matrix,
      none,
      number,
    } = tg.io.load(tg.io.save({ x, matrix: x.reshape(3, 1), none: x.at('1:1'), number: x.at(2) }));
    tg.testing.assertClose([y, matrix, none, number], [x, x.reshape(3, 1), x.at('1:1'), x.at(2)]);
  });

  test('special values, bit for bit', () => {
    const values = [Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY, -0, 5e-324];
    expect(tg.io.load(tg.io.save({ x: tg.tensor(values, { dtype: 'float64' }) })).x.tolist()).toEqual(values);
  });

  test('views, as what they show', () => {
    const x = tg.arange(12).reshape(3, 4);
    const loaded = tg.io.load(tg.io.save({ t: x.T, column: x.at(':', 1), wide: tg.ones(1).expand(3) }));
    expect(loaded.t.tolist()).toEqual(x.T.tolist());
    expect(loaded.column.tolist()).toEqual([1, 5, 9]);
    expect(loaded.wide.tolist()).toEqual([1, 1, 1]);
  });

  test('any names', () => {
    const names = ['', '__proto__', 'toString', 'a"\\b', 'ключ', '7', '\n', '__metadata'];
    const saved = tg.io.save(Object.fromEntries(names.map((name, i) => [name, tg.tensor(i)])));
    const loaded = new Map(Object.entries(tg.io.load(saved)));
    expect(names.map((name) => loaded.get(name)?.item())).toEqual(names.map((_, i) => i));
  });

  test('no tensors at all, and metadata of megabytes', () => {
    expect(tg.io.load(tg.io.save({}))).toEqual({});
    const text = 'x"\\{['.repeat(1e6);
    expect(tg.io.metadata(tg.io.save({}, { text, __proto: '1' }))).toEqual({ text, __proto: '1' });
    expect(tg.io.metadata(tg.io.save({ a: tg.ones(1) }))).toEqual({});
  });

  test('through a file', () => {
    const folder = mkdtempSync(join(tmpdir(), 'tapegrad-'));
    const path = join(folder, 'a.safetensors');
    tg.io.saveFile({ a: tg.ones(2) }, path, { by: 'me' });
    expect(tg.io.loadFile(path).a.tolist()).toEqual([1, 1]);
    expect(tg.io.metadata(readFileSync(path))).toEqual({ by: 'me' });
    writeFileSync(path, readFileSync(path).subarray(0, 20));
    expect(() => tg.io.loadFile(path)).toThrow(tg.FormatError);
    rmSync(folder, { recursive: true });
  });

  test('property: shapes, dtypes and bytes at any alignment', () => {
    const tensor = fc
      .tuple(fc.constantFrom(...dtypes.filter((d) => d !== 'int64')), fc.array(fc.nat(4), { maxLength: 4 }))
      .map(([dtype, shape]) => tg.ones(shape, { dtype }));
    fc.assert(
      fc.property(fc.dictionary(fc.string(), tensor), fc.nat(9), (tensors, shift) => {
        fc.pre(!Object.hasOwn(tensors, '__metadata__'));
        const bytes = tg.io.save(tensors);
        const moved = new Uint8Array(bytes.length + shift).subarray(shift);
        moved.set(bytes);
        tg.testing.assertClose({ ...tg.io.load(moved) }, { ...tensors });
      }),
    );
  });
});

describe('the file', () => {
  test('is laid out as the official writer does', () => {
    const file = tg.io.save(
      {
        flag: tg.tensor([true]),
        b: tg.tensor([1]),
        a: tg.tensor([[2]]),
        whole: tg.tensor([3], { dtype: 'int32' }),
        wide: tg.tensor([4], { dtype: 'float64' }),
        long: tg.tensor([5n]),
      },
      { format: 'pt' },
    );
    const parts = [
      '"__metadata__":{"format":"pt"}',
      '"long":{"dtype":"I64","shape":[1],"data_offsets":[0,8]}',
      '"wide":{"dtype":"F64","shape":[1],"data_offsets":[8,16]}',
      '"a":{"dtype":"F32","shape":[1,1],"data_offsets":[16,20]}',
      '"b":{"dtype":"F32","shape":[1],"data_offsets":[20,24]}',
      '"whole":{"dtype":"I32","shape":[1],"data_offsets":[24,28]}',
      '"flag":{"dtype":"BOOL","shape":[1],"data_offsets":[28,29]}',
    ];
    const header = `{${parts.join(',')}}`;
    expect(headerOf(file)).toBe(header.padEnd(Math.ceil(header.length / 8) * 8));
    expect([...file.slice(-29)].filter((value) => value !== 0)).toEqual([5, 0x10, 0x40, 0x40, 0x80, 0x3f, 3, 1]);
  });

  test('may hold BF16, read as float32, and BOOL that is not 1', () => {
    const file = fileOf(
      {
        x: { dtype: 'BF16', shape: [2], data_offsets: [0, 4] },
        b: { dtype: 'BOOL', shape: [2], data_offsets: [4, 6] },
      },
      6,
    );
    file.set([0xc0, 0x3f, 0x49, 0xc0, 7, 0], file.length - 6);
    const { x, b } = tg.io.load(file);
    tg.testing.assertClose(x, tg.tensor([1.5, -3.140625]));
    expect(b.to('int32').tolist()).toEqual([1, 0]);
  });

  test('is taken as an ArrayBuffer too', () => {
    expect(tg.io.load(tg.io.save({ a: tg.ones(1) }).slice().buffer as ArrayBuffer).a.item()).toBe(1);
    expect(() => tg.io.load('a.safetensors' as unknown as Uint8Array)).toThrow(tg.ArgumentError);
  });

  test.each([
    ['a tensor alone', () => tg.io.save(tg.ones(1) as never)],
    ['numbers', () => tg.io.save({ a: 1 } as never)],
    ['the name of the metadata', () => tg.io.save({ __metadata__: tg.ones(1) })],
    ['metadata that is no text', () => tg.io.save({}, { a: 1 } as never)],
  ])('is not made of %s', (_name, save) => {
    expect(save).toThrow(tg.ArgumentError);
  });
});

describe('a file that contradicts itself is refused, with the place', () => {
  const lie = fileOf('{}');
  lie.set([255, 255, 255, 255, 255, 255, 255, 255]);
  test.each<[string, Uint8Array, string]>([
    ['no file', new Uint8Array(0), 'at byte 0'],
    ['shorter than a length', new Uint8Array(7), 'at byte 7'],
    ['a length beyond the file', lie, 'at byte 0'],
    ['no JSON', fileOf('{'), 'not JSON'],
    ['no UTF-8', fileOf('{}').fill(0xff, 8), 'not JSON in UTF-8'],
    ['a list', fileOf('[]'), 'not a JSON object'],
    ['deep nesting', fileOf('['.repeat(1e5) + ']'.repeat(1e5)), 'at byte 8'],
    [
      'a tensor twice',
      fileOf('{"a":{"dtype":"F32","shape":[0],"data_offsets":[0,0]}, "\\u0061" :{}}'),
      'names a twice',
    ],
    [
      'a field twice',
      fileOf('{"a":{"dtype":"F32","shape":[1],"shape":[0],"data_offsets":[0,0]}}'),
      'names shape twice',
    ],
    ['an entry that is no object', fileOf({ a: 3 }), 'unknown dtype'],
    ['no entry', fileOf({ a: null }), 'unknown dtype'],
    [
      'an unknown dtype',
      fileOf({ a: { dtype: 'F8_E4M3', shape: [1], data_offsets: [0, 1] } }, 1),
      'unknown dtype F8_E4M3',
    ],
    [
      'a dtype of Object.prototype',
      fileOf({ a: { dtype: 'toString', shape: [0], data_offsets: [0, 0] } }),
      'unknown dtype',
    ],
    [
      'a dtype that looks like an object with methods',
      fileOf({ a: { dtype: [{ toString: 0 }], shape: [0], data_offsets: [0, 0] } }),
      'unknown dtype […]',
    ],
    [
      'a shape nested deeply',
      fileOf(`{"a":{"dtype":"F32","shape":${'['.repeat(1e5)}${']'.repeat(1e5)}}}`),
      'valid shape: […]',
    ],
    ['a negative size', fileOf({ a: f32(0, 4, [-1]) }, 4), 'no valid shape'],
    ['a fractional size', fileOf({ a: f32(0, 4, [1.5]) }, 4), 'no valid shape'],
    ['no shape', fileOf({ a: f32(0, 4, null) }, 4), 'no valid shape'],
    ['offsets that run back', fileOf({ a: f32(4, 0, [1]) }, 4), 'no valid data_offsets'],
    ['a shape of other size', fileOf({ a: f32(0, 8, [3]) }, 8), 'needs 12 bytes'],
    ['a shape beyond all memory', fileOf({ a: f32(0, 8, [2 ** 40, 2 ** 40]) }, 8), 'data_offsets span 8'],
    ['sizes whose product is NaN', fileOf({ a: f32(0, 8, [...Array(30).fill(2 ** 40), 0]) }, 8), 'data_offsets span 8'],
    ['data beyond the end', fileOf({ a: f32(0, 2 ** 40) }, 8), 'runs past the file'],
    ['data that overlaps', fileOf({ a: f32(0, 8), b: f32(4, 12) }, 12), 'overlaps'],
    ['a hole', fileOf({ a: f32(0, 4), b: f32(8, 12) }, 12), 'hole of 4 bytes before b'],
    ['a hole at the front', fileOf({ a: f32(4, 8) }, 8), 'hole of 4 bytes'],
    ['bytes at the end', fileOf({ a: f32(0, 4) }, 6), '2 bytes follow'],
    ['metadata that is a list', fileOf({ __metadata__: ['a'] }), '__metadata__'],
    ['metadata of numbers', fileOf({ __metadata__: { a: 1 } }), '__metadata__'],
  ])('%s', (_name, bytes, message) => {
    expect(() => tg.io.load(bytes)).toThrow(tg.FormatError);
    expect(() => tg.io.load(bytes)).toThrow(message);
    expect(() => tg.io.load(bytes)).toThrow(/at byte \d+\)$/);
  });

  test('property: whatever bytes change, tensors come or a FormatError', () => {
    const file = tg.io.save({ a: tg.ones(2, 3), b: tg.arange(3), c: tg.zeros(0, 2) }, { text: 'some' });
    const change = fc.record({ at: fc.nat(file.length - 1), value: fc.nat(255) });
    fc.assert(
      fc.property(fc.array(change, { maxLength: 4 }), fc.option(fc.nat(file.length)), (changes, end) => {
        const bytes = file.slice(0, end ?? file.length);
        for (const { at, value } of changes) bytes[at % bytes.length] = value;
        try {
          tg.io.load(bytes);
        } catch (error) {
          if (!(error instanceof tg.FormatError)) throw error;
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('property: a header of any JSON is tensors or a FormatError', () => {
    const field = fc.oneof(
      fc.constantFrom('F32', 'BF16', 'I64', 'constructor'),
      fc.array(fc.oneof(fc.nat(3), fc.double())),
      fc.jsonValue(),
    );
    const entry = fc.record({ dtype: field, shape: field, data_offsets: field }, { requiredKeys: [] });
    fc.assert(
      fc.property(fc.dictionary(fc.string(), fc.oneof(entry, fc.jsonValue())), fc.nat(16), (header, size) => {
        try {
          tg.io.load(fileOf(header, size));
        } catch (error) {
          if (!(error instanceof tg.FormatError)) throw error;
        }
      }),
      { numRuns: 500 },
    );
  });
});
