import { count } from '../../../kernels/view.js';
import { ShapeError, showShape } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import { product } from './product.js';

/** A tensor whose dimensions have names; equal names are one index of the sum of products. */
export interface Labelled {
  readonly x: Tensor;
  readonly labels: readonly string[];
}

const missing = (labels: readonly string[], from: readonly string[]): string[] =>
  labels.filter((l) => !from.includes(l));

/** Takes the diagonal where a name stands twice, so that names are distinct. */
function diagonals({ x, labels }: Labelled): Labelled {
  const second = labels.findIndex((label, d) => labels.indexOf(label) !== d);
  if (second < 0) return { x, labels };
  const first = labels.indexOf(labels[second]);
  const rest = labels.filter((_, d) => d !== first && d !== second);
  return diagonals({ x: x.diagonal(0, first, second), labels: [...rest, labels[second]] });
}

function permuted({ x, labels }: Labelled, order: readonly string[]): Tensor {
  return x.permute(order.map((label) => labels.indexOf(label)));
}

function summed({ x, labels }: Labelled, drop: readonly string[]): Labelled {
  if (drop.length === 0) return { x, labels };
  const dims = drop.map((label) => labels.indexOf(label));
  return { x: x.sum(dims, false, { dtype: x.dtype }), labels: missing(labels, drop) };
}

/** Sums products of two operands over the names that are not in `keep`. */
function pair(name: string, left: Labelled, right: Labelled, keep: readonly string[]): Labelled {
  const a = summed(left, missing(missing(left.labels, right.labels), keep));
  const b = summed(right, missing(missing(right.labels, left.labels), keep));
  const shared = a.labels.filter((label) => b.labels.includes(label));
  const batch = shared.filter((label) => keep.includes(label));
  const folded = missing(shared, batch);
  const [rows, columns] = [missing(a.labels, shared), missing(b.labels, shared)];
  const labels = [...batch, ...rows, ...columns];
  const sizes = (of: Labelled, names: readonly string[]): number[] =>
    names.map((label) => of.x.shape[of.labels.indexOf(label)]);
  if (folded.length === 0) {
    const x = permuted(a, [...batch, ...rows]).reshape([
      ...sizes(a, batch),
      ...sizes(a, rows),
      ...columns.map(() => 1),
    ]);
    const y = permuted(b, [...batch, ...columns]).reshape([
      ...sizes(b, batch),
      ...rows.map(() => 1),
      ...sizes(b, columns),
    ]);
    return { x: x.mul(y), labels };
  }
  const [n, m, k, p] = [sizes(a, batch), sizes(a, rows), sizes(a, folded), sizes(b, columns)].map(count);
  const x = permuted(a, [...batch, ...rows, ...folded]).reshape(n, m, k);
  const y = permuted(b, [...batch, ...folded, ...columns]).reshape(n, k, p);
  const shape = [...sizes(a, batch), ...sizes(a, rows), ...sizes(b, columns)];
  return { x: product(name, x, y).reshape(shape), labels };
}

/** The size of every name; sizes of 1 stretch. */
function sizesOf(name: string, operands: readonly Labelled[]): Map<string, number> {
  const sizes = new Map<string, number>();
  for (const { x, labels } of operands) {
    labels.forEach((label, d) => {
      const [size, before] = [x.shape[d], sizes.get(label) ?? 1];
      if (size !== 1 && before !== 1 && size !== before) {
        throw new ShapeError(
          `${name}: the index ${label} has ${before} and ${size} values in the operands ` +
            `${operands.map((operand) => showShape(operand.x.shape)).join(', ')}; they must be equal, or one of them 1`,
        );
      }
      if (before === 1) sizes.set(label, size);
    });
  }
  return sizes;
}

/** Sum over all names that are not in `output` of the products of the operands, from left to right, each pair as a matrix product. */
export function contract(name: string, operands: readonly Labelled[], output: readonly string[]): Tensor {
  const sizes = sizesOf(name, operands);
  const ready = operands.map((operand) => {
    // A stretched index adds nothing to its own operand: another one holds its values.
    const stretched = operand.labels.flatMap((label, d) =>
      operand.x.shape[d] === 1 && sizes.get(label) !== 1 ? [d] : [],
    );
    const labels = operand.labels.filter((_, d) => !stretched.includes(d));
    return diagonals({ x: stretched.length === 0 ? operand.x : operand.x.squeeze(stretched), labels });
  });
  let whole = ready[0];
  for (let i = 1; i < ready.length; i++) {
    whole = pair(name, whole, ready[i], [...output, ...ready.slice(i + 1).flatMap(({ labels }) => labels)]);
  }
  return permuted(summed(whole, missing(whole.labels, output)), output);
}
