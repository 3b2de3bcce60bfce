import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { bundledDirectory, fingerprint, readDigits } from '../docs/examples/mnist/idx.js';
import { firstDigits, NAMES, writeDigits } from './mnist/files.js';

const [IMAGES, LABELS] = NAMES;
let directory: string;
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'mnist-'));
  writeDigits(directory, 20, 10);
});
afterEach(() => rmSync(directory, { recursive: true }));

const replace = (name: string, bytes: Uint8Array) => writeFileSync(join(directory, name), bytes);
const reading = () => readDigits(directory, 'train');

test('all of MNIST comes with npm', () => {
  const training = readDigits(bundledDirectory(), 'train');
  expect([training.count, training.images.length, training.labels.length]).toEqual([60000, 60000 * 784, 60000]);
  expect([...training.labels.subarray(0, 5)]).toEqual([5, 0, 4, 1, 9]);
  expect(readDigits(bundledDirectory(), 't10k').count).toBe(10000);
});

test('a directory of gzipped files reads as the plain ones do', () => {
  const plain = reading();
  for (const name of NAMES) rmSync(join(directory, name));
  writeDigits(directory, 20, 10, true);
  expect(fingerprint(reading())).toBe(fingerprint(plain));
  expect(readDigits(directory, 't10k').count).toBe(10);
});

test('a gzipped file under the plain name is read all the same', () => {
  const plain = fingerprint(reading());
  replace(IMAGES, gzipSync(firstDigits(IMAGES, 20)));
  expect(fingerprint(reading())).toBe(plain);
});

test('a limit takes the first digits, and no more than there are', () => {
  const { count, images, labels } = readDigits(directory, 'train', 7);
  expect([count, images.length, labels.length]).toEqual([7, 7 * 784, 7]);
  expect(readDigits(directory, 'train', 1000).count).toBe(20);
});

test.each([
  ['a missing file', () => rmSync(join(directory, IMAGES)), /neither train-images-idx3-ubyte nor .*\.gz is there/],
  ['an empty file', () => replace(IMAGES, Buffer.alloc(0)), /train-images-idx3-ubyte: truncated: 0 bytes/],
  [
    'half a header',
    () => replace(IMAGES, firstDigits(IMAGES, 0).subarray(0, 10)),
    /truncated: 10 bytes, the header takes 16/,
  ],
  [
    'a file cut short',
    () => replace(IMAGES, firstDigits(IMAGES, 20).subarray(0, -1)),
    /train-images-idx3-ubyte: truncated: 15695 bytes, the header \(20 x 28 x 28\) promises 15696/,
  ],
  [
    'bytes at the end',
    () => replace(LABELS, Buffer.concat([firstDigits(LABELS, 20), Buffer.alloc(1)])),
    /too long: 29 bytes/,
  ],
  [
    'labels for images',
    () => replace(IMAGES, firstDigits(LABELS, 20)),
    /starts with 0x00000801 where .* has 0x00000803/,
  ],
  ['damaged gzip', () => replace(IMAGES, gzipSync(firstDigits(IMAGES, 20)).subarray(0, -20)), /damaged gzip file/],
  ['more labels than images', () => replace(LABELS, firstDigits(LABELS, 21)), /20 images .*, 21 labels/],
  ['no images', () => writeDigits(directory, 0, 0), /holds no images/],
] as [string, () => void, RegExp][])('%s is an error that says so', (_, damage, message) => {
  damage();
  expect(reading).toThrow(message);
});

test('a label that is no digit is an error that gives its index', () => {
  const labels = firstDigits(LABELS, 20);
  labels[8 + 3] = 10;
  replace(LABELS, labels);
  expect(reading).toThrow('train-labels-idx1-ubyte: label 10 at index 3');
});

test('images of another size are an error', () => {
  const images = firstDigits(IMAGES, 20);
  images.writeUInt32BE(14, 8);
  images.writeUInt32BE(56, 12);
  replace(IMAGES, images);
  expect(reading).toThrow('images of 14 x 56; the network takes 28 x 28');
});
