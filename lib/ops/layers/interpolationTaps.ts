import type { Taps } from './resample.js';

/** How one dimension is resized: sizes, whether corners stay in place, and the scale where it is not the sizes' ratio. */
export interface Resizing {
  readonly from: number;
  readonly to: number;
  readonly alignCorners: boolean;
  /** Result over input, as given by the user; null: the ratio of the sizes. */
  readonly scale: number | null;
  /** Rounds as the coordinates' dtype does: PyTorch computes them in the input's. */
  readonly round: (value: number) => number;
}

/** The filters of resizing. */
export type Filter = 'nearest' | 'nearest-exact' | 'linear' | 'cubic';

/** Input elements per result element. */
function step({ from, to, alignCorners, scale, round }: Resizing): number {
  if (alignCorners) return to > 1 ? round((from - 1) / (to - 1)) : 0;
  return round(scale === null ? from / to : 1 / scale);
}

/** The input coordinate of each result. */
function coordinates(resizing: Resizing): number[] {
  const { to, alignCorners, round } = resizing;
  const by = step(resizing);
  return Array.from({ length: to }, (_, i) => (alignCorners ? round(by * i) : round(round(by * (i + 0.5)) - 0.5)));
}

const clamp = (i: number, size: number): number => Math.min(Math.max(i, 0), size - 1);

/** The one input element of each result. */
function nearest(resizing: Resizing, exact: boolean): Taps {
  const { from, to, round } = resizing;
  const by = step({ ...resizing, alignCorners: false });
  const index = Array.from({ length: to }, (_, i) => clamp(Math.floor(round(by * (exact ? i + 0.5 : i))), from));
  return { indices: [index], weights: [index.map(() => 1)] };
}

function linear(resizing: Resizing): Taps {
  const { from, to, round } = resizing;
  // The same size is the same elements, whatever the scale.
  const at = from === to ? Array.from({ length: to }, (_, i) => i) : coordinates(resizing).map((x) => Math.max(x, 0));
  const low = at.map((x) => clamp(Math.floor(x), from));
  const part = at.map((x, i) => round(x - low[i]));
  return {
    indices: [low, low.map((i) => clamp(i + 1, from))],
    weights: [part.map((t) => 1 - t), part],
  };
}

/** The weights of four neighbours for a place `t` behind the second (R. G. Keys, 1981). */
export function cubicWeights(t: number, a: number): number[] {
  const inner = (x: number): number => ((a + 2) * x - (a + 3)) * x * x + 1;
  const outer = (x: number): number => ((a * x - 5 * a) * x + 8 * a) * x - 4 * a;
  return [outer(t + 1), inner(t), inner(1 - t), outer(2 - t)];
}

/** Keys' free parameter, as PyTorch has it. */
export const KEYS = -0.75;

function cubic(resizing: Resizing): Taps {
  const { from, round } = resizing;
  const at = coordinates(resizing);
  const low = at.map(Math.floor);
  const weights = at.map((x, i) => cubicWeights(round(x - low[i]), KEYS));
  return {
    indices: [-1, 0, 1, 2].map((shift) => low.map((i) => clamp(i + shift, from))),
    weights: [0, 1, 2, 3].map((tap) => weights.map((list) => list[tap])),
  };
}

/** The taps of a filter. */
export function tapsOf(filter: Filter, resizing: Resizing): Taps {
  if (filter === 'linear') return linear(resizing);
  if (filter === 'cubic') return cubic(resizing);
  return nearest(resizing, filter === 'nearest-exact');
}

/** The filters as functions of the distance, for shrinking without aliasing. */
const kernels = {
  linear: { support: 1, value: (x: number): number => Math.max(0, 1 - x) },
  cubic: {
    support: 2,
    value: (x: number): number => {
      const weights = cubicWeights(x < 1 ? x : x - 1, -0.5);
      return x < 1 ? weights[1] : x < 2 ? weights[0] : 0;
    },
  },
};

/** The taps of a filter that is stretched to the step between results where that is more than one element. */
export function smoothTapsOf(filter: 'linear' | 'cubic', resizing: Resizing): Taps {
  const { from, to } = resizing;
  const by = step(resizing);
  const stretch = Math.max(by, 1);
  const { support, value } = kernels[filter];
  const rows = Array.from({ length: to }, (_, i) => {
    const center = by * (i + 0.5);
    const first = Math.max(Math.trunc(center - support * stretch + 0.5), 0);
    const last = Math.min(Math.trunc(center + support * stretch + 0.5), from);
    const weights = Array.from({ length: last - first }, (_, j) =>
      value(Math.abs((first + j - center + 0.5) / stretch)),
    );
    const total = weights.reduce((sum, w) => sum + w, 0);
    return { first, weights: weights.map((w) => w / total) };
  });
  const most = Math.max(...rows.map(({ weights }) => weights.length));
  const taps = Array.from({ length: most }, (_, tap) => tap);
  return {
    indices: taps.map((tap) => rows.map(({ first, weights }) => first + Math.min(tap, weights.length - 1))),
    weights: taps.map((tap) => rows.map(({ weights }) => weights[tap] ?? 0)),
  };
}
