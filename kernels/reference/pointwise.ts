import { type Formula, replay } from '../dag.js';
import { numbers } from '../scalar.js';
import type { DType, Operand, View } from '../types.js';
import { broadcastStrides, positions } from '../view.js';
import { reader, writer } from './element.js';

/** `Kernels.pointwise`, one element at a time through the float64 reader; int64 only up to 2^53. */
export function pointwise(f: Formula, _compute: DType, outputs: readonly View[], inputs: readonly Operand[]): void {
  const { shape } = outputs[0];
  const places = inputs.map((x) =>
    typeof x === 'number'
      ? null
      : positions({ offset: x.offset, shape, strides: broadcastStrides(x.shape, x.strides, shape) }),
  );
  const targets = outputs.map((o) => positions(o));
  const reads = inputs.map((x) => (typeof x === 'number' ? (): number => x : reader(x)));
  const writes = outputs.map(writer);
  for (let i = 0; i < targets[0].length; i++) {
    const values = reads.map((read, k) => Number(read(places[k]?.[i] ?? 0)));
    const results = replay(f, numbers, values);
    writes.forEach((write, k) => {
      write(targets[k][i], results[k]);
    });
  }
}

/** `Kernels.copy`. */
export function copy(output: View, input: View): void {
  const from = positions(input);
  const [read, write] = [reader(input), writer(output)];
  positions(output).forEach((to, i) => {
    write(to, read(from[i]));
  });
}

/** `Kernels.fill`. */
export function fill(output: View, value: number | bigint): void {
  const write = writer(output);
  for (const to of positions(output)) write(to, value);
}
