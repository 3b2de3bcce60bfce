import { floatToHalf, halfToFloat } from '../../kernels/half.js';
import { sameShape } from '../../kernels/view.js';
import { categoryOf, type DType, getDefaultDtype, isFloat, resultType } from '../core/dtype.js';
import { ArgumentError, DeviceError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { Node } from '../core/node.js';
import { broadcastShapes } from '../core/shape.js';
import { making } from '../core/storage.js';
import { alias, emptyBeside, emptyTensor, isDense, sizeOf, Tensor } from '../core/tensor.js';
import { refuseInt64 } from './apply.js';
import { edgeOf, nodeOf, record, requiresGrad } from './edges.js';
import { backwardOf, type PointwiseRow, type Sloped } from './formulas.js';
import { checkInplace, checkOverlap, noteInplace } from './inplace.js';
import { modes } from './modes.js';
import { table } from './table.js';

export {
  evaluate,
  type GradientFormula,
  type PointwiseDefinition,
  type PointwiseRow,
  pointwiseRow,
} from './formulas.js';

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

/** A copy of a tensor that is about to change, in the same place on the tape: gradients of gradients go through it. */
function before(x: Tensor): Tensor {
  const old = table().clone(alias(x, x.offset, x.shape, x.strides));
  old.edge = nodeOf(x) === null ? null : x.edge;
  return old;
}

/** One dtype of floats that the row takes: the usual case, without promotion. */
function isPlain(row: PointwiseRow, { dtype }: Tensor): boolean {
  return (dtype === 'float32' || dtype === 'float64') && !modes.inference && row.refuses?.includes(dtype) !== true;
}

/** Runs a pointwise row of one tensor. */
export function pointwise1(row: PointwiseRow, x: Tensor): Tensor {
  if (!(x instanceof Tensor) || !isPlain(row, x)) return general(row, [x], noNumbers, null);
  if (row.sloped !== null && modes.grad && requiresGrad(x) && sizeOf(x) >= making.worth)
    return sloped(row, row.sloped, x);
  const result = emptyBeside(x, row.result === 'bool' ? 'bool' : x.dtype);
  const { kernels } = result.storage;
  if (isDense(x)) kernels.flat1(row.formula, x.dtype, result.elements, result, x);
  else kernels.pointwise1(row.formula, x.dtype, result, x);
  if (!modes.grad || row.result === 'bool' || !requiresGrad(x)) return result;
  const { reaches } = backwardOf(row, one);
  record(row.rule, [edgeOf(x)], [reaches[1] ? x : null, reaches[2] ? result : null], row, result);
  return result;
}

/** The same, with its derivative beside it for the gradient. */
function sloped(row: PointwiseRow, { formula, rule }: Sloped, x: Tensor): Tensor {
  const [result, slope] = [emptyBeside(x, x.dtype), emptyBeside(x, x.dtype)];
  result.storage.kernels.pointwise(formula, x.dtype, [result, slope], [x]);
  record(rule, [edgeOf(x)], [x, slope], row, result);
  return result;
}

/** Runs a pointwise row of two operands. */
export function pointwise2(row: PointwiseRow, a: Tensor | number, b: Tensor | number): Tensor {
  if (!(a instanceof Tensor) || !isPlain(row, a) || !(typeof b === 'number' || isAlike(a, b)))
    return general(row, [a, b], noNumbers, null);
  const y = typeof b === 'number' ? castNumber(b, a.dtype) : b;
  const result = emptyBeside(a, row.result === 'bool' ? 'bool' : a.dtype);
  const { kernels } = result.storage;
  // What is alike in shape and dtype and dense lies alike.
  if (isDense(a) && (typeof y === 'number' || isDense(y)))
    kernels.flat2(row.formula, a.dtype, result.elements, result, a, y);
  else kernels.pointwise2(row.formula, a.dtype, result, a, y);
  if (!modes.grad || row.result === 'bool') return result;
  const first = requiresGrad(a);
  const second = typeof y !== 'number' && requiresGrad(y);
  if (!first && !second) return result;
  const { reaches } = backwardOf(row, first ? (second ? both : one) : other);
  record(
    row.rule,
    [first ? edgeOf(a) : null, second ? edgeOf(y as Tensor) : null],
    [reaches[1] ? a : null, typeof y === 'number' || reaches[2] ? y : null, reaches[3] ? result : null],
    row,
    result,
  );
  return result;
}

function isAlike(a: Tensor, b: Tensor): boolean {
  return (
    b instanceof Tensor &&
    b.dtype === a.dtype &&
    b.storage.device === a.storage.device &&
    (a.shape === b.shape || sameShape(a.shape, b.shape))
  );
}

const noNumbers: readonly number[] = [];
const one = [true, false];
const other = [false, true];
const both = [true, true];

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
  if (self === null && parameters.length === 0) {
    if (given.length === 1) return pointwise1(row, given[0] as Tensor);
    if (given.length === 2) return pointwise2(row, given[0], given[1]);
  }
  return general(row, given, parameters, self);
}

/** Every case: broadcasting, promotion, numbers, other devices, in place. */
function general(
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
              ? before(x)
              : x,
      )
    : [];

  const result = self ?? emptyTensor(shape, dtype, deviceOf(operands, first));
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
    record(row.rule, edges, [...keep, reaches[operands.length + 1] ? result : null, ...scalars], row, result);
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
