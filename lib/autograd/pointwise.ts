import { type Build, type Formula, formula, type GraphNode } from '../../kernels/dag.js';
import { floatToHalf, halfToFloat } from '../../kernels/half.js';
import { numbers, operations, reader, type Scalar } from '../../kernels/scalar.js';
import { categoryOf, type DType, getDefaultDtype, isFloat, resultType } from '../core/dtype.js';
import { ArgumentError, DeviceError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { Node, type Rule } from '../core/node.js';
import { broadcastShapes, sameShape } from '../core/shape.js';
import { alias, emptyTensor, Tensor } from '../core/tensor.js';
import { refuseInt64 } from './apply.js';
import { attach, edgeOf, requiresGrad } from './edges.js';
import { checkInplace, checkOverlap, noteInplace } from './inplace.js';
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
}

/** A pointwise row, ready to run. */
export interface PointwiseRow extends PointwiseDefinition {
  readonly name: string;
  /** How many inputs are tensors; numbers follow them. */
  readonly arity: number;
  readonly formula: Formula;
  readonly gradients: readonly (GradientFormula | null)[];
  readonly rule: Rule;
  /** Backward kernels by the set of wanted inputs. */
  readonly backwards: Map<number, Backward>;
}

/** A traced backward kernel; an output that is `g` itself needs no kernel. */
interface Backward {
  readonly formula: Formula | null;
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
  return {
    ...definition,
    name,
    arity,
    formula: formula(arity + numbersTaken, definition.forward as Build),
    gradients,
    rule: { name, backward },
    backwards: new Map(),
  };
}

function backwardOf(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  let mask = 0;
  for (let i = 0; i < row.arity; i++) if (wanted[i]) mask |= 1 << i;
  let made = row.backwards.get(mask);
  if (made === undefined) {
    made = traceBackward(row, wanted);
    row.backwards.set(mask, made);
  }
  return made;
}

function traceBackward(row: PointwiseRow, wanted: readonly boolean[]): Backward {
  const arity = row.formula.arity + 2;
  const asked = row.gradients.flatMap((grad, i) => (wanted[i] && grad !== null ? [i] : []));
  const trace = (indices: readonly number[]): Formula =>
    formula(arity, ((s: Scalar<GraphNode>, ...x: GraphNode[]) =>
      indices.map((i) => (row.gradients[i] as GradientFormula)(s, x[0], ...x.slice(1)))) as unknown as Build);
  const passes = asked.filter((i) => {
    const [out] = trace([i]).outputs;
    return out.name === 'input' && out.value === 0;
  });
  const computed = asked.filter((i) => !passes.includes(i));
  const f = computed.length === 0 ? null : trace(computed);
  const places = row.gradients.map((_, i) =>
    passes.includes(i) ? -1 : computed.indexOf(i) >= 0 ? computed.indexOf(i) : -2,
  );
  return { formula: f, places, reaches: f === null ? new Array<boolean>(arity).fill(false) : f.reaches };
}

