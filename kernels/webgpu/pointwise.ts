import { type Formula, identity } from '../dag.js';
import type { DType, Operand, View } from '../types.js';
import { broadcastStrides, collapse, count } from '../view.js';
import {
  Bindings,
  type Context,
  cached,
  grid,
  groupSize,
  nestFields,
  position,
  shader,
  threadHead,
  unravel,
  writeNest,
} from './shader.js';
import { elementCode, emit, kindOf, load, store, type Value } from './wgsl.js';

/** An operand in the path of a program: 0 and 1 for numbers, 2 for what the formula does not reach, else dtype and binding. */
const integerCode = 0;
const floatCode = 1;
const ignoredCode = 2;
const viewCode = 3;

interface Launch {
  readonly compute: 'f32' | 'i32';
  readonly outputs: readonly View[];
  readonly inputs: readonly Operand[];
  /** One for each output, then one for each input. */
  readonly codes: readonly number[];
  readonly rank: number;
}

function bindingOf(code: number): number {
  return Math.floor((code - viewCode) / 3);
}

function source(f: Formula, { compute, outputs, inputs, codes, rank }: Launch, writes: readonly boolean[]): string {
  const views = outputs.map((_, k) => `o${k}`);
  const numbers: string[] = [];
  const values = inputs.map((x, k): Value => {
    const code = codes[outputs.length + k];
    if (code === ignoredCode) return { kind: compute, text: '0' };
    if (typeof x === 'number') {
      const kind = code === integerCode ? 'i32' : 'f32';
      numbers.push(`x${k}: ${kind}`);
      return { kind, text: `parameters.x${k}` };
    }
    views.push(`x${k}`);
    return load(`buffer${bindingOf(code)}[${position('n', rank, `x${k}`)}]`, x.dtype);
  });
  const { body, results } = emit(f, compute, values, 'v');
  const stores = outputs.map(
    (o, k) => `buffer${bindingOf(codes[k])}[${position('n', rank, `o${k}`)}] = ${store(results[k], o.dtype)};`,
  );
  const main = `${threadHead}
  if (index >= parameters.count) { return; }
  ${unravel('n', rank, 'index')}
  ${body}
  ${stores.join('\n  ')}
}`;
  return shader(['count: u32', ...nestFields('n', rank, views), ...numbers], writes, main);
}

/** `Kernels.pointwise`. One thread an element; layouts and numbers are parameters, so a program serves every shape of a rank. */
export function pointwise(
  { queue, slot }: Context,
  f: Formula,
  compute: DType,
  outputs: readonly View[],
  inputs: readonly Operand[],
): void {
  const { shape } = outputs[0];
  const n = count(shape);
  if (n === 0) return;
  const kind = kindOf(compute);
  const bindings = new Bindings();
  const codes = outputs.map((o) => viewCode + bindings.add(o, true) * 3 + elementCode(o.dtype));
  const moving: View[] = [...outputs];
  const numbers: number[] = [];
  inputs.forEach((x, k) => {
    if (!f.reaches[k]) codes.push(ignoredCode);
    else if (typeof x === 'number') {
      codes.push(kind === 'i32' && Number.isInteger(x) ? integerCode : floatCode);
      numbers.push(x);
    } else {
      codes.push(viewCode + bindings.add(x, false) * 3 + elementCode(x.dtype));
      moving.push(x);
    }
  });
  const strides = moving.map((v, k) => (k < outputs.length ? v.strides : broadcastStrides(v.shape, v.strides, shape)));
  const nest = collapse(shape, strides);
  const rank = nest.shape.length;
  const launch: Launch = { compute: kind, outputs, inputs, codes, rank };
  const program = cached(f.compiled, [slot, rank, kind === 'f32' ? 0 : 1, ...codes], () =>
    queue.compile(source(f, launch, bindings.writes), bindings.writes),
  );

  const at = queue.reserve(1 + rank + moving.length * (rank + 1) + numbers.length);
  queue.ints[at] = n;
  let next = writeNest(
    queue.ints,
    at + 1,
    nest,
    moving.map((v) => v.offset),
  );
  let seen = 0;
  for (const code of codes) {
    if (code === integerCode) queue.ints[next++] = numbers[seen++];
    else if (code === floatCode) queue.floats[next++] = numbers[seen++];
  }
  queue.run(program, bindings.handles, at, ...grid(Math.ceil(n / groupSize)), 1);
}

/** `Kernels.copy`: where nothing is converted the words move as they are. */
export function copy(context: Context, output: View, input: View): void {
  if (output.dtype !== input.dtype) pointwise(context, identity, input.dtype, [output], [input]);
  else pointwise(context, identity, 'int32', [asWords(output)], [asWords(input)]);
}

function asWords({ buffer, offset, shape, strides }: View): View {
  return { buffer, offset, shape, strides, dtype: 'int32' };
}

/** `Kernels.fill`. */
export function fill(context: Context, output: View, value: number | bigint): void {
  pointwise(context, identity, output.dtype, [output], [Number(value)]);
}
