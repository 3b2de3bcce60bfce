import type { Tensor } from '../tensor.js';

/** Loss and gradient somewhere along a line. */
export interface Point {
  readonly loss: number;
  readonly gradient: Tensor;
}

/** A point at a length along the direction, and the slope of the loss there. */
interface Trial extends Point {
  readonly length: number;
  readonly slope: number;
}

const { abs, max, min, sqrt } = Math;

/** How much of the slope's promise a step must keep, and how much flatter the slope must get (Nocedal and Wright 2006, section 3.1). */
const decrease = 1e-4;
const curvature = 0.9;
/** A bracket that moves no parameter more than this is not refined. */
const narrowest = 1e-9;
const mostTrials = 25;

/** Where the cubic through two points with their slopes is lowest, within bounds. */
function cubicMinimum(one: Trial, other: Trial, low: number, high: number): number {
  const [a, b] = one.length <= other.length ? [one, other] : [other, one];
  const d1 = a.slope + b.slope - (3 * (a.loss - b.loss)) / (a.length - b.length);
  const square = d1 * d1 - a.slope * b.slope;
  if (!(square >= 0)) return (low + high) / 2;
  const d2 = sqrt(square);
  const lowest = b.length - (b.length - a.length) * ((b.slope + d2 - d1) / (b.slope - a.slope + 2 * d2));
  return min(max(lowest, low), high);
}

/**
 * A step's length at which the loss has fallen and flattened enough: the strong Wolfe conditions, by bracketing and cubic interpolation.
 * `at` evaluates the loss at a length along the direction.
 */
export function strongWolfe(
  at: (length: number) => Point,
  first: number,
  direction: Tensor,
  start: Point,
  slope: number,
): { point: Point; length: number; evaluations: number } {
  const longest = direction.abs().amax().item();
  let evaluations = 0;
  const attempt = (length: number): Trial => {
    evaluations++;
    const point = at(length);
    return { ...point, length, slope: point.gradient.mul(direction).sum().item() };
  };
  const tooHigh = ({ loss, length }: Trial): boolean => loss > start.loss + decrease * length * slope;
  const flat = (trial: Trial): boolean => abs(trial.slope) <= -curvature * slope;
  const origin: Trial = { ...start, length: 0, slope };

  let trials = 0;
  let before = origin;
  let trial = attempt(first);
  let bracket: [Trial, Trial] | null = null;
  for (; trials < mostTrials; trials++) {
    if (tooHigh(trial) || (trials > 1 && trial.loss >= before.loss)) {
      bracket = [before, trial];
      break;
    }
    if (flat(trial)) return { point: trial, length: trial.length, evaluations };
    if (trial.slope >= 0) {
      bracket = [before, trial];
      break;
    }
    const next = cubicMinimum(before, trial, trial.length + 0.01 * (trial.length - before.length), trial.length * 10);
    before = trial;
    trial = attempt(next);
  }
  bracket ??= [origin, trial];

  let [low, high] = bracket[0].loss <= bracket[1].loss ? bracket : [bracket[1], bracket[0]];
  let stuck = false;
  for (; trials < mostTrials; trials++) {
    const left = min(low.length, high.length);
    const right = max(low.length, high.length);
    if ((right - left) * longest < narrowest) break;
    let length = cubicMinimum(low, high, left, right);
    const margin = 0.1 * (right - left);
    // A point too near the end of the bracket, for the second time or exactly there, is moved inwards.
    const near: boolean = min(right - length, length - left) < margin;
    const move: boolean = near && (stuck || length >= right || length <= left);
    if (move) length = abs(length - right) < abs(length - left) ? right - margin : left + margin;
    stuck = near && !move;

    trial = attempt(length);
    if (tooHigh(trial) || trial.loss >= low.loss) {
      high = trial;
      if (high.loss < low.loss) [low, high] = [high, low];
      continue;
    }
    if (flat(trial)) {
      low = trial;
      break;
    }
    if (trial.slope * (high.length - low.length) >= 0) high = low;
    low = trial;
  }
  return { point: low, length: low.length, evaluations };
}
