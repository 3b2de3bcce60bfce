import fc from 'fast-check';
import * as tg from '../../lib/index.js';

const sizes: Readonly<Record<string, number>> = { a: 2, b: 3, c: 1, d: 2 };

interface Case {
  readonly terms: string[];
  readonly output: string;
}

const cases: fc.Arbitrary<Case> = fc
  .array(fc.array(fc.constantFrom('a', 'b', 'c', 'd'), { maxLength: 4 }), { minLength: 1, maxLength: 3 })
  .chain((terms) =>
    fc.record({
      terms: fc.constant(terms.map((term) => term.join(''))),
      output: fc.shuffledSubarray([...new Set(terms.flat())]).map((letters) => letters.join('')),
    }),
  );

/** Every combination of values of the letters. */
function assignments(letters: readonly string[]): Record<string, number>[] {
  return letters.reduce<Record<string, number>[]>(
    (all, letter) =>
      all.flatMap((made) => Array.from({ length: sizes[letter] }, (_, value) => ({ ...made, [letter]: value }))),
    [{}],
  );
}

function place(term: string, at: Record<string, number>): number {
  return [...term].reduce((index, letter) => index * sizes[letter] + at[letter], 0);
}

function operand(term: string, seed: number): number[] {
  const count = [...term].reduce((n, letter) => n * sizes[letter], 1);
  return Array.from({ length: count }, (_, i) => ((i * 7 + seed * 3) % 11) - 5);
}

test('agrees with the sum over all values of all letters', () => {
  fc.assert(
    fc.property(cases, ({ terms, output }) => {
      const data = terms.map((term, i) => operand(term, i));
      const expected = new Array<number>([...output].reduce((n, letter) => n * sizes[letter], 1)).fill(0);
      for (const at of assignments([...new Set(terms.join(''))])) {
        expected[place(output, at)] += terms.reduce((product, term, i) => product * data[i][place(term, at)], 1);
      }
      const tensors = terms.map((term, i) =>
        tg.tensor(data[i], { dtype: 'float64' }).reshape([...term].map((letter) => sizes[letter])),
      );
      const y = tg.einsum(`${terms.join(',')}->${output}`, ...tensors);
      expect(y.shape).toEqual([...output].map((letter) => sizes[letter]));
      // Added to 0, -0 is 0.
      expect(y.reshape(-1).add(0).tolist()).toEqual(expected.map((value) => value + 0));
    }),
    { numRuns: 300 },
  );
});

test('an output that is left out holds the letters that stand once, capitals first', () => {
  expect(tg.einsum('ib,Aj', tg.ones(2, 3), tg.ones(4, 5)).shape).toEqual([4, 3, 2, 5]);
  expect(tg.einsum('ii', tg.eye(3)).item()).toBe(3);
});

test('an ellipsis broadcasts, from the last dimension', () => {
  const [x, y] = [tg.ones(5, 1, 2, 3), tg.ones(4, 3, 2)];
  expect(tg.einsum('...ij,...jk->...ik', x, y).shape).toEqual([5, 4, 2, 2]);
  expect(tg.einsum('...ij->...', x).tolist()).toEqual(x.sum([2, 3]).tolist());
  expect(tg.einsum('i...->i', x).tolist()).toEqual([6, 6, 6, 6, 6]);
});

test('a size of 1 stretches', () => {
  expect(tg.einsum('ij,kj->ik', tg.ones(2, 3), tg.ones(4, 1)).tolist()).toEqual(tg.full([2, 4], 3).tolist());
});

test('operands as a list', () => {
  expect(tg.einsum('i,i->', [tg.ones(3), tg.ones(3)]).item()).toBe(3);
});

test('tensordot names dimensions from the end', () => {
  const [a, b] = [tg.arange(6).to('float32').reshape(2, 3), tg.arange(6).to('float32').reshape(3, 2)];
  expect(tg.tensordot(a, b, [[-1], [0]]).tolist()).toEqual(a.mm(b).tolist());
  expect(tg.tensordot(a, b, 0).shape).toEqual([2, 3, 3, 2]);
});
