import { blasOf } from '../blas/gemm.js';
import * as reference from '../reference/matmul.js';
import type { View } from '../types.js';
import { collapse } from '../view.js';
import { batchedProduct } from '../wasm/product/batched.js';
import { gemm } from './gemm.js';
import type { Floats, Matrix } from './matrix.js';
import { staged, throughFloat32 } from './stage.js';

/** `Kernels.matmul`: float32, float64 and float16 through the blocked product, the rest through the reference. */
export function matmul(output: View, a: View, b: View): void {
  const { dtype } = output;
  if (a.dtype !== dtype || b.dtype !== dtype) return reference.matmul(output, a, b);
  if (dtype === 'float16') {
    return throughFloat32(output, (floats) => matmul(floats, staged(a), staged(b)));
  }
  if (dtype !== 'float32' && dtype !== 'float64') return reference.matmul(output, a, b);
  if (output.shape.length === 2) product(output, a, b, output.offset, a.offset, b.offset);
  else batched(output, a, b);
}

/** A matrix made of the last two dimensions of a view, from an element of its own. */
function matrix(view: View, offset: number): Matrix {
  const rank = view.strides.length;
  return { data: view.buffer as Floats, offset, row: view.strides[rank - 2], column: view.strides[rank - 1] };
}

function product(output: View, a: View, b: View, c0: number, a0: number, b0: number): void {
  const rank = output.shape.length;
  const rows = output.shape[rank - 2];
  const columns = output.shape[rank - 1];
  gemm(rows, columns, a.shape[rank - 1], matrix(output, c0), matrix(a, a0), matrix(b, b0));
}

function batched(output: View, a: View, b: View): void {
  const batch = output.shape.length - 2;
  const strides = [output, a, b].map((view) => view.strides.slice(0, batch));
  const outer = collapse(output.shape.slice(0, batch), strides);
  if (foldedBatch(output, a, b, outer.strides[2])) return;
  const rank = output.shape.length;
  const [rows, columns] = [output.shape[batch], output.shape[batch + 1]];
  const depth = a.shape[rank - 1];
  const [c0, left, right] = [matrix(output, output.offset), matrix(a, a.offset), matrix(b, b.offset)];
  if (blasOf(rows, columns, depth, c0, left, right) === null) {
    if (batchedProduct(rows, columns, depth, c0, left, right, outer)) return;
  }
  const [cs, as, bs] = outer.strides;
  const walk = (d: number, c0: number, a0: number, b0: number): void => {
    if (d === outer.shape.length) product(output, a, b, c0, a0, b0);
    else for (let i = 0; i < outer.shape[d]; i++) walk(d + 1, c0 + i * cs[d], a0 + i * as[d], b0 + i * bs[d]);
  };
  walk(0, output.offset, a.offset, b.offset);
}

/** One right matrix for the whole batch: where the left ones lie like one tall matrix, one product does it. */
function foldedBatch(output: View, a: View, b: View, batchStrides: readonly number[]): boolean {
  if (batchStrides.some((stride) => stride !== 0)) return false;
  const rank = output.shape.length;
  const tall = collapse(output.shape.slice(0, rank - 1), [
    output.strides.slice(0, rank - 1),
    a.strides.slice(0, rank - 1),
  ]);
  if (tall.shape.length !== 1) return false;
  const c = { ...matrix(output, output.offset), row: tall.strides[0][0] };
  gemm(
    tall.shape[0],
    output.shape[rank - 1],
    a.shape[rank - 1],
    c,
    { ...matrix(a, a.offset), row: tall.strides[1][0] },
    matrix(b, b.offset),
  );
  return true;
}
