import type { View } from '../types.js';
import { collapse, count } from '../view.js';
import { Bindings, type Context, cached, nestFields, position, shader, unravel, writeNest } from './shader.js';
import { elementCode, kindOf } from './wgsl.js';

/** A thread has a square block of outputs of this side, a workgroup 8 by 8 of them. */
const block = 4;
const threads = 8;
const mostBatches = 65535;

const each = (text: (i: number) => string): string => Array.from({ length: block }, (_, i) => text(i)).join('\n  ');
const vector = (text: (i: number) => string): string => Array.from({ length: block }, (_, i) => text(i)).join(', ');

function source(kind: 'f32' | 'i32', rank: number, writes: readonly boolean[], a: number, b: number): string {
  const fields = [
    'm: u32',
    'n: u32',
    'k: i32',
    'batches: u32',
    ...['a_row', 'a_column', 'b_row', 'b_column', 'o_row', 'o_column'].map((name) => `${name}: i32`),
    ...nestFields('n', rank, ['o', 'a', 'b']),
  ];
  // Rows and columns beyond the edge read the last one and write nothing.
  const body = `
fn at_a(place: i32) -> ${kind} { return bitcast<${kind}>(buffer${a}[place]); }
fn at_b(place: i32) -> ${kind} { return bitcast<${kind}>(buffer${b}[place]); }
fn store(row: u32, column: u32, base: i32, values: vec4<${kind}>) {
  if (row >= parameters.m) { return; }
  let place = base + i32(row) * parameters.o_row;
  for (var i = 0u; i < ${block}u && column + i < parameters.n; i++) {
    buffer0[place + i32(column + i) * parameters.o_column] = bitcast<u32>(values[i]);
  }
}
@compute @workgroup_size(${threads}, ${threads})
fn main(@builtin(global_invocation_id) id: vec3<u32>, @builtin(num_workgroups) groups: vec3<u32>) {
  let row = id.y * ${block}u;
  let column = id.x * ${block}u;
  if (row >= parameters.m || column >= parameters.n) { return; }
  ${each((i) => `let row${i} = i32(min(row + ${i}u, parameters.m - 1u)) * parameters.a_row;`)}
  ${each((i) => `let column${i} = i32(min(column + ${i}u, parameters.n - 1u)) * parameters.b_column;`)}
  for (var batch = id.z; batch < parameters.batches; batch += groups.z) {
    ${unravel('n', rank, 'batch')}
    var a = ${position('n', rank, 'a')};
    var b = ${position('n', rank, 'b')};
    let o = ${position('n', rank, 'o')};
    ${each((i) => `var sum${i} = vec4<${kind}>();`)}
    for (var k = 0; k < parameters.k; k++) {
      let line = vec4<${kind}>(${vector((i) => `at_b(b + column${i})`)});
      ${each((i) => `sum${i} += at_a(a + row${i}) * line;`)}
      a += parameters.a_column;
      b += parameters.b_row;
    }
    ${each((i) => `store(row + ${i}u, column, o, sum${i});`)}
  }
}`;
  return shader(fields, writes, body);
}

/** Programs by dtype, rank of the batch and binding, one array a device. */
const compiled: unknown[] = [];

/** `Kernels.matmul`, in float32 or int32: blocks in registers, no staging. */
export function matmul({ queue, slot }: Context, output: View, a: View, b: View): void {
  if (count(output.shape) === 0) return;
  const rank = output.shape.length - 2;
  const [m, n] = output.shape.slice(rank);
  const [k] = a.shape.slice(-1);
  const nest = collapse(
    output.shape.slice(0, rank),
    [output, a, b].map((v) => v.strides.slice(0, rank)),
  );
  const batches = count(nest.shape);
  const bindings = new Bindings();
  bindings.add(output, true);
  const [first, second] = [bindings.add(a, false), bindings.add(b, false)];
  const { length } = nest.shape;
  const program = cached(compiled, [slot, elementCode(output.dtype), length, first, second], () =>
    queue.compile(source(kindOf(output.dtype), length, bindings.writes, first, second), bindings.writes),
  );

  const at = queue.reserve(10 + (length + 1) * 4);
  const words = [m, n, k, batches, ...[a, b, output].flatMap((v) => v.strides.slice(rank))];
  queue.ints.set(words, at);
  writeNest(queue.ints, at + words.length, nest, [output.offset, a.offset, b.offset]);
  const side = block * threads;
  queue.run(program, bindings.handles, at, Math.ceil(n / side), Math.ceil(m / side), Math.min(batches, mostBatches));
}
