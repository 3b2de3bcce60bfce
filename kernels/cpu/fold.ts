import type { View } from '../types.js';

/** The loops of a reduction: dimensions of size 1 left out, neighbours merged, a kept one with steps of 1 last. */
export interface Fold {
  keptRank: number;
  readonly keptShape: number[];
  /** Steps along the kept dimensions, in the output and in the input. */
  readonly keptTo: number[];
  readonly keptFrom: number[];
  foldedRank: number;
  readonly foldedShape: number[];
  readonly foldedFrom: number[];
  /** Elements kept, and elements folded into each. */
  kept: number;
  folded: number;
}

// Made over by every call: a record with new lists costs more than a small sum.
const fold: Fold = {
  keptRank: 0,
  keptShape: [],
  keptTo: [],
  keptFrom: [],
  foldedRank: 0,
  foldedShape: [],
  foldedFrom: [],
  kept: 1,
  folded: 1,
};

function keep(size: number, to: number, from: number): void {
  const { keptShape, keptTo, keptFrom } = fold;
  fold.kept *= size;
  if (size === 1) return;
  let last = fold.keptRank - 1;
  if (last >= 0 && keptTo[last] === to * size && keptFrom[last] === from * size) keptShape[last] *= size;
  else {
    last = fold.keptRank++;
    keptShape[last] = size;
  }
  keptTo[last] = to;
  keptFrom[last] = from;
}

function foldDim(size: number, from: number): void {
  const { foldedShape, foldedFrom } = fold;
  fold.folded *= size;
  if (size === 1) return;
  let last = fold.foldedRank - 1;
  if (last >= 0 && foldedFrom[last] === from * size) foldedShape[last] *= size;
  else {
    last = fold.foldedRank++;
    foldedShape[last] = size;
  }
  foldedFrom[last] = from;
}

function swap(list: number[], i: number, j: number): void {
  [list[i], list[j]] = [list[j], list[i]];
}

/** Which of the first `rank` steps is 1; -1 for none. */
function unit(steps: readonly number[], rank: number): number {
  for (let d = rank - 1; d >= 0; d--) if (steps[d] === 1) return d;
  return -1;
}

/** The loops that fold `dims` of the input into the output; valid until the next call. */
export function foldOf(output: View, input: View, dims: readonly number[]): Fold {
  const { shape, strides } = input;
  fold.keptRank = 0;
  fold.foldedRank = 0;
  fold.kept = 1;
  fold.folded = 1;
  let o = 0;
  for (let d = 0; d < shape.length; d++) {
    if (dims.includes(d)) foldDim(shape[d], strides[d]);
    else keep(shape[d], output.strides[o++], strides[d]);
  }
  const kept = unit(fold.keptFrom, fold.keptRank);
  if (kept >= 0 && kept !== fold.keptRank - 1) {
    for (const list of [fold.keptShape, fold.keptTo, fold.keptFrom]) swap(list, kept, fold.keptRank - 1);
  }
  return fold;
}

/** Puts a folded dimension with steps of 1 last: for what may be folded in any order. */
export function unitLast({ foldedShape, foldedFrom, foldedRank }: Fold): void {
  const d = unit(foldedFrom, foldedRank);
  if (d < 0 || d === foldedRank - 1) return;
  for (const list of [foldedShape, foldedFrom]) swap(list, d, foldedRank - 1);
}
