import type { View } from '../types.js';
import type { Nest } from '../view.js';
import { helpersOf } from './lowering.js';
import { type Handle, handleOf, type Pool } from './pool.js';
import type { Program, Queue } from './queue.js';

/** What the kernel families work with; `slot` is the device's own in `Formula.compiled`. */
export interface Context {
  readonly pool: Pool;
  readonly queue: Queue;
  readonly slot: number;
}

/** Threads of a workgroup where every thread has an element. */
export const groupSize = 64;

/** Workgroups in one dimension that every device allows. */
const mostGroups = 65535;

/** The storage buffers of a dispatch. A buffer that several views look into is bound once: WebGPU refuses it twice when one writes. */
export class Bindings {
  readonly handles: Handle[] = [];
  readonly writes: boolean[] = [];

  /** The number of the binding through which a view is reached. */
  add(view: View, write: boolean): number {
    const handle = handleOf(view.buffer);
    const known = this.handles.indexOf(handle);
    if (known >= 0) {
      this.writes[known] ||= write;
      return known;
    }
    this.handles.push(handle);
    this.writes.push(write);
    return this.handles.length - 1;
  }
}

/** The program at a path of small integers below a device's slot: arrays all the way. All paths from one owner have the same length. */
export function cached(compiled: unknown[], path: readonly number[], make: () => Program): Program {
  let row = compiled;
  const last = path.length - 1;
  for (let i = 0; i < last; i++) row = (row[path[i]] ??= []) as unknown[];
  return (row[path[last]] ??= make()) as Program;
}

/** The parameters of a loop nest: its sizes but the first, then offset and strides of every view that moves in it. */
export function nestFields(nest: string, rank: number, views: readonly string[]): string[] {
  const fields: string[] = [];
  for (let d = 1; d < rank; d++) fields.push(`${nest}_size${d}: u32`);
  for (const view of views) {
    fields.push(`${view}_offset: i32`);
    for (let d = 0; d < rank; d++) fields.push(`${view}_stride${d}: i32`);
  }
  return fields;
}

/** Writes those parameters; returns where the next ones stand. */
export function writeNest(ints: Int32Array, at: number, nest: Nest, offsets: readonly number[]): number {
  const rank = nest.shape.length;
  for (let d = 1; d < rank; d++) ints[at++] = nest.shape[d];
  for (let v = 0; v < offsets.length; v++) {
    ints[at++] = offsets[v];
    for (let d = 0; d < rank; d++) ints[at++] = nest.strides[v][d];
  }
  return at;
}

/** Statements that take an index apart into one coordinate a dimension. */
export function unravel(nest: string, rank: number, index: string): string {
  const lines = [`var ${nest}_rest = ${index};`];
  for (let d = rank - 1; d > 0; d--) {
    lines.push(`let ${nest}${d} = i32(${nest}_rest % parameters.${nest}_size${d});`);
    lines.push(`${nest}_rest = ${nest}_rest / parameters.${nest}_size${d};`);
  }
  if (rank > 0) lines.push(`let ${nest}0 = i32(${nest}_rest);`);
  return lines.join('\n  ');
}

/** Where a view's element stands at those coordinates. */
export function position(nest: string, rank: number, view: string): string {
  let text = `parameters.${view}_offset`;
  for (let d = 0; d < rank; d++) text += ` + ${nest}${d} * parameters.${view}_stride${d}`;
  return text;
}

/** A whole shader: parameters, buffers, the helpers that `body` calls, and `body`, which holds `main`. */
export function shader(fields: readonly string[], writes: readonly boolean[], body: string): string {
  return [
    `struct Parameters { ${fields.join(', ')} }`,
    ...writes.map(
      (write, i) => `@group(0) @binding(${i}) var<storage, ${write ? 'read_write' : 'read'}> buffer${i}: array<u32>;`,
    ),
    '@group(1) @binding(0) var<uniform> parameters: Parameters;',
    helpersOf(body),
    body,
  ].join('\n');
}

/** The head of `main` and the number of the thread, or of the workgroup where each has one piece of work. */
export const threadHead: string = `
@compute @workgroup_size(${groupSize})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let index = id.x + id.y * groups.x * ${groupSize}u;`;

/** Spreads workgroups over two dimensions where one is not enough. */
export function grid(groups: number): [number, number] {
  if (groups <= mostGroups) return [groups, 1];
  return [mostGroups, Math.ceil(groups / mostGroups)];
}
