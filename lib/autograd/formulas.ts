import { type Build, type Formula, formula, type GraphNode } from '../../kernels/dag.js';
import { numbers, operations, reader, type Scalar } from '../../kernels/scalar.js';
import type { DType } from '../core/dtype.js';
import { AutogradError } from '../core/errors.js';
import type { Node, Rule } from '../core/node.js';
import { isFree } from '../core/storage.js';
import { emptyBeside, isDense, type Tensor } from '../core/tensor.js';
import { launch1, launch2 } from './launch.js';
import { modes } from './modes.js';
import { table } from './table.js';

/** A gradient: `g` of the result, then the inputs, then the result, then the row's numbers. */
export type GradientFormula = <V>(s: Scalar<V>, g: V, ...rest: V[]) => V;

/** What a pointwise row says of itself. */
export interface PointwiseDefinition {
  /** The mathematics: inputs, then the row's numbers. */
  readonly forward: <V>(s: Scalar<V>, ...inputs: V[]) => V;
  /** One formula per tensor input (null: no gradient, ever); none at all for what has no derivative. */
  readonly grad?: GradientFormula | readonly (GradientFormula | null)[];
  /** 'same' as the promoted inputs (default), 'float' where integers become the default float, or 'bool'. */
  readonly result?: 'same' | 'float' | 'bool';
  /** Works on int64: compares or moves, no arithmetic. */
  readonly exact?: boolean;
  /** dtypes it does not take. */
  readonly refuses?: readonly DType[];
  /** Where tests draw inputs from, per input; [-3, 3] unless given. */
  readonly domain?: readonly [number, number] | readonly (readonly [number, number])[];
  /** Error allowed against float64, relative to the larger of 1 and the result, in units of the dtype's rounding; 4 unless given. */
  readonly ulps?: number;
  /** Numbers the tests call it with. */
  readonly parameters?: readonly number[];
  /**
   * Of one input, with a gradient that reads it alone: the derivative shares most of its work with the function, so that forward
   * computes both and keeps it.
   */
  readonly keepsSlope?: boolean;
}

/** A pointwise row, ready to run. */
export interface PointwiseRow extends PointwiseDefinition {
  readonly name: string;
  /** How many inputs are tensors; numbers follow them. */
  readonly arity: number;
  readonly formula: Formula;
  readonly gradients: readonly (GradientFormula | null)[];
  readonly rule: Rule;
  /** Where the derivative is kept. */
  readonly sloped: Sloped | null;
  /** Backward kernels by the set of wanted inputs. */
  readonly backwards: (Backward | undefined)[];
}

/** The function and its derivative as one formula, and the rule of nodes that saved the input and the derivative. */
export interface Sloped {
  readonly formula: Formula;
  readonly rule: Rule;
}

/** A traced backward kernel; an output that is `g` itself needs no kernel. */
interface Backward {
  readonly formula: Formula | null;
  /** What the formula's inputs are, as places in the list of `g`, inputs, result and numbers: `g`, then what is read of the rest. */
  readonly inputs: readonly number[];
  /** Per tensor input: which output of the formula, -1 for `g` itself, -2 for none. */
  readonly places: readonly number[];
  /** Per formula input (g, inputs, result, numbers): whether it is read. */
  readonly reaches: readonly boolean[];
}

/** Makes a row of its definition. `numbersTaken` scalars follow the `arity` tensor inputs. */
export function pointwiseRow(
  name: string,
  arity: number,
  numbersTaken: number,
  definition: PointwiseDefinition,
): PointwiseRow {
  const { grad } = definition;
  const gradients = grad === undefined ? [] : typeof grad === 'function' ? [grad] : grad;
  // Every field of every row, in one order: the engine then reads all rows as one kind of object.
  return {
    forward: definition.forward,
    grad,
    result: definition.result,
    exact: definition.exact,
    refuses: definition.refuses,
    domain: definition.domain,
    ulps: definition.ulps,
    parameters: definition.parameters,
    keepsSlope: definition.keepsSlope,
    name,
    arity,
    formula: formula(arity + numbersTaken, definition.forward as Build),
    gradients,
    rule: { name, backward },
    sloped: definition.keepsSlope === true ? slopedBy(name, definition.forward, gradients[0] as GradientFormula) : null,
    backwards: [],
  };
}

/** The backward kernel for a set of wanted inputs, traced once. */
export function backwardOf(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  let mask = 0;
  for (let i = 0; i < row.arity; i++) if (wanted[i]) mask |= 1 << i;
  row.backwards[mask] ??= traceBackward(row, wanted);
  return row.backwards[mask] as Backward;
}

