/** The recorded tensors, read here and not by the library, so that a fault of its reader cannot hide in both sides. */
import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

/** A tensor as PyTorch left it: row-major elements, booleans as 0 and 1, integers beyond 2^53 as bigint. */
export interface Recorded {
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly data: ArrayLike<number | bigint>;
}

/** One entry's tensors: the raw safetensors bytes, and a reader of each by name. */
export interface Blob {
  readonly bytes: Uint8Array;
  read(name: string): Recorded;
}

interface Header {
  [name: string]: { dtype: string; shape: number[]; data_offsets: [number, number] };
}

function bfloat16(bytes: DataView, offset: number): number {
  const word = new DataView(new ArrayBuffer(4));
  word.setUint32(0, bytes.getUint16(offset, true) << 16);
  return word.getFloat32(0);
}

function float16(bytes: DataView, offset: number): number {
  const bits = bytes.getUint16(offset, true);
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 0x1f;
  const fraction = bits & 0x3ff;
  if (exponent === 31) return fraction ? Number.NaN : sign * Number.POSITIVE_INFINITY;
  return exponent === 0 ? sign * fraction * 2 ** -24 : sign * (1024 + fraction) * 2 ** (exponent - 25);
}

function int64(bytes: DataView, offset: number): number | bigint {
  const value = bytes.getBigInt64(offset, true);
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}

interface Format {
  dtype: string;
  width: number;
  read(bytes: DataView, offset: number): number | bigint;
}

const FORMATS: Record<string, Format> = {
  F64: { dtype: 'float64', width: 8, read: (bytes, offset) => bytes.getFloat64(offset, true) },
  F32: { dtype: 'float32', width: 4, read: (bytes, offset) => bytes.getFloat32(offset, true) },
  F16: { dtype: 'float16', width: 2, read: float16 },
  BF16: { dtype: 'bfloat16', width: 2, read: bfloat16 },
  I64: { dtype: 'int64', width: 8, read: int64 },
  I32: { dtype: 'int32', width: 4, read: (bytes, offset) => bytes.getInt32(offset, true) },
  I16: { dtype: 'int16', width: 2, read: (bytes, offset) => bytes.getInt16(offset, true) },
  I8: { dtype: 'int8', width: 1, read: (bytes, offset) => bytes.getInt8(offset) },
  U8: { dtype: 'uint8', width: 1, read: (bytes, offset) => bytes.getUint8(offset) },
  BOOL: { dtype: 'bool', width: 1, read: (bytes, offset) => bytes.getUint8(offset) },
};

/** Reads safetensors bytes; a tensor is decoded when it is asked for. */
export function openBlob(bytes: Uint8Array): Blob {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const start = 8 + Number(view.getBigUint64(0, true));
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(8, start))) as Header;
  return {
    bytes,
    read: (name) => {
      if (!Object.hasOwn(header, name)) throw new Error(`the blob has no tensor '${name}'`);
      const { dtype, shape, data_offsets } = header[name];
      const format = FORMATS[dtype];
      const count = shape.reduce((product, size) => product * size, 1);
      if (data_offsets[1] - data_offsets[0] !== count * format.width)
        throw new Error(`tensor '${name}' has a wrong size`);
      const data = Array.from({ length: count }, (_, i) =>
        format.read(view, start + data_offsets[0] + i * format.width),
      );
      return { dtype: format.dtype, shape, data };
    },
  };
}

export function readBlob(path: string): Blob {
  return openBlob(gunzipSync(readFileSync(path)));
}

/** Row `index` of a recorded table. */
export function row(table: Recorded, index: number): Recorded {
  const shape = table.shape.slice(1);
  const size = shape.reduce((product, length) => product * length, 1);
  return { dtype: table.dtype, shape, data: Array.from(table.data).slice(index * size, (index + 1) * size) };
}
