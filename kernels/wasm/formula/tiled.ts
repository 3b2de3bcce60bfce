import type { Operand, View } from '../../types.js';
import { broadcastStrides, collapse, count } from '../../view.js';
import type { Heap } from '../heap.js';
import { policy } from '../policy.js';
import { Box } from './boxes.js';
import { arrayOf, type Redo, type Staging } from './flat.js';
import { type Code, turnOf } from './formula.js';
import { turnerBehind } from './transpose.js';

const { ceil, floor, min } = Math;

/** A formula compiled for the kinds of its operands, and where they are staged. */
export interface Staged {
  readonly heap: Heap;
  readonly code: Code;
  readonly staging: Staging;
  readonly redo: Redo;
}

/** An operand that moves through the tiles. */
interface Moving {
  readonly data: Float64Array;
  readonly strides: readonly number[];
  readonly array: Float64Array;
  readonly start: number;
  offset: number;
  readonly box: Box;
  /** The last piece of the dimension that is cut, where it is smaller. */
  readonly rest: Box;
  /** Offset and elements of what lies in the tile. */
  staged: number;
  held: number;
}

/** Cuts the loops into boxes that fit a tile: whole inner dimensions, and pieces of the one before them. */
export function runBoxes(
  { heap, code, staging, redo }: Staged,
  outputs: readonly View[],
  inputs: readonly Operand[],
): void {
  const { lanes, places, tile } = staging;
  const { shape } = outputs[0];
  // Before anything looks into the heap: it may grow.
  const turner = count(shape) >= policy.transposes ? turnerBehind(staging.bytes) : null;
  const views = [...outputs, ...inputs].map((x, k) => (places[k] === 0 ? null : (x as View)));
  const walking = views.filter((view) => view !== null);
  const nest = collapse(
    shape,
    walking.map((view) => broadcastStrides(view.shape, view.strides, shape)),
  );
  if (nest.shape.length === 0) {
    nest.shape.push(1);
    for (const strides of nest.strides) strides.push(0);
  }
  let cut = nest.shape.length - 1;
  let inner = 1;
  while (cut > 0 && inner * nest.shape[cut] <= tile) inner *= nest.shape[cut--];
  const piece = min(nest.shape[cut], floor(tile / inner));
  const remaining = nest.shape[cut] % piece;
  const boxShape = nest.shape.slice(cut + 1);

  let place = 0;
  const moving: Moving[] = [];
  const arguments_ = [...outputs, ...inputs].map((x, k) => {
    if (typeof x === 'number') return x;
    const view = views[k];
    if (view === null)
      return staging.inputs[k - outputs.length] === 'one' ? Number((x.buffer as Float64Array)[x.offset]) : 0;
    const strides = nest.strides[place++];
    const { array, bytes } = arrayOf(heap, lanes, view.dtype === 'bool' ? 'bytes' : 'elements');
    const boxOf = (rows: number): Box => new Box([rows, ...boxShape], strides.slice(cut), view.dtype, turner);
    const box = boxOf(piece);
    const rest = remaining === 0 ? box : boxOf(remaining);
    const data = view.buffer as unknown as Float64Array;
    moving.push({
      data,
      strides,
      array,
      start: places[k] / bytes,
      offset: view.offset,
      box,
      rest,
      staged: -1,
      held: 0,
    });
    return places[k];
  });
  const numbers = staging.inputs.map((kind, k) => (kind === 'one' ? arguments_[outputs.length + k] : 0));

  const runPiece = (start: number, rows: number): void => {
    const size = rows * inner;
    const turned = turnOf(code, size * lanes.bytes);
    const bytes = turned * ceil((size * lanes.bytes) / turned);
    for (const [k, m] of moving.entries()) {
      const from = m.offset + start * m.strides[cut];
      // What is the same in every box, such as a bias, is there already.
      if (k < outputs.length || (m.staged === from && m.held >= size)) continue;
      (rows === piece ? m.box : m.rest).gather(m.array, m.start, m.data, from);
      // No argument that makes operations give up or take longer may be left from another launch.
      if (code.doubtful || code.choosy)
        m.array.fill(m.array[m.start + size - 1], m.start + size, m.start + bytes / lanes.bytes);
      m.staged = from;
      m.held = size;
    }
    if (code.run(bytes, ...arguments_) !== 0) redo(size, numbers);
    for (let k = 0; k < outputs.length; k++) {
      const m = moving[k];
      (rows === piece ? m.box : m.rest).scatter(m.data, m.offset + start * m.strides[cut], m.array, m.start);
    }
  };
  const walk = (d: number): void => {
    if (d === cut) {
      for (let i = 0; i < nest.shape[cut]; i += piece) runPiece(i, min(piece, nest.shape[cut] - i));
      return;
    }
    for (let i = 0; i < nest.shape[d]; i++) {
      walk(d + 1);
      for (const m of moving) m.offset += m.strides[d];
    }
    for (const m of moving) m.offset -= nest.shape[d] * m.strides[d];
  };
  walk(0);
}
