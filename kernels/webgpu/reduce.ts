import type { Formula } from '../dag.js';
import { splitDims } from '../reference/reduce.js';
import type { Reduction, View } from '../types.js';
import { collapse, count } from '../view.js';
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
import { convert, elementCode, emit, type Kind, kindOf, literal, load, store, type Value } from './wgsl.js';

/** From so many elements an output on, a workgroup shares the work of one; below, each thread has one output. */
const sharedFrom = 256;
const sharers = 128;

type Number32 = Exclude<Kind, 'bool'>;

interface Plan {
  readonly reduction: Reduction;
  readonly output: View;
  readonly input: View;
  readonly keptRank: number;
  readonly foldedRank: number;
  readonly shared: boolean;
}

/** The kind in which a reduction accumulates: that of its output, but sums of floats are not cut to integers on the way. */
function foldingKind({ reduction, input, output }: Plan): Number32 {
  const kind = kindOf(input.dtype);
  const [value] = emit(reduction.before, kind, [{ kind, text: 'x' }], 'v').results;
  return value.kind === 'f32' ? 'f32' : kindOf(output.dtype);
}

/** A formula with one result as a WGSL function; `result` says how it is returned. */
function wgslFunction(
  name: string,
  f: Formula,
  parameters: readonly Value[],
  type: string,
  result: (value: Value) => string,
): string {
  const { body, results } = emit(f, parameters[0].kind as Number32, parameters, 'v');
  const list = parameters.map(({ kind, text }) => `${text}: ${kind}`).join(', ');
  return `fn ${name}(${list}) -> ${type} {\n  ${body}\n  return ${result(results[0])};\n}`;
}

/** One thread an output: the definition of a reduction, word for word. */
const alone = `
  for (var j = 0u; j < parameters.folded_count; j++) { folding = combine(folding, element(base, j)); }`;

/** A workgroup an output: each thread folds every so many elements, then halves meet. Every thread has an element. */
const together = `
  var part = element(base, lane);
  for (var j = lane + ${sharers}u; j < parameters.folded_count; j += ${sharers}u) { part = combine(part, element(base, j)); }
  parts[lane] = part;
  for (var half = ${sharers / 2}u; half > 0u; half /= 2u) {
    workgroupBarrier();
    if (lane < half) { parts[lane] = combine(parts[lane], parts[lane + half]); }
  }
  if (lane != 0u) { return; }
  folding = combine(folding, parts[0]);`;

const sharedHead = `
@compute @workgroup_size(${sharers})
fn main(
  @builtin(workgroup_id) id: vec3<u32>,
  @builtin(num_workgroups) groups: vec3<u32>,
  @builtin(local_invocation_index) lane: u32,
) {
  let index = id.x + id.y * groups.x;`;

function source(plan: Plan, writes: readonly boolean[], from: number): string {
  const { reduction, output, input, keptRank, foldedRank, shared } = plan;
  const kind = foldingKind(plan);
  const convertTo = (value: Value): string => convert(value, kind);
  const x = (text: string): Value => ({ kind, text });
  const fields = [
    'count: u32',
    'folded_count: u32',
    ...nestFields('kept', keptRank, ['o', 'x']),
    ...nestFields('folded', foldedRank, ['step']),
  ];
  const body = `
${wgslFunction('before', reduction.before, [{ kind: kindOf(input.dtype), text: 'x' }], kind, convertTo)}
${wgslFunction('combine', reduction.combine, [x('a'), x('b')], kind, convertTo)}
${wgslFunction('after', reduction.after, [x('a'), { kind: 'i32', text: 'n' }], 'u32', (value) => store(value, output.dtype))}
fn element(base: i32, j: u32) -> ${kind} {
  ${unravel('folded', foldedRank, 'j')}
  let word = buffer${from}[base + ${position('folded', foldedRank, 'step')}];
  return before(${load('word', input.dtype).text});
}
${shared ? `var<workgroup> parts: array<${kind}, ${sharers}>;${sharedHead}` : threadHead}
  if (index >= parameters.count) { return; }
  ${unravel('kept', keptRank, 'index')}
  let base = ${position('kept', keptRank, 'x')};
  var folding: ${kind} = ${literal(reduction.init, kind)};${shared ? together : alone}
  buffer0[${position('kept', keptRank, 'o')}] = after(folding, i32(parameters.folded_count));
}`;
  return shader(fields, writes, body);
}

/** `Kernels.reduce`. */
export function reduce(
  { queue, slot }: Context,
  reduction: Reduction,
  output: View,
  input: View,
  dims: readonly number[],
): void {
  const n = count(output.shape);
  if (n === 0) return;
  const { kept, folded } = splitDims(input, dims);
  const outer = collapse(kept.shape, [output.strides, kept.strides]);
  const inner = collapse(folded.shape, [folded.strides]);
  const [keptRank, foldedRank] = [outer.shape.length, inner.shape.length];
  const foldedCount = count(folded.shape);
  const shared = foldedCount >= sharedFrom;
  const bindings = new Bindings();
  bindings.add(output, true);
  const from = bindings.add(input, false);
  const codes = [elementCode(output.dtype), elementCode(input.dtype), from, Number(shared), keptRank, foldedRank];
  const program = cached(reduction.compiled, [slot, ...codes], () =>
    queue.compile(
      source({ reduction, output, input, keptRank, foldedRank, shared }, bindings.writes, from),
      bindings.writes,
    ),
  );

  const at = queue.reserve(2 + 3 * (keptRank + 1) + 2 * (foldedRank + 1));
  queue.ints[at] = n;
  queue.ints[at + 1] = foldedCount;
  const next = writeNest(queue.ints, at + 2, outer, [output.offset, input.offset]);
  writeNest(queue.ints, next, inner, [0]);
  queue.run(program, bindings.handles, at, ...grid(shared ? n : Math.ceil(n / groupSize)), 1);
}
