import { philox } from '../../kernels/reference/philox.js';
import { blank, duplicate, expectSame, put, stored } from './views.js';

function words(count: number, seed: bigint, counter: bigint): number[] {
  const output = blank('int32', [count]);
  philox(output, seed, counter);
  return stored(output).map((word) => Number(word) >>> 0);
}

describe('philox', () => {
  test('gives the known answers of the paper', () => {
    expect(words(4, 0n, 0n)).toEqual([0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8]);
    expect(words(4, 2n ** 64n - 1n, 2n ** 128n - 1n)).toEqual([0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd]);
    expect(words(4, 0x299f31d0a4093822n, 0x0370734413198a2e85a308d3243f6a88n)).toEqual([
      0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1,
    ]);
  });

  test('goes on with the next counter every four words, carries included', () => {
    for (const counter of [0n, 2n ** 32n - 2n, 2n ** 64n - 2n, 2n ** 96n - 2n, 2n ** 128n - 2n]) {
      const apart = [0n, 1n, 2n, 3n].flatMap((step) => words(4, 42n, counter + step));
      expect(words(16, 42n, counter)).toEqual(apart);
    }
  });

  test('a shorter output is the start of a longer one, and nothing around it is written', () => {
    for (const count of [0, 1, 2, 3, 5]) {
      const output = blank('int32', [count]);
      const expected = put(duplicate(output), words(8, 9n, 1n).slice(0, count));
      const before = duplicate(output);
      philox(output, 9n, 1n);
      expectSame(output, expected, before);
    }
  });

  test('seeds that differ in their upper half give other words', () => {
    expect(words(4, 1n, 0n)).not.toEqual(words(4, 1n + 2n ** 32n, 0n));
  });
});
