import { columnSums as blasColumnSums } from '../blas/columnSums.js';
import { blasOf } from '../blas/gemm.js';
import type { View } from '../types.js';
import { linearBackward as vectorBackward, columnSums as vectorColumnSums } from '../wasm/product/linear.js';
import { gemm } from './gemm.js';
import { type Floats, type Matrix, turned, type Vector } from './matrix.js';
import { specialize } from './specialize.js';

/** A view of two dimensions as a matrix. */
function matrixOf({ buffer, offset, strides }: View): Matrix {
  return { data: buffer as Floats, offset, row: strides[0], column: strides[1] };
}

function vectorOf({ buffer, offset, strides }: View): Vector {
  return { data: buffer as Floats, offset, step: strides[0] };
}

/** `FusedKernels.linear`: the bias is what the sums of the product begin with. */
export function linear(output: View, input: View, weight: View, bias: View | null): void {
  const [rows, columns] = output.shape;
  const start = bias === null ? null : vectorOf(bias);
  gemm(rows, columns, input.shape[1], matrixOf(output), matrixOf(input), turned(matrixOf(weight)), start);
}

/** `FusedKernels.linearBackward`. */
export function linearBackward(
  to: { readonly input: View | null; readonly weight: View | null; readonly bias: View | null },
  gradient: View,
  input: View,
  weight: View,
): void {
  const [rows, inputs] = input.shape;
  const outputs = weight.shape[0];
  const [g, x, w] = [matrixOf(gradient), matrixOf(input), matrixOf(weight)];
  const results = {
    input: to.input && matrixOf(to.input),
    weight: to.weight && matrixOf(to.weight),
    bias: to.bias && vectorOf(to.bias),
  };
  if (blasOf(rows, inputs, outputs, g, x, w) === null && vectorBackward(rows, inputs, outputs, results, g, x, w))
    return;
  if (results.input) gemm(rows, inputs, outputs, results.input, g, w);
  if (results.weight) gemm(outputs, inputs, rows, results.weight, turned(g), x);
  if (results.bias) columnSums(rows, outputs, results.bias, g);
}

/** The sums of a matrix's columns. */
function columnSums(rows: number, columns: number, to: Vector, m: Matrix): void {
  if (blasColumnSums(rows, columns, to, m) || vectorColumnSums(rows, columns, to, m)) return;
  const add = sumsFor(m.data.BYTES_PER_ELEMENT);
  add(to.data, to.offset, to.step, m.data, m.offset, m.row, m.column, rows, columns);
}

function sumsLoop(
  to: Floats,
  offset: number,
  step: number,
  g: Floats,
  from: number,
  row: number,
  column: number,
  rows: number,
  columns: number,
): void {
  for (let j = 0; j < columns; j++) {
    let sum = 0;
    for (let i = 0, at = from + j * column; i < rows; i++, at += row) sum += g[at];
    to[offset + j * step] = sum;
  }
}

const sumsFor = specialize(sumsLoop);
