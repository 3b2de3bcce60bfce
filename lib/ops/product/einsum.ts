import { checkTensor } from '../../autograd/apply.js';
import { type Described, type Fn, fn, typed } from '../../core/define.js';
import { ArgumentError, ShapeError, showShape, ValueError } from '../../core/errors.js';
import { wrapDim } from '../../core/shape.js';
import type { Tensor } from '../../core/tensor.js';
import { contract, type Labelled } from './contract.js';

/** The letters of one term; what `...` stands for is null. */
function parseTerm(equation: string, term: string): (string | null)[] {
  const letters = term.replace('...', '.');
  if (!/^[A-Za-z]*\.?[A-Za-z]*$/.test(letters)) {
    throw new ValueError(`einsum: '${term}' in '${equation}' may hold letters and one ellipsis`);
  }
  return [...letters].map((letter) => (letter === '.' ? null : letter));
}

/** Names the dimensions of an operand; those of the ellipsis are numbered from the last, so that they broadcast. */
function label(equation: string, x: Tensor, term: readonly (string | null)[]): Labelled {
  const letters = term.filter((letter) => letter !== null).length;
  const hidden = x.shape.length - letters;
  if (hidden < 0 || (hidden > 0 && !term.includes(null))) {
    throw new ShapeError(
      `einsum: '${equation}' names ${letters} dimensions of an operand of shape ${showShape(x.shape)}; use ... for those without names`,
    );
  }
  return { x, labels: term.flatMap((letter) => (letter === null ? ellipsis(hidden) : [letter])) };
}

const ellipsis = (n: number): string[] => Array.from({ length: n }, (_, i) => `...${n - i}`);

function outputOf(equation: string, right: string | undefined, operands: readonly Labelled[]): string[] {
  const all = operands.flatMap(({ labels }) => labels);
  const hidden = ellipsis(Math.max(0, ...all.map((name) => Number(name.slice(3)))));
  if (right === undefined) {
    const once = all.filter((name) => name.length === 1 && all.indexOf(name) === all.lastIndexOf(name));
    return [...hidden, ...once.sort()];
  }
  const term = parseTerm(equation, right);
  const output = term.flatMap((letter) => (letter === null ? hidden : [letter]));
  const bad = output.find((name, i) => output.indexOf(name) !== i || !all.includes(name));
  if (bad !== undefined) {
    throw new ValueError(`einsum: the result of '${equation}' names ${bad} twice, or no operand has it`);
  }
  return output;
}

/** An equation, then the operands as a list or spread. */
export type Einsum = (equation: string, ...operands: readonly Tensor[] | readonly [readonly Tensor[]]) => Tensor;

/**
 * Sum of products by Einstein's convention: letters name dimensions, those missing after `->` are summed, `...` stands for dimensions that
 * broadcast; a letter twice in one operand takes its diagonal. PyTorch: torch.einsum.
 * @example
 * tg.einsum('ij,jk->ik', tg.ones(2, 3), tg.ones(3, 4)).shape // => [ 2, 4 ]
 */
export const einsum: Einsum & Described = typed<Einsum>(
  'einsum(equation, *operands)',
  (equation: string, given: Tensor[]) => {
    if (typeof equation !== 'string') throw new ArgumentError('einsum: the equation comes first, as a string');
    for (const x of given) checkTensor('einsum', x);
    const [left, right] = equation.replaceAll(' ', '').split('->');
    const terms = left.split(',');
    if (terms.length !== given.length || given.length === 0) {
      throw new ValueError(`einsum: '${equation}' has ${terms.length} terms for ${given.length} operands`);
    }
    const operands = given.map((x, i) => label(equation, x, parseTerm(equation, terms[i])));
    return contract('einsum', operands, outputOf(equation, right, operands));
  },
  {
    samples: (m) => [
      ['ij,jk->ik', m(2, 3), m(3, 4)],
      ['ii->i', m(3, 3)],
      ['b...ij,b...jk', m(2, 2, 3, 2), m(2, 1, 2, 3)],
      ['ij->', m(2, 3)],
      ['i,j', m(2), m(3)],
      ['ij,ij,kj->ki', m(2, 3), m(2, 3), m(4, 3)],
      ['i j , k j -> i k', m(2, 3), m(1, 3)],
    ],
    errors: (m) => [
      [['ij,jk', m(2, 3)], '2 terms for 1 operands'],
      [['ij', m(2, 3, 4)], 'names 2 dimensions of an operand of shape (2, 3, 4)'],
      [['ij,jk', m(2, 3), m(4, 5)], 'the index j has 3 and 4 values'],
      [['ij->ik', m(2, 3)], 'names k twice, or no operand has it'],
      [['i1', m(2, 3)], 'may hold letters and one ellipsis'],
    ],
  },
  1,
);

type TensordotOptions = { b?: Tensor; dims?: number | readonly (readonly number[])[] };

/** Sum of products over `dims`: so many last dimensions of `a` and first of `b`, or a list for each. PyTorch: torch.tensordot. */
export const tensordot: Fn<
  [a: Tensor, b: Tensor, dims?: number | readonly (readonly number[])[]],
  TensordotOptions,
  Tensor
> = fn(
  'tensordot(a:tensor, b:tensor, dims=2)',
  (a, b, dims) => {
    checkTensor('tensordot', a);
    checkTensor('tensordot', b);
    const [m, n] = [a.shape.length, b.shape.length];
    if (!Number.isInteger(dims) && !(Array.isArray(dims) && dims.length === 2 && dims.every(Array.isArray))) {
      throw new ArgumentError(`tensordot: dims must be an integer or two lists of integers, got ${String(dims)}`);
    }
    if (typeof dims === 'number' && (dims < 0 || dims > Math.min(m, n))) {
      throw new ValueError(
        `tensordot: dims ${dims} is not between 0 and the ranks of ${showShape(a.shape)} and ${showShape(b.shape)}`,
      );
    }
    const range = (from: number, length: number): number[] => Array.from({ length }, (_, i) => from + i);
    const [left, right] = typeof dims === 'number' ? [range(m - dims, dims), range(0, dims)] : dims;
    if (left.length !== right.length) {
      throw new ValueError(
        `tensordot: dims names ${left.length} dimensions of a and ${right.length} of b; they pair up`,
      );
    }
    const [from, to] = [left.map((d) => wrapDim('tensordot', d, m)), right.map((d) => wrapDim('tensordot', d, n))];
    const labels = { a: range(0, m).map((d) => `a${d}`), b: range(0, n).map((d) => `b${d}`) };
    from.forEach((d, i) => {
      labels.b[to[i]] = labels.a[d];
    });
    const output = [...labels.a.filter((_, d) => !from.includes(d)), ...labels.b.filter((_, d) => !to.includes(d))];
    const operands = [
      { x: a, labels: labels.a },
      { x: b, labels: labels.b },
    ];
    return contract('tensordot', operands, output);
  },
  {
    samples: (m) => [
      [m(2, 3, 4), m(3, 4, 5)],
      [m(2, 3), m(3, 4), 1],
      [
        m(2, 3, 4),
        m(4, 5, 2),
        [
          [0, 2],
          [2, 0],
        ],
      ],
      [m(2), m(3), 0],
    ],
    errors: (m) => [[[m(2, 3), m(4, 5), 1], 'the index a1 has 3 and 4 values']],
  },
);
