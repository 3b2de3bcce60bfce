import type { Recurrence } from '../../recurrence.js';
import type { RecurrentGradients, RecurrentOperands, RecurrentResults, View } from '../../types.js';
import { isSingle } from '../../view.js';
import { panelColumns } from '../product/gemm.js';
import { panels, unstage } from '../product/staging.js';
import { apart, columnsAt, Layer, matrixAt, matrixOf, places, rowsAt, timeOf } from './layer.js';
import { type Side, sideBytes } from './products.js';

const { max, min } = Math;

/** Whether a gradient is one zero for all elements. */
function isNothing(view: View): boolean {
  return isSingle(view) && (view.buffer as Float32Array)[view.offset] === 0;
}

/** Reserves what a launch needs. */
function areas(layer: Layer, to: RecurrentGradients) {
  const { sizes, area, kind } = layer;
  const { features, rows, width, pitch, gates, chunk } = sizes;
  const most = chunk * rows;
  const wide = panels(features, panelColumns);
  return layer.reserve({
    inputWeight: 4 * gates * features,
    weight: 4 * gates * width,
    inputSide: to.input === null ? 0 : sideBytes(features, gates),
    side: sideBytes(width, gates),
    x: 4 * most * features,
    h: 4 * most * width,
    sums: 4 * most * pitch,
    left: max(sideBytes(rows, gates), sideBytes(sizes.sums, most), sideBytes(most, gates)),
    right: max(sideBytes(features, most), sideBytes(width, most)),
    toInput: 4 * most * wide,
    toInputWeight: 4 * gates * wide,
    toWeight: 4 * gates * width,
    toBias: 8 * sizes.sums,
    laterH: area,
    laterC: area,
    givenH: area,
    givenC: area,
    before: area,
    after: area,
    kept: kind.kept * area,
  });
}

type Areas = NonNullable<ReturnType<typeof areas>>;

/** Adds what some steps give to the gradients of the weights and the biases; the first to come writes those of the weights. */
function addToWeights(layer: Layer, at: Areas, to: RecurrentGradients, rows: number, isFirst: boolean): void {
  const { products, kind, sizes } = layer;
  const { features, width, pitch, gates } = sizes;
  const sums = products.left(columnsAt(at.sums, pitch), sizes.sums, rows, at.left);
  if (to.inputWeight !== null) {
    const x = products.right(rowsAt(at.x, features), features, rows, at.right);
    products.multiply(at.toInputWeight, panels(features, panelColumns), sums, 0, gates, x, 0, features, !isFirst);
  }
  if (to.weight !== null) {
    const h = products.right(rowsAt(at.h, width), width, rows, at.right);
    products.multiply(at.toWeight, width, sums, kind.firstOfState * width, gates, h, 0, width, !isFirst);
  }
  if (to.inputBias !== null || to.bias !== null) layer.columnSums(at.toBias, at.sums, 4 * pitch, rows, sizes.sums);
}

/** Gradients to the inputs of `n` steps from `begin` on. */
function writeInputs(layer: Layer, at: Areas, to: View, weight: Side, begin: number, n: number, reverse: boolean) {
  const { products, heap, sizes } = layer;
  const { steps, batch, features, rows, pitch, gates } = sizes;
  const wide = panels(features, panelColumns);
  const sums = products.left(rowsAt(at.sums, pitch), n * rows, gates, at.left);
  products.multiply(at.toInput, wide, sums, 0, n * rows, weight, 0, features, false);
  for (let k = 0; k < n; k++) {
    const t = timeOf(begin + k, steps, reverse);
    unstage(heap, at.toInput + 4 * k * rows * wide, wide, matrixAt(to, t), batch, features);
  }
}

/** Writes the gradients that all steps have added to. */
function writeSums(layer: Layer, at: Areas, to: RecurrentGradients): void {
  const { kind, heap, sizes } = layer;
  const { fromInput, fromState, firstOfState } = kind;
  const wide = panels(sizes.features, panelColumns);
  if (to.h !== null) layer.writeState(at.laterH, matrixOf(to.h));
  if (to.c !== null) layer.writeState(at.laterC, matrixOf(to.c));
  if (to.inputWeight !== null) layer.writeWeight(at.toInputWeight, wide, to.inputWeight, fromInput, 0);
  if (to.weight !== null) layer.writeWeight(at.toWeight, sizes.width, to.weight, fromState, firstOfState);
  const biases = [[to.inputBias, fromInput] as const, [to.bias, fromState] as const];
  for (const [bias, parts] of biases) {
    if (bias === null) continue;
    layer.eachBias(bias, parts, (data, place, from) => {
      data[place] = heap.f64[at.toBias / 8 + from];
    });
  }
}

