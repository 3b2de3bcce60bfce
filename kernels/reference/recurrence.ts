import { type Formula, formula } from '../dag.js';
import type { Recurrence } from '../recurrence.js';
import type { DType, FusedKernels, Kernels, TypedArray, View } from '../types.js';
import { contiguousStrides, count } from '../view.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';

const same: Formula = formula(1, (_s, x) => x);
const sum: Formula = formula(2, (s, a, b) => s.add(a, b));

/** An element of the first dimension. */
function at({ buffer, offset, shape, strides, dtype }: View, index: number): View {
  return { buffer, offset: offset + index * strides[0], shape: shape.slice(1), strides: strides.slice(1), dtype };
}

/** A matrix with rows and columns exchanged. */
function transposed({ buffer, offset, shape, strides, dtype }: View): View {
  return { buffer, offset, shape: [shape[1], shape[0]], strides: [strides[1], strides[0]], dtype };
}

/** A part of so many elements of the last dimension. */
function part({ buffer, offset, shape, strides, dtype }: View, k: number, size: number): View {
  const last = shape.length - 1;
  return { buffer, offset: offset + k * size * strides[last], shape: [...shape.slice(0, last), size], strides, dtype };
}

/** One row for each of a number of rows. */
function repeated({ buffer, offset, shape, strides, dtype }: View, rows: number): View {
  return { buffer, offset, shape: [rows, shape[0]], strides: [0, strides[0]], dtype };
}

/** Every step's rows as rows of one matrix, for a view without gaps. */
function flat({ buffer, offset, shape, dtype }: View): View {
  const [steps, rows, columns] = shape;
  return { buffer, offset, shape: [steps * rows, columns], strides: [columns, 1], dtype };
}

/** New memory without gaps, of zeros. */
function blank({ buffer, dtype }: View, shape: readonly number[]): View {
  const Type = (buffer as TypedArray).constructor as new (count: number) => TypedArray;
  return { buffer: new Type(count(shape)), offset: 0, shape, strides: contiguousStrides(shape), dtype };
}

/** Each element of the first dimension; none of nothing. */
function each(view: View | null): View[] {
  return view === null ? [] : Array.from({ length: view.shape[0] }, (_, k) => at(view, k));
}

/** The steps in the order in which they are taken. */
function order(length: number, reverse: boolean): number[] {
  return Array.from({ length }, (_, s) => (reverse ? length - 1 - s : s));
}

type Recurrences = Pick<FusedKernels, 'recurrence' | 'recurrenceBackward'>;

