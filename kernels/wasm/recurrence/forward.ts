import type { Recurrence } from '../../recurrence.js';
import type { RecurrentOperands, RecurrentResults } from '../../types.js';
import { apart, columnsAt, Layer, matrixAt, matrixOf, places, rowsAt, timeOf } from './layer.js';
import { sideBytes } from './products.js';

const { max, min } = Math;

/** `FusedKernels.recurrence`; false, and nothing done, where it does not run here. */
export function recurrenceVectors(
  kind: Recurrence,
  { output, cells, kept }: RecurrentResults,
  operands: RecurrentOperands,
  reverse: boolean,
): boolean {
  const layer = Layer.open(kind, operands);
  if (layer === null) return false;
  const { sizes, products, heap, area } = layer;
  const { steps, batch, features, rows, width, pitch, gates, chunk } = sizes;
  const at = layer.reserve({
    inputWeight: 4 * gates * features,
    weight: 4 * gates * width,
    inputSide: sideBytes(gates, features),
    side: sideBytes(gates, width),
    bias: 4 * sizes.sums,
    x: 4 * chunk * rows * features,
    sums: 4 * chunk * rows * pitch,
    left: max(sideBytes(chunk * rows, features), sideBytes(rows, width)),
    h: area,
    c: area,
    kept: kind.kept * area,
  });
  if (at === null) return false;

  const { parts, firstOfState } = kind;
  layer.readWeight(at.inputWeight, features, operands.inputWeight, kind.fromInput, 0);
  layer.readWeight(at.weight, width, operands.weight, kind.fromState, firstOfState);
  const inputWeight = products.right(columnsAt(at.inputWeight, features), gates, features, at.inputSide);
  const weight = products.right(columnsAt(at.weight, width), gates, width, at.side);
  layer.clear(at.bias, 4 * sizes.sums);
  const given = [[operands.inputBias, kind.fromInput] as const, [operands.bias, kind.fromState] as const];
  for (const [bias, whose] of given) {
    if (bias === null) continue;
    layer.eachBias(bias, whose, (data, from, place) => {
      heap.f32[at.bias / 4 + place] += data[from];
    });
  }
  layer.readState(at.h, matrixOf(operands.h));
  if (operands.c !== null) layer.readState(at.c, matrixOf(operands.c));

  const carried = kind.carries === null ? [] : [at[kind.carries]];
  const results = [at.h, ...(kind.carries === 'c' ? [at.c] : []), ...places(at.kept, kind.kept, area)];
  const biases = places(at.bias, parts, 4 * width);
  const strides = [
    ...apart(results.length, width),
    ...apart(parts, pitch),
    ...apart(parts, 0),
    ...apart(carried.length, width),
  ];
  // Of the state's sums, these are added to the input's; the others stand alone.
  const joined = gates - firstOfState * width;
  for (let first = 0; first < steps; first += chunk) {
    const n = min(chunk, steps - first);
    for (let k = 0; k < n; k++) {
      const t = timeOf(first + k, steps, reverse);
      layer.read(at.x + 4 * k * rows * features, features, matrixAt(operands.input, t), batch, features);
    }
    const x = products.left(rowsAt(at.x, features), n * rows, features, at.left);
    products.multiply(at.sums, pitch, x, 0, n * rows, inputWeight, 0, gates, false);
    for (let k = 0; k < n; k++) {
      const t = timeOf(first + k, steps, reverse);
      const sums = at.sums + 4 * k * rows * pitch;
      const h = products.left(rowsAt(at.h, width), rows, width, at.left);
      products.multiply(sums + 4 * firstOfState * width, pitch, h, 0, rows, weight, 0, joined, true);
      if (joined < gates) products.multiply(sums + 4 * gates, pitch, h, 0, rows, weight, joined, gates - joined, false);
      layer.step(batch, 4 * width, ...results, ...places(sums, parts, 4 * width), ...biases, ...carried, ...strides);
      layer.writeState(at.h, matrixAt(output, t));
      if (cells !== null) layer.writeState(at.c, matrixAt(cells, t));
      if (kept !== null) layer.writeKept(at.kept, kept, t);
    }
  }
  return true;
}
