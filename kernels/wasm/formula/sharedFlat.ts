import type { Formula } from '../../dag.js';
import { operations, type ScalarName } from '../../scalar.js';
import type { Operand, View } from '../../types.js';
import type { Pool, Task } from '../threads/pool.js';
import { type Code, type Kind, turn } from './formula.js';

const { ceil, min } = Math;

/** Elements of an operand that are staged at a time, and that one task computes. */
const group = 32_768;
const piece = 4096;

/** An operand that moves through the heap, and its places for groups of even and of odd number. */
interface Moving {
  readonly data: Float32Array;
  readonly offset: number;
  readonly at: readonly [number, number];
}

// What an operation counts beside the copy of an operand.
const cheap = 0.5;
const division = 2;
const transcendental = 8;

/** What an element of a formula costs, in copies of an element. */
export function costOf(f: Formula): number {
  let cost = 0;
  for (const { name } of f.nodes) {
    if (name === 'input' || name === 'const') continue;
    const { costly } = operations[name as ScalarName];
    cost += costly ? transcendental : name === 'div' || name === 'sqrt' ? division : cheap;
  }
  return cost;
}

/**
 * Runs a formula over `n` float32 elements that lie one after another on all threads: while they compute one group of elements, the caller
 * stages the next and takes out the one before. False, and nothing done, where the heap cannot hold the groups.
 */
export function runShared(
  pool: Pool,
  { run }: Code,
  n: number,
  outputs: readonly View[],
  inputs: readonly Operand[],
  kinds: readonly Kind[],
  reaches: readonly boolean[],
): boolean {
  const { heap } = pool;
  const area = 4 * group;
  const base = heap.reserve(2 * (outputs.length + inputs.length) * area);
  if (base === 0) return false;
  const [into, out]: [Moving[], Moving[]] = [[], []];
  let next = base;
  const place = ({ buffer, offset }: View, list: Moving[]): [number, number] => {
    const at: [number, number] = [next, next + area];
    next += 2 * area;
    list.push({ data: buffer as Float32Array, offset, at });
    return at;
  };
  const places = outputs.map((o) => place(o, out));
  const values = inputs.map((x, k) => {
    if (typeof x === 'number') return x;
    if (kinds[k] === 'one') return (x.buffer as Float32Array)[x.offset];
    return reaches[k] ? place(x, into) : 0;
  });
  const stage = (g: number): void => {
    const first = g * group;
    const size = min(group, n - first);
    for (const { data, offset, at } of into) heap.write(at[g % 2], data, offset + first, size);
  };
  const unstage = (g: number): void => {
    const first = g * group;
    const size = min(group, n - first);
    for (const { data, offset, at } of out) heap.read(at[g % 2], data, offset + first, size);
  };
  const tasksOf = (g: number): Task[] => {
    const size = min(group, n - g * group);
    const tasks: Task[] = [];
    for (let i = 0; i < size; i += piece) {
      const bytes = turn * ceil((4 * min(piece, size - i)) / turn);
      const args = [...places, ...values].map((x) => (typeof x === 'number' ? x : x[g % 2] + 4 * i));
      tasks.push([[run, 0, bytes, ...args]]);
    }
    return tasks;
  };
  const groups = ceil(n / group);
  stage(0);
  for (let g = 0; g < groups; g++) {
    const finish = pool.start(tasksOf(g));
    if (g > 0) unstage(g - 1);
    if (g + 1 < groups) stage(g + 1);
    finish();
  }
  unstage(groups - 1);
  return true;
}