/** Recurrent layers over time, and their gradients, as products and formulas of a device. */
export function recurrenceBy(
  multiply: Kernels['matmul'],
  run: (f: Formula, compute: DType, outputs: readonly View[], inputs: readonly View[]) => void,
): Recurrences {
  const copy = (to: View, from: View): void => run(same, to.dtype, [to], [from]);

  /** The sums' parts of what the gates of input and state give, those that come alone as they are. */
  function joined(kind: Recurrence, to: View, fromInput: View, fromState: View, size: number): View[] {
    return Array.from({ length: kind.parts }, (_, p) => {
      const terms: View[] = [];
      const [i, s] = [kind.fromInput.indexOf(p), kind.fromState.indexOf(p)];
      if (i >= 0) terms.push(part(fromInput, i, size));
      if (s >= 0) terms.push(part(fromState, s, size));
      const sums = part(to, p, size);
      run(terms.length === 1 ? same : sum, to.dtype, [sums], terms);
      return sums;
    });
  }

  return {
    recurrence(kind, { output, cells, kept }, { input, inputWeight, weight, h, c, inputBias, bias }, reverse) {
      const [steps, batch] = input.shape;
      const size = h.shape[1];
      const gates = weight.shape[0];
      const fromInput = blank(h, [steps, batch, gates]);
      const turned = transposed(inputWeight);
      const shared = { ...turned, shape: [steps, ...turned.shape], strides: [0, ...turned.strides] };
      if (input.shape[2] > 0) multiply(fromInput, input, shared);
      const fromState = blank(h, [batch, gates]);
      const sums = blank(h, [batch, kind.parts * size]);
      const none = blank(h, [gates]);
      const line = blank(h, [1, kind.parts * size]);
      const biases = joined(kind, line, repeated(inputBias ?? none, 1), repeated(bias ?? none, 1), size);
      const wide = biases.map((x) => repeated(at(x, 0), batch));
      let [oldH, oldC] = [h, c];
      for (const t of order(steps, reverse)) {
        multiply(fromState, oldH, transposed(weight));
        const carried = { c: oldC, h: oldH, none: null }[kind.carries ?? 'none'];
        const [newH, newC] = [at(output, t), cells && at(cells, t)];
        const results = kept === null ? blank(h, [kind.kept, batch, size]) : at(kept, t);
        run(
          kind.step,
          h.dtype,
          [newH, ...(newC === null ? [] : [newC]), ...each(results)],
          [...joined(kind, sums, at(fromInput, t), fromState, size), ...wide, ...(carried === null ? [] : [carried])],
        );
        [oldH, oldC] = [newH, newC];
      }
    },

    recurrenceBackward(kind, to, gradients, operands, { output, cells, kept }, reverse) {
      const { input, inputWeight, weight, h, c } = operands;
      const [steps, batch, features] = input.shape;
      const size = h.shape[1];
      const gates = weight.shape[0];
      const toH = blank(h, h.shape);
      const toC = blank(h, h.shape);
      const before = blank(h, output.shape);
      const toInputSums = blank(h, [steps, batch, gates]);
      const toStateSums = blank(h, [steps, batch, gates]);
      const products = blank(h, h.shape);
      const [first, carried] = kind.carries === 'c' ? [c as View, cells as View] : [h, output];
      const taken = order(steps, reverse);
      for (let s = steps - 1; s >= 0; s--) {
        const t = taken[s];
        copy(at(before, t), s === 0 ? h : at(output, taken[s - 1]));
        const [byInput, byState] = [at(toInputSums, t), at(toStateSums, t)];
        const sums = Array.from({ length: kind.parts }, (_, p) => {
          const gate = kind.fromInput.indexOf(p);
          return gate >= 0 ? part(byInput, gate, size) : part(byState, kind.fromState.indexOf(p), size);
        });
        const direct = { c: [toC], h: [toH], none: [] }[kind.carries ?? 'none'];
        const toCells = kind.carries === 'c' ? [at(gradients.cells as View, t), toC] : [];
        const states = [s === 0 ? first : at(carried, taken[s - 1]), at(carried, t)];
        run(
          kind.stepBackward,
          h.dtype,
          [...sums, ...direct],
          [at(gradients.output, t), toH, ...toCells, ...each(kept && at(kept, t)), ...states],
        );
        for (const [gate, p] of kind.fromState.entries()) {
          if (kind.fromInput.includes(p)) copy(part(byState, gate, size), sums[p]);
        }
        multiply(products, byState, weight);
        if (kind.carries === 'h') run(sum, h.dtype, [toH], [toH, products]);
        else copy(toH, products);
      }
      const [byInput, byState] = [flat(toInputSums), flat(toStateSums)];
      if (to.h !== null) copy(to.h, toH);
      if (to.c !== null) copy(to.c, toC);
      if (to.input !== null) multiply(flat(to.input), byInput, inputWeight);
      if (to.inputWeight !== null) {
        const x = blank(h, input.shape);
        copy(x, input);
        if (features > 0) multiply(to.inputWeight, transposed(byInput), flat(x));
      }
      if (to.weight !== null) multiply(to.weight, transposed(byState), flat(before));
      const ones = blank(h, [steps * batch]);
      (ones.buffer as Float64Array).fill(1);
      for (const [bias, sums] of [[to.inputBias, byInput] as const, [to.bias, byState] as const]) {
        if (bias === null) continue;
        multiply({ ...repeated(bias, 1), strides: [bias.shape[0], bias.strides[0]] }, repeated(ones, 1), sums);
      }
    },
  };
}

const plain: Recurrences = recurrenceBy(matmul, pointwise);

/** `FusedKernels.recurrence`. */
export const recurrence: FusedKernels['recurrence'] = plain.recurrence;

/** `FusedKernels.recurrenceBackward`. */
export const recurrenceBackward: FusedKernels['recurrenceBackward'] = plain.recurrenceBackward;
