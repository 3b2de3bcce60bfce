import { ArgumentError, IndexError, ShapeError, showShape, ValueError } from './errors.js';

/** One dimension, several, or null for all. */
export type Dims = number | readonly number[];

/** A dimension counted from the front; a 0-d tensor has dimension 0 and -1. */
export function wrapDim(operation: string, dim: number, rank: number): number {
  const size = Math.max(rank, 1);
  if (!Number.isInteger(dim)) throw new IndexError(`${operation}: dimension ${String(dim)} is not an integer`);
  if (dim < -size || dim >= size) {
    throw new IndexError(
      `${operation}: dimension ${dim} is out of range for ${rank} dimensions; use ${-size} to ${size - 1}`,
    );
  }
  return dim < 0 ? dim + size : dim;
}

/** All dimensions of a rank. */
export function allDims(rank: number): number[] {
  const dims: number[] = [];
  for (let d = 0; d < rank; d++) dims.push(d);
  return dims;
}

/** Dimensions from the outermost in memory to the innermost; one whose elements are seen many times counts as outermost. */
export function memoryOrder(strides: readonly number[]): number[] {
  const reach = (d: number): number => Math.abs(strides[d]) || Infinity;
  return allDims(strides.length).sort((a, b) => (reach(a) === reach(b) ? a - b : reach(b) - reach(a)));
}

/** The order that undoes an order of dimensions. */
export function inverseOrder(order: readonly number[]): number[] {
  const back = new Array<number>(order.length);
  order.forEach((d, i) => {
    back[d] = i;
  });
  return back;
}

/** Several dimensions, each once, sorted; null and an empty list mean all. */
export function wrapDims(operation: string, dims: Dims | null | undefined, rank: number): number[] {
  if (dims === null || dims === undefined) return allDims(rank);
  const list = typeof dims === 'number' ? [dims] : dims;
  if (!Array.isArray(list)) {
    throw new ArgumentError(`${operation}: dim must be an integer, a list of integers or null, got ${String(dims)}`);
  }
  if (list.length === 0) return allDims(rank);
  const wrapped = list.map((dim) => wrapDim(operation, dim, rank));
  if (new Set(wrapped).size !== wrapped.length) {
    throw new IndexError(`${operation}: a dimension appears twice in (${list.join(', ')})`);
  }
  return (rank === 0 ? [] : wrapped).sort((a, b) => a - b);
}

/** A checked list of sizes. */
export function checkSizes(operation: string, sizes: readonly unknown[]): number[] {
  if (!Array.isArray(sizes)) throw new ArgumentError(`${operation}: expected a list of sizes, got ${String(sizes)}`);
  return sizes.map((size) => {
    if (typeof size !== 'number' || !Number.isInteger(size)) {
      throw new ValueError(`${operation}: size ${String(size)} in (${sizes.join(', ')}) is not an integer`);
    }
    if (size < 0) throw new ValueError(`${operation}: size ${size} in (${sizes.join(', ')}) is negative`);
    return size;
  });
}

/** The shape two or more shapes broadcast to, by PyTorch's rule. */
export function broadcastShapes(operation: string, ...shapes: (readonly number[])[]): readonly number[] {
  const rank = Math.max(0, ...shapes.map((shape) => shape.length));
  const result = new Array<number>(rank).fill(1);
  for (const shape of shapes) {
    for (let i = 0; i < shape.length; i++) {
      const at = rank - shape.length + i;
      if (shape[i] === 1 || shape[i] === result[at]) continue;
      if (result[at] !== 1) {
        throw new ShapeError(
          `${operation}: the shapes ${shapes.map(showShape).join(' and ')} do not broadcast: ` +
            `sizes ${result[at]} and ${shape[i]} meet; they must be equal, or one of them 1`,
        );
      }
      result[at] = shape[i];
    }
  }
  return result;
}

/** The shape after a reduction over sorted `dims`. */
export function reducedShape(shape: readonly number[], dims: readonly number[], keepdim: boolean): number[] {
  if (dims.length === shape.length && !keepdim) return [];
  if (keepdim) return shape.map((size, d) => (dims.includes(d) ? 1 : size));
  return shape.filter((_, d) => !dims.includes(d));
}

/** Fills in the one size given as -1. */
export function inferSize(operation: string, sizes: readonly number[], total: number): number[] {
  if (!Array.isArray(sizes)) throw new ArgumentError(`${operation}: expected a list of sizes, got ${String(sizes)}`);
  const unknown = sizes.indexOf(-1);
  if (unknown >= 0 && sizes.indexOf(-1, unknown + 1) >= 0) {
    throw new ShapeError(`${operation}: only one size may be -1, got ${showShape(sizes)}`);
  }
  const known = sizes.reduce((product, size) => (size === -1 ? product : product * size), 1);
  if (unknown < 0) {
    checkSizes(operation, sizes);
    if (known !== total)
      throw new ShapeError(`${operation}: ${total} elements do not fit the shape ${showShape(sizes)} of ${known}`);
    return [...sizes];
  }
  checkSizes(
    operation,
    sizes.filter((size) => size !== -1),
  );
  if (known === 0 || total % known !== 0) {
    throw new ShapeError(
      `${operation}: ${total} elements do not fit the shape ${showShape(sizes)}: the other sizes make ${known}`,
    );
  }
  return sizes.map((size) => (size === -1 ? total / known : size));
}
