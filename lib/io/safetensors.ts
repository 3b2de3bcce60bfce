import { arrayTypes } from '../../kernels/cpu/memory.js';
import { count } from '../../kernels/view.js';
import { isPlainObject } from '../core/bind.js';
import { type DType, itemSize } from '../core/dtype.js';
import { ArgumentError, FormatError } from '../core/errors.js';
import { emptyTensor, Tensor } from '../core/tensor.js';

/** The format's names of dtypes, in the order in which the official writer puts tensors; BF16 is read, as float32, and never written. */
const names: Readonly<Record<string, DType>> = {
  I64: 'int64',
  F64: 'float64',
  F32: 'float32',
  I32: 'int32',
  F16: 'float16',
  I16: 'int16',
  I8: 'int8',
  U8: 'uint8',
  BOOL: 'bool',
};

const written: Readonly<Record<string, string>> = Object.fromEntries(
  Object.entries(names).map(([name, dtype]) => [dtype, name]),
);

const order: readonly DType[] = Object.values(names);

/** One tensor of a header. */
interface Entry {
  readonly name: string;
  readonly type: string;
  readonly shape: readonly number[];
  readonly begin: number;
  readonly end: number;
}

/** A parsed header: tensors in the order of their data, free text, and where the data begins. */
interface Header {
  readonly entries: readonly Entry[];
  readonly metadata: Record<string, string>;
  readonly start: number;
}

const prefix = 8;
const metadataName = '__metadata__';

function fail(at: number, what: string): never {
  throw new FormatError(`safetensors: ${what} (at byte ${at})`);
}

const isSize = (value: unknown): value is number =>
  typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && !Object.is(value, -0);

