import { FormatError } from '../core/errors.js';
import { emptyTensor, type Tensor } from '../core/tensor.js';
import { crc32 } from './crc32.js';
import { asBytes, load as loadTensors, save as saveTensors } from './safetensors.js';
import { decode, encode, type Parts, type Saveable } from './structure.js';

/**
 * The layout, little-endian: 8 bytes of magic, the version (u32), the structure's length and checksum (u32, u32), the tensors' length
 * and checksum (u64, u32), a checksum of these fields (u32); then the structure (JSON in UTF-8) and the tensors (safetensors).
 */
const magic = 'tapegrad';
const version = 1;
const headerBytes = 36;
const checkedBytes = 32;

function fail(at: number, what: string): never {
  throw new FormatError(`load: ${what} (at byte ${at})`);
}

/**
 * Bytes that hold plain data with tensors in it: what `tg.save` writes.
 * @example
 * tg.io.deserialize(tg.io.serialize({ step: 3, w: tg.ones(2) })).step // => 3
 */
export function serialize(data: unknown): Uint8Array {
  const parts: Parts = { tensors: [], arrays: [] };
  const structure = new TextEncoder().encode(JSON.stringify(encode(data, parts)));
  const tensors = saveTensors(
    Object.fromEntries([
      ...parts.tensors.map((x, i) => [`t${i}`, x]),
      ...parts.arrays.map((bytes, i) => {
        const x = emptyTensor([bytes.length], 'uint8', 'cpu');
        (x.buffer as Uint8Array).set(bytes);
        return [`a${i}`, x];
      }),
    ]),
  );
  const file = new Uint8Array(headerBytes + structure.length + tensors.length);
  const view = new DataView(file.buffer);
  file.set(new TextEncoder().encode(magic));
  view.setUint32(8, version, true);
  view.setUint32(12, structure.length, true);
  view.setUint32(16, crc32(structure), true);
  view.setBigUint64(20, BigInt(tensors.length), true);
  view.setUint32(28, crc32(tensors), true);
  view.setUint32(checkedBytes, crc32(file.subarray(0, checkedBytes)), true);
  file.set(structure, headerBytes);
  file.set(tensors, headerBytes + structure.length);
  return file;
}

/** The data that `serialize` wrote. FormatError, with the byte offset, for bytes that are damaged, cut short or of another format. */
export function deserialize<T = Saveable>(file: Uint8Array | ArrayBuffer): T {
  const bytes = asBytes('io.deserialize', file);
  if (bytes.length < headerBytes)
    fail(bytes.length, `the file ends after ${bytes.length} bytes, inside its header of ${headerBytes}`);
  const found = new TextDecoder().decode(bytes.subarray(0, 8));
  if (found !== magic) fail(0, `this is no file of tg.save: it begins with ${JSON.stringify(found)}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  if (view.getUint32(checkedBytes, true) !== crc32(bytes.subarray(0, checkedBytes))) fail(8, 'the header is damaged');
  const written = view.getUint32(8, true);
  if (written !== version) fail(8, `the file has version ${written}, this library reads ${version}`);
  const structureEnd = headerBytes + view.getUint32(12, true);
  const end = structureEnd + Number(view.getBigUint64(20, true));
  if (end !== bytes.length)
    fail(Math.min(end, bytes.length), `the file has ${bytes.length} bytes where its header says ${end}`);
  const structure = bytes.subarray(headerBytes, structureEnd);
  if (crc32(structure) !== view.getUint32(16, true))
    fail(headerBytes, `the structure, up to byte ${structureEnd}, is damaged`);
  const tensors = bytes.subarray(structureEnd);
  if (crc32(tensors) !== view.getUint32(28, true)) fail(structureEnd, `the tensors, up to byte ${end}, are damaged`);
  try {
    return decode(JSON.parse(new TextDecoder().decode(structure)), partsOf(loadTensors(tensors))) as T;
  } catch (error) {
    // The checksums hold, so this was written so: by something else, or by a version that knows more.
    const what = error instanceof Error ? error.message : String(error);
    return fail(headerBytes, `the structure or its tensors contradict the format: ${what}`);
  }
}

function partsOf(named: Readonly<Record<string, Tensor>>): Parts {
  const parts: Parts = { tensors: [], arrays: [] };
  for (const [name, x] of Object.entries(named)) {
    const at = Number(name.slice(1));
    if (name.startsWith('t')) parts.tensors[at] = x;
    else parts.arrays[at] = x.buffer as Uint8Array;
  }
  return parts;
}