/** Saved: inputs, result, numbers, in the order of the gradient formula's inputs after `g`. */
function backward(node: Node, [g]: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const row = node.attributes as PointwiseRow;
  const saved = node.saved as (Tensor | number | null)[];
  const gradient = g as Tensor;
  if (modes.grad) return recordedBackward(row, gradient, saved, wanted);
  const { formula: f, places } = backwardOf(row, wanted);
  if (f === null) return places.map((place) => (place === -1 ? gradient : null));
  const outputs: Tensor[] = [];
  places.forEach((place, i) => {
    if (place >= 0)
      outputs[place] = emptyTensor(gradient.shape, node.edges[i]?.dtype ?? gradient.dtype, gradient.device);
  });
  const operands = [gradient, ...saved.map((x) => x ?? 0)];
  gradient.storage.kernels.pointwise(f, gradient.dtype, outputs, operands);
  return places.map((place) => (place >= 0 ? outputs[place] : place === -1 ? gradient : null));
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

/** An operand as PyTorch's scalar: rounded to the dtype in which the operation computes. */
function castNumber(value: number, compute: DType): number {
  if (compute === 'float32') return Math.fround(value);
  if (compute === 'float16') return halfToFloat(floatToHalf(value));
  return value;
}

function computeType(row: PointwiseRow, inputs: readonly (Tensor | number)[]): DType {
  const promoted = inputs.length === 1 && typeof inputs[0] !== 'number' ? inputs[0].dtype : resultType(inputs);
  const compute = row.result === 'float' && !isFloat(promoted) ? getDefaultDtype() : promoted;
  if (compute === 'int64' && row.exact !== true) refuseInt64(row.name, compute);
  if (row.refuses?.includes(promoted)) throw new DTypeError(`${row.name}: does not take ${promoted}`);
  return compute;
}

function checkOperands(row: PointwiseRow, inputs: readonly (Tensor | number)[]): Tensor {
  let first: Tensor | null = null;
  for (const x of inputs) {
    if (typeof x === 'number') continue;
    if (!(x instanceof Tensor)) {
      const what = x === null ? 'null' : Array.isArray(x) ? 'an array' : typeof x;
      throw new ArgumentError(
        `${row.name}: expected a tensor or a number, got ${what}; make a tensor with tg.tensor(...)`,
      );
    }
    first ??= x;
  }
  if (first === null) throw new ArgumentError(`${row.name}: at least one operand must be a tensor`);
  return first;
}

/** Operands of other devices: a 0-d tensor on the CPU joins as a number, anything else is an error. */
function onDevice(row: PointwiseRow, inputs: readonly (Tensor | number)[], first: Tensor): (Tensor | number)[] {
  const home = inputs.find((x) => typeof x !== 'number' && (x.storage.device !== 'cpu' || x.shape.length > 0)) as
    | Tensor
    | undefined;
  const { device } = (home ?? first).storage;
  return inputs.map((x) => {
    if (typeof x === 'number' || x.storage.device === device) return x;
    if (x.storage.device === 'cpu' && x.shape.length === 0 && !requiresGrad(x))
      return Number(x.storage.kernels.read(x)[0]);
    const all = inputs.map((y) => (typeof y === 'number' ? String(y) : `${showShape(y.shape)} on ${y.storage.device}`));
    throw new DeviceError(
      `${row.name}: the tensors are on different devices: ${all.join(', ')}; move them with to(device)`,
    );
  });
}

/**
 * Runs a pointwise row: the one place where formulas are launched and recorded.
 * `self`, where given, is written in place and must be the first input of its arithmetic (or no input at all).
 */
export function pointwise(
  row: PointwiseRow,
  given: readonly (Tensor | number)[],
  parameters: readonly number[],
  self: Tensor | null,
): Tensor {
  const first = self ?? checkOperands(row, given);
  if (self !== null && given.some((x) => typeof x !== 'number')) checkOperands(row, given);
  const inputs = given.every((x) => typeof x === 'number' || x.storage.device === first.storage.device)
    ? given
    : onDevice(row, given, first);
  const compute = computeType(row, inputs);
  const shape = broadcastShapes(row.name, ...inputs.map((x) => (typeof x === 'number' ? [] : x.shape)));
  const dtype = row.result === 'bool' ? 'bool' : compute;
  const recorded =
    modes.grad &&
    isFloat(self?.dtype ?? dtype) &&
    (inputs.some((x) => typeof x !== 'number' && requiresGrad(x)) || (self !== null && requiresGrad(self)));
  if (self !== null) checkSelf(row, inputs, shape, dtype, self, recorded);
  const operands = inputs.map((x) => (typeof x === 'number' ? castNumber(x, compute) : x));
  const scalars = parameters.map((value) => castNumber(value, compute));

  // In place, the old value is cloned where the gradient reads it; edges are those of before the change.
  const edges = recorded ? operands.map((x) => (typeof x === 'number' || !isFloat(x.dtype) ? null : edgeOf(x))) : [];
  const { reaches } = recorded
    ? backwardOf(
        row,
        edges.map((edge) => edge !== null),
      )
    : { reaches: [] };
  const keep = recorded
    ? operands.map((x, i) =>
        typeof x === 'number'
          ? x
          : !reaches[i + 1]
            ? null
            : self !== null && x.storage === self.storage
              ? table().clone(alias(x, x.offset, x.shape, x.strides))
              : x,
      )
    : [];

  const result = self ?? emptyTensor(shape, dtype, first === undefined ? 'cpu' : deviceOf(operands, first));
  const { kernels } = result.storage;
  if (operands.length === 1 && scalars.length === 0) kernels.pointwise1(row.formula, compute, result, operands[0]);
  else if (operands.length === 2 && scalars.length === 0)
    kernels.pointwise2(row.formula, compute, result, operands[0], operands[1]);
  else kernels.pointwise(row.formula, compute, [result], [...operands, ...scalars]);
  if (modes.inference && self === null) result.storage.inference = true;

  if (self !== null) {
    // The version goes up before the node is made: a saved result is the changed one.
    const make = (): Node =>
      new Node(row.rule, edges, [...keep, reaches[operands.length + 1] ? self : null, ...scalars], row);
    noteInplace(`${row.name}_`, self, recorded ? make : null, given.indexOf(self));
  } else if (recorded) {
    const node = new Node(row.rule, edges, [...keep, reaches[operands.length + 1] ? result : null, ...scalars], row);
    if (modes.anomaly) node.stack = new Error(row.name).stack ?? null;
    attach(node, result);
  }
  return result;
}

function deviceOf(operands: readonly (Tensor | number)[], first: Tensor): Tensor['device'] {
  const found = operands.find((x) => typeof x !== 'number') as Tensor | undefined;
  return (found ?? first).storage.device;
}

function checkSelf(
  row: PointwiseRow,
  inputs: readonly (Tensor | number)[],
  shape: readonly number[],
  dtype: DType,
  self: Tensor,
  recorded: boolean,
): void {
  const name = `${row.name}_`;
  if (!sameShape(broadcastShapes(name, self.shape, shape), self.shape)) {
    throw new ShapeError(
      `${name}: the result has shape ${showShape(shape)}, the tensor changed in place ${showShape(self.shape)}; it cannot grow`,
    );
  }
  if (categoryOf(dtype) > categoryOf(self.dtype) && row.name !== 'copy' && row.name !== 'fill') {
    throw new DTypeError(
      `${name}: the result is ${dtype} and cannot be stored in a tensor of ${self.dtype}; convert the tensor first`,
    );
  }
  checkInplace(name, self, recorded);
  for (const x of inputs) if (typeof x !== 'number') checkOverlap(name, self, x);
}

/** Evaluates a row on numbers: the oracle of the tests. */
export function evaluate(row: PointwiseRow, ...inputs: number[]): number {
  return row.forward(numbers, ...inputs);
}