/** `FusedKernels.recurrenceBackward`; false, and nothing done, where it does not run here. */
export function recurrenceBackwardVectors(
  kind: Recurrence,
  to: RecurrentGradients,
  gradients: Pick<RecurrentResults, 'output' | 'cells'>,
  operands: RecurrentOperands,
  { output, cells, kept }: RecurrentResults,
  reverse: boolean,
): boolean {
  const layer = Layer.open(kind, operands);
  const at = layer && areas(layer, to);
  if (layer === null || at === null) return false;
  const { sizes, products, area } = layer;
  const { steps, batch, features, rows, width, pitch, gates, chunk } = sizes;
  const { parts, fromInput, fromState, firstOfState, carries } = kind;

  layer.readWeight(at.weight, width, operands.weight, fromState, firstOfState);
  const weight = products.right(rowsAt(at.weight, width), width, gates, at.side);
  if (to.input !== null) layer.readWeight(at.inputWeight, features, operands.inputWeight, fromInput, 0);
  const inputWeight = to.input && products.right(rowsAt(at.inputWeight, features), features, gates, at.inputSide);
  for (const state of [at.laterH, at.laterC, at.givenC]) layer.clear(state, area);
  layer.clear(at.toBias, 8 * sizes.sums);

  const toCells = gradients.cells === null || isNothing(gradients.cells) ? null : gradients.cells;
  const [carried, first] = carries === 'c' ? [cells as View, operands.c as View] : [output, operands.h];
  const direct = { c: [at.laterC], h: [at.laterH], none: [] }[carries ?? 'none'];
  const read = [at.givenH, at.laterH, ...(carries === 'c' ? [at.givenC, at.laterC] : [])];
  read.push(...places(at.kept, kind.kept, area));
  const strides = [...apart(parts, pitch), ...apart(direct.length + read.length + 2, width)];

  let [before, after] = [at.before, at.after];
  layer.readState(before, matrixAt(carried, timeOf(steps - 1, steps, reverse)));
  const last = steps - 1 - ((steps - 1) % chunk);
  for (let begin = last; begin >= 0; begin -= chunk) {
    const n = min(chunk, steps - begin);
    for (let k = n - 1; k >= 0; k--) {
      const s = begin + k;
      const t = timeOf(s, steps, reverse);
      const earlier = timeOf(s - 1, steps, reverse);
      // What a step ends with is what the one after it began with.
      [before, after] = [after, before];
      layer.readState(before, s === 0 ? matrixOf(first) : matrixAt(carried, earlier));
      layer.readState(at.givenH, matrixAt(gradients.output, t));
      if (toCells !== null) layer.readState(at.givenC, matrixAt(toCells, t));
      if (kept !== null) layer.readKept(at.kept, kept, t);
      const sums = at.sums + 4 * k * rows * pitch;
      const results = [...places(sums, parts, 4 * width), ...direct];
      layer.stepBackward(batch, 4 * width, ...results, ...read, before, after, ...strides);
      if (to.weight !== null) {
        layer.readState(at.h + 4 * k * rows * width, s === 0 ? matrixOf(operands.h) : matrixAt(output, earlier));
      }
      if (to.inputWeight !== null) {
        layer.read(at.x + 4 * k * rows * features, features, matrixAt(operands.input, t), batch, features);
      }
      if (s === 0 && to.h === null) continue;
      const left = products.left(rowsAt(sums + 4 * firstOfState * width, pitch), rows, gates, at.left);
      products.multiply(at.laterH, width, left, 0, rows, weight, 0, width, carries === 'h');
    }
    addToWeights(layer, at, to, n * rows, begin === last);
    if (inputWeight !== null) writeInputs(layer, at, to.input as View, inputWeight, begin, n, reverse);
  }
  writeSums(layer, at, to);
  return true;
}