/** What a user hands in as bytes, as a plain Uint8Array. */
export function asBytes(operation: string, bytes: Uint8Array | ArrayBuffer): Uint8Array {
  if (ArrayBuffer.isView(bytes)) return new Uint8Array(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (Object.prototype.toString.call(bytes) === '[object ArrayBuffer]') return new Uint8Array(bytes);
  throw new ArgumentError(`${operation}: expected the bytes of a file, as a Uint8Array or an ArrayBuffer`);
}

const isTexts = (value: unknown): value is Record<string, string> =>
  isPlainObject(value) && Object.values(value).every((text) => typeof text === 'string');

/** A key that one object of a JSON text has twice: `JSON.parse` would keep the last without a word. */
function repeatedKey(text: string): string | null {
  const open: Set<string>[] = [];
  const colon = /[ \t\n\r]*:/y;
  // The quotes that end a text are looked for by hand: a pattern that repeats runs out of stack in a text of megabytes.
  for (let at = 0; at < text.length; at++) {
    const letter = text[at];
    if (letter === '{' || letter === '[') open.push(new Set());
    else if (letter === '}' || letter === ']') open.pop();
    if (letter !== '"') continue;
    const begin = at;
    for (at++; text[at] !== '"'; at++) if (text[at] === '\\') at++;
    colon.lastIndex = at + 1;
    if (!colon.test(text)) continue;
    const key = JSON.parse(text.slice(begin, at + 1)) as string;
    const seen = open[open.length - 1];
    if (seen.has(key)) return key;
    seen.add(key);
  }
  return null;
}

/** What a header holds in the place of something else, one level deep: nothing in a file may break the message about it. */
function shown(value: unknown): string {
  const flat = (part: unknown): string => (typeof part === 'object' && part !== null ? '…' : String(part));
  return Array.isArray(value) ? `[${value.map(flat).join(', ')}]` : flat(value);
}

function parseEntry(name: string, value: unknown): Entry {
  const { dtype, shape, data_offsets: offsets } = (value ?? {}) as Record<string, unknown>;
  if (typeof dtype !== 'string' || (!Object.hasOwn(names, dtype) && dtype !== 'BF16')) {
    fail(
      prefix,
      `the tensor ${name} has the unknown dtype ${shown(dtype)}; known: ${Object.keys(names).join(', ')}, BF16`,
    );
  }
  if (!Array.isArray(shape) || !shape.every(isSize))
    fail(prefix, `the tensor ${name} has no valid shape: ${shown(shape)}`);
  if (!Array.isArray(offsets) || offsets.length !== 2 || !offsets.every(isSize) || offsets[0] > offsets[1]) {
    fail(prefix, `the tensor ${name} has no valid data_offsets: ${shown(offsets)}`);
  }
  const bytes = count(shape) * (dtype === 'BF16' ? 2 : itemSize(names[dtype]));
  if (offsets[1] - offsets[0] !== bytes) {
    fail(
      prefix,
      `the tensor ${name} of ${dtype} and shape (${shape.join(', ')}) needs ${bytes} bytes, its data_offsets span ${offsets[1] - offsets[0]}`,
    );
  }
  return { name, type: dtype, shape, begin: offsets[0], end: offsets[1] };
}

function parseHeader(bytes: Uint8Array): Header {
  if (bytes.byteLength < prefix)
    fail(bytes.byteLength, `the file ends after ${bytes.byteLength} bytes; its header's length takes 8`);
  const length = Number(new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(0, true));
  if (length > bytes.byteLength - prefix)
    fail(0, `the header's length ${length} runs past the file's end at ${bytes.byteLength}`);
  let text: string;
  let parsed: unknown;
  try {
    text = new TextDecoder('utf-8', { fatal: true }).decode(bytes.subarray(prefix, prefix + length));
    parsed = JSON.parse(text);
  } catch {
    return fail(prefix, 'the header is not JSON in UTF-8');
  }
  if (typeof parsed !== 'object' || parsed === null || Array.isArray(parsed))
    return fail(prefix, 'the header is not a JSON object');
  const repeated = repeatedKey(text);
  if (repeated !== null) return fail(prefix, `the header names ${repeated} twice`);
  const { [metadataName]: metadata = {}, ...tensors } = parsed as Record<string, unknown>;
  if (!isTexts(metadata)) {
    return fail(prefix, '__metadata__ is not an object of texts');
  }
  const entries = Object.entries(tensors).map(([name, value]) => parseEntry(name, value));
  entries.sort((a, b) => a.begin - b.begin || a.end - b.end);
  const start = prefix + length;
  let at = 0;
  for (const { name, begin, end } of entries) {
    if (begin < at) fail(start + begin, `the data of ${name} overlaps what comes before it`);
    if (begin > at) fail(start + at, `the data has a hole of ${begin - at} bytes before ${name}`);
    at = end;
    if (start + at > bytes.byteLength)
      fail(bytes.byteLength, `the data of ${name} runs past the file's end at ${bytes.byteLength}`);
  }
  if (start + at !== bytes.byteLength)
    fail(start + at, `${bytes.byteLength - start - at} bytes follow the last tensor`);
  return { entries, metadata, start };
}

function readTensor(bytes: Uint8Array, start: number, { type, shape, begin, end }: Entry): Tensor {
  // A copy: the data in the file may be unaligned.
  const data = bytes.slice(start + begin, start + end);
  if (type !== 'BF16') {
    const x = emptyTensor(shape, names[type], 'cpu');
    const Type = arrayTypes[names[type]];
    const elements = new Type(data.buffer, 0, count(shape)) as Uint8Array;
    // Whatever is not zero is true, and true is 1 to every kernel.
    (x.buffer as Uint8Array).set(type === 'BOOL' ? elements.map((value) => Number(value !== 0)) : elements);
    return x;
  }
  const x = emptyTensor(shape, 'float32', 'cpu');
  const words = new Uint32Array(count(shape));
  new Uint16Array(data.buffer, 0, count(shape)).forEach((half, i) => {
    words[i] = half << 16;
  });
  (x.buffer as Float32Array).set(new Float32Array(words.buffer));
  return x;
}

/**
 * The tensors of a safetensors file, by name, on the CPU; BF16 becomes float32.
 * FormatError, with the byte offset, for a file that is truncated or contradicts itself. Format: https://huggingface.co/docs/safetensors.
 * @example
 * tg.io.load(tg.io.save({ a: tg.ones(2) })).a.tolist() // => [ 1, 1 ]
 */
export function load(bytes: Uint8Array | ArrayBuffer): Record<string, Tensor> {
  const all = asBytes('io.load', bytes);
  const { entries, start } = parseHeader(all);
  return Object.fromEntries(entries.map((entry) => [entry.name, readTensor(all, start, entry)]));
}

/** The free text of a safetensors file's header. */
export function metadata(bytes: Uint8Array | ArrayBuffer): Record<string, string> {
  return parseHeader(asBytes('io.metadata', bytes)).metadata;
}

/**
 * The bytes of a safetensors file with `text` as its `__metadata__`: widest dtypes first, then by name, as the official writer does.
 * ArgumentError for what is no tensor, or is named `__metadata__`.
 */
export function save(
  tensors: Readonly<Record<string, Tensor>>,
  text: Readonly<Record<string, string>> = {},
): Uint8Array {
  if (!isPlainObject(tensors)) throw new ArgumentError('io.save: expected an object of tensors by name');
  if (!isTexts(text)) throw new ArgumentError('io.save: the metadata must be an object of texts');
  const list = Object.entries(tensors).map(([name, x]) => {
    if (name === metadataName) throw new ArgumentError(`io.save: ${name} is the name of the metadata, not of a tensor`);
    if (!(x instanceof Tensor)) throw new ArgumentError(`io.save: ${name} is not a tensor`);
    return { name, x, bytes: count(x.shape) * itemSize(x.dtype) };
  });
  list.sort((a, b) => order.indexOf(a.x.dtype) - order.indexOf(b.x.dtype) || (a.name < b.name ? -1 : 1));
  // Without a prototype, so that a tensor may be named `__proto__`.
  const header: Record<string, unknown> = Object.create(null);
  if (Object.keys(text).length > 0) header[metadataName] = text;
  let at = 0;
  for (const { name, x, bytes } of list) {
    header[name] = { dtype: written[x.dtype], shape: x.shape, data_offsets: [at, at + bytes] };
    at += bytes;
  }
  const plain = new TextEncoder().encode(JSON.stringify(header));
  const length = Math.ceil(plain.length / prefix) * prefix;
  const file = new Uint8Array(prefix + length + at);
  new DataView(file.buffer).setBigUint64(0, BigInt(length), true);
  file.fill(0x20, prefix, prefix + length);
  file.set(plain, prefix);
  let next = prefix + length;
  for (const { x, bytes } of list) {
    const data = x.storage.kernels.read(x);
    file.set(new Uint8Array(data.buffer, data.byteOffset, bytes), next);
    next += bytes;
  }
  return file;
}