function traceBackward(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  const arity = row.formula.arity + 2;
  const asked = row.gradients.flatMap((grad, i) => (wanted[i] && grad !== null ? [i] : []));
  const everything = Array.from({ length: arity }, (_, i) => i);
  /** The gradients to some inputs as one formula of what is read; the rest is 0 for it. */
  const trace = (indices: readonly number[], read: readonly number[]): Formula =>
    formula(read.length, ((s: Scalar<GraphNode>, ...x: GraphNode[]) => {
      const [g, ...rest] = everything.map((i) => (read.includes(i) ? x[read.indexOf(i)] : s.const(0)));
      return indices.map((i) => (row.gradients[i] as GradientFormula)(s, g, ...rest));
    }) as unknown as Build);
  const passes = asked.filter((i) => {
    const [out] = trace([i], everything).outputs;
    return out.name === 'input' && out.value === 0;
  });
  const computed = asked.filter((i) => !passes.includes(i));
  const reaches = computed.length === 0 ? everything.map(() => false) : trace(computed, everything).reaches;
  const inputs = everything.filter((i) => i === 0 || reaches[i]);
  const f = computed.length === 0 ? null : trace(computed, inputs);
  const places = row.gradients.map((_, i) =>
    passes.includes(i) ? -1 : computed.indexOf(i) >= 0 ? computed.indexOf(i) : -2,
  );
  return { formula: f, inputs, places, reaches };
}

/** Saved: inputs, result, numbers, in the order of the gradient formula's inputs after `g`. */
function backward(node: Node, [g]: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const row = node.attributes as PointwiseRow;
  const saved = node.saved as (Tensor | number | null)[];
  const gradient = g as Tensor;
  if (row.gradients.length === 0)
    throw new AutogradError(`${row.name}: has no gradient; detach its input if none is meant`);
  if (modes.grad) return recordedBackward(row, gradient, saved, wanted);
  const { formula: f, inputs, places } = backwardOf(row, wanted);
  if (f === null) return places.map((place) => (place === -1 ? gradient : null));
  const { dtype } = gradient;
  const { edges } = node;
  if (f.outputs.length === 1 && inputs.length <= 2) {
    const to = edges[places.indexOf(0)]?.dtype ?? dtype;
    const output = to === dtype && !places.includes(-1) ? roomFor(gradient) : emptyBeside(gradient, to);
    if (inputs.length === 1) launch1(f, dtype, output, gradient);
    else launch2(f, dtype, output, gradient, saved[inputs[1] - 1] as Tensor | number);
    if (places.length === 1) return [output];
    if (places.length === 2) return [given(places[0], gradient, output), given(places[1], gradient, output)];
    return places.map((place) => given(place, gradient, output));
  }
  const outputs: Tensor[] = [];
  for (let i = 0; i < places.length; i++) {
    if (places[i] >= 0) outputs[places[i]] = emptyBeside(gradient, edges[i]?.dtype ?? dtype);
  }
  const operands: (Tensor | number)[] = [gradient];
  for (let i = 1; i < inputs.length; i++) operands.push(saved[inputs[i] - 1] as Tensor | number);
  gradient.storage.kernels.pointwise(f, dtype, outputs, operands);
  return places.map((place) => given(place, gradient, outputs[place]));
}

function slopedBy(name: string, forward: PointwiseDefinition['forward'], grad: GradientFormula): Sloped {
  const both = <V>(s: Scalar<V>, x: V): V[] => [forward(s, x), grad(s, s.const(1), x)];
  return { formula: formula(1, both as Build), rule: { name, backward: slopeBackward } };
}

const product: Formula = formula(2, (s, g, slope) => s.mul(g, slope));

function slopeBackward(node: Node, [g]: readonly (Tensor | null)[]): (Tensor | null)[] {
  const gradient = g as Tensor;
  const [x, slope] = node.saved as Tensor[];
  if (modes.grad) return recordedBackward(node.attributes as PointwiseRow, gradient, [x], [true]);
  const output = roomFor(gradient);
  launch2(product, gradient.dtype, output, gradient, slope);
  return [output];
}

/** Where the next gradient goes: where this one lies, if the walk under way alone knows it and has no other use for it. */
function roomFor(gradient: Tensor): Tensor {
  return isFree(gradient.storage) && isDense(gradient) ? gradient : emptyBeside(gradient, gradient.dtype);
}

/** What a place in `Backward.places` means. */
function given(place: number, gradient: Tensor, output: Tensor): Tensor | null {
  return place >= 0 ? output : place === -1 ? gradient : null;
}

/** The formulas read by tensors: how a gradient gets a gradient. */
function recordedBackward(
  row: PointwiseRow,
  g: Tensor,
  saved: readonly (Tensor | number | null)[],
  wanted: readonly boolean[],
): (Tensor | null)[] {
  const s = tensorReader();
  const rest = saved.map((x) => x ?? 0);
  return row.gradients.map((grad, i) => {
    if (grad === null || !wanted[i]) return null;
    const result = grad<Tensor | number>(s, g, ...rest);
    return typeof result === 'number' ? table().mul(table().zerosLike(g).add(1), result) : result;
  });
}

let tensors: Scalar<Tensor | number> | null = null;

function tensorReader(): Scalar<Tensor | number> {
  tensors ??= reader<Tensor | number>(
    (value) => value,
    (name, x) => {
      if (x.every((value) => typeof value === 'number')) return operations[name].evaluate(...(x as number[]));
      const t = table() as unknown as Record<string, (...x: (Tensor | number)[]) => Tensor>;
      return t[name](...x);
    },
  );
  return tensors;
}

/** Evaluates a row on numbers: the oracle of the tests. */
export function evaluate(row: PointwiseRow, ...inputs: number[]): number {
  return row.forward(numbers, ...inputs);
}
