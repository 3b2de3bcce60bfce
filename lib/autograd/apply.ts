import type { Kernels } from '../../kernels/types.js';
import { sameShape } from '../../kernels/view.js';
import { type DType, isFloat } from '../core/dtype.js';
import { AutogradError, DeviceError, DTypeError, ShapeError, showShape } from '../core/errors.js';
import { type Edge, Node, type Rule } from '../core/node.js';
import { alias, checkTensor, emptyTensor, Tensor } from '../core/tensor.js';
import type { Operations } from '../ops/index.js';
import { attach, edgeOf, record, requiresGrad, viewOf } from './edges.js';
import { checkInplace, noteInplace } from './inplace.js';
import { modes } from './modes.js';
import { table } from './table.js';

export { checkTensor };

/** Shape and dtype of a result. */
export interface Meta {
  readonly shape: readonly number[];
  readonly dtype: DType;
}

/** One operation that is not pointwise: what it gives, which kernel makes it, and its gradient. */
export interface Row<A> {
  readonly name: string;
  /** Its side on the tape, made when it is first recorded; nothing else may touch it. */
  rule?: Rule;
  /** Shapes and dtypes of the results; throws the operation's errors. */
  infer(inputs: readonly Tensor[], attributes: A): readonly Meta[];
  kernel(k: Kernels, results: readonly Tensor[], inputs: readonly Tensor[], attributes: A): void;
  /** Which inputs the gradient reads; of the others it may look at shape and dtype only. */
  readonly saves?: readonly number[];
  /** Which results the gradient reads. */
  readonly savesResults?: readonly number[];
  /** Gradients to the inputs: `g` per result (zeros where none arrived), inputs, results; null where there is none to give. */
  grad?(
    t: Operations,
    g: readonly Tensor[],
    inputs: readonly Tensor[],
    results: readonly Tensor[],
    attributes: A,
    wanted: readonly boolean[],
  ): (Tensor | null)[];
}

/** What a node of a row remembers beside the saved values. */
interface Recorded<A> {
  readonly row: Row<A>;
  readonly attributes: A;
  readonly inputs: number;
}

/** Throws where tensors live on different devices. */
export function checkDevices(name: string, inputs: readonly Tensor[]): void {
  for (const x of inputs) {
    if (x.storage.device !== inputs[0].storage.device) {
      const all = inputs.map((y) => `${showShape(y.shape)} on ${y.storage.device}`).join(', ');
      throw new DeviceError(`${name}: the tensors are on different devices: ${all}; move them with to(device)`);
    }
  }
}

/** Arithmetic on int64 is refused: numbers cannot hold it. */
export function refuseInt64(name: string, dtype: DType): void {
  if (dtype === 'int64') {
    throw new DTypeError(
      `${name}: int64 holds values and indices but does no arithmetic; convert with to('int32') or to('float64') first`,
    );
  }
}

/** Memory that is not there, by the operation that must not read it; its version says so. */
const absent = new Map<string, Tensor['storage']>();

function absentFor(name: string): Tensor['storage'] {
  let storage = absent.get(name);
  if (storage === undefined) {
    storage = {
      version: -1,
      owner: null,
      get buffer(): never {
        throw new AutogradError(`${name}: its gradient reads a value that the row does not save`);
      },
    } as unknown as Tensor['storage'];
    absent.set(name, storage);
  }
  return storage;
}

/** A stand-in for an input that was not saved: shape and dtype can be read, elements cannot. */
export function placeholder(name: string, shape: readonly number[], dtype: DType): Tensor {
  return new Tensor(absentFor(name), 0, shape, shape, dtype);
}

/** The gradient of a row: puts saved values in their places and asks the row. */
function backward(node: Node, gradients: readonly (Tensor | null)[], wanted: readonly boolean[]): (Tensor | null)[] {
  const { row, attributes, inputs } = node.attributes as Recorded<unknown>;
  if (row.grad === undefined)
    throw new AutogradError(`${row.name}: has no gradient; detach its input if none is meant`);
  const saved = node.saved as (Tensor | null)[];
  const g = new Array<Tensor>(gradients.length);
  for (let i = 0; i < gradients.length; i++) g[i] = gradients[i] ?? zerosFor(node, i);
  return row.grad(table(), g, saved.slice(0, inputs) as Tensor[], saved.slice(inputs) as Tensor[], attributes, wanted);
}

/** The gradient of a result that none arrived for: one zero, seen as often as there are elements. */
function zerosFor(node: Node, i: number): Tensor {
  const { shape, dtype, device } = node.results[i];
  const zero = table().zeros([], { dtype: isFloat(dtype) ? dtype : 'float32', device });
  return alias(zero, 0, shape, new Array<number>(shape.length).fill(0));
}

function ruleOf<A>(row: Row<A>): Rule {
  row.rule ??= { name: row.name, backward };
  return row.rule;
}

/** Runs an operation and records it: the one place for every row that is not pointwise or a view. */
export function apply<A>(row: Row<A>, inputs: readonly Tensor[], attributes: A): Tensor[] {
  const recorded = checkInputs(row.name, inputs) && modes.grad;
  const metas = row.infer(inputs, attributes);
  const { device, kernels } = inputs[0].storage;
  // Lists of the right length: one that grows has room for more than it holds.
  const results = new Array<Tensor>(metas.length);
  let float = false;
  for (let i = 0; i < metas.length; i++) {
    const { shape, dtype } = metas[i];
    results[i] = emptyTensor(shape, dtype, device);
    float ||= isFloat(dtype);
  }
  row.kernel(kernels, results, inputs, attributes);
  if (modes.inference) for (const y of results) y.storage.inference = true;
  if (recorded && float) recordRow(row, inputs, results, attributes);
  return results;
}

/** Refuses what is no tensor, and tensors on different devices; whether one takes part in gradients. */
function checkInputs(name: string, inputs: readonly Tensor[]): boolean {
  let wanted = false;
  for (let i = 0; i < inputs.length; i++) {
    const x = inputs[i];
    checkTensor(name, x);
    if (x.storage.device !== inputs[0].storage.device) checkDevices(name, inputs);
    wanted ||= requiresGrad(x);
  }
  return wanted;
}

/** `apply` for the many rows with one result. */
export function apply1<A>(row: Row<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  return apply(row, inputs, attributes)[0];
}

function recordRow<A>(row: Row<A>, inputs: readonly Tensor[], results: readonly Tensor[], attributes: A): void {
  const node = nodeOfRow(row, edgesOf(inputs), inputs, results, attributes);
  for (let i = 0; i < results.length; i++) {
    attach(node, results[i]);
    // Integer results (indices) hold their place among the gradients but ask for none.
    if (!isFloat(results[i].dtype)) results[i].edge = null;
  }
}

function edgesOf(inputs: readonly Tensor[]): (Edge | null)[] {
  const edges = new Array<Edge | null>(inputs.length);
  for (let i = 0; i < inputs.length; i++) edges[i] = isFloat(inputs[i].dtype) ? edgeOf(inputs[i]) : null;
  return edges;
}

/** Puts what a gradient reads of some tensors, and stand-ins for the others, into a list from a place on. */
function keep<A>(
  { name }: Row<A>,
  saved: Tensor[],
  at: number,
  all: readonly Tensor[],
  wanted?: readonly number[],
): void {
  for (let i = 0; i < all.length; i++) {
    saved[at + i] = wanted?.includes(i) ? all[i] : placeholder(name, all[i].shape, all[i].dtype);
  }
}

function nodeOfRow<A>(
  row: Row<A>,
  edges: (Edge | null)[],
  inputs: readonly Tensor[],
  results: readonly Tensor[],
  attributes: A,
): Node {
  const saved = new Array<Tensor>(inputs.length + results.length);
  keep(row, saved, 0, inputs, row.saves);
  keep(row, saved, inputs.length, results, row.savesResults);
  const recorded: Recorded<A> = { row, attributes, inputs: inputs.length };
  const node = new Node(ruleOf(row), edges, saved, recorded);
  if (modes.anomaly) node.stack = new Error(row.name).stack ?? null;
  return node;
}

/**
 * Runs an operation into its first input and records it; the row's kernel must take a result that is the input itself.
 * Where the gradient reads the old value, that is cloned.
 */
export function applyInplace<A>(row: Row<A>, inputs: readonly Tensor[], attributes: A): Tensor {
  const name = `${row.name}_`;
  for (const x of inputs) checkTensor(name, x);
  checkDevices(name, inputs);
  const [self] = inputs;
  const apart = inputs.map((x, i) => (i > 0 && x.storage === self.storage ? table().clone(x) : x));
  const [meta] = row.infer(apart, attributes);
  if (!sameShape(meta.shape, self.shape) || meta.dtype !== self.dtype) {
    throw new ShapeError(
      `${name}: the result is ${meta.dtype} of shape ${showShape(meta.shape)} and does not fit the tensor changed in place, ${self.dtype} of shape ${showShape(self.shape)}`,
    );
  }
  const recorded = modes.grad && isFloat(self.dtype) && apart.some(requiresGrad);
  checkInplace(name, self, recorded);
  // The edges are those of before the change.
  const edges = recorded ? edgesOf(apart) : [];
  const kept = recorded && row.saves?.includes(0) ? apart.with(0, table().clone(self)) : apart;
  row.kernel(self.storage.kernels, [self], apart, attributes);
  noteInplace(name, self, recorded ? () => nodeOfRow(row, edges, kept, [self], attributes) : null, 0);
  return self;
}

/** An operation whose result shares its input's memory. */
export interface ViewRow<A> {
  readonly name: string;
  /** Where the view lies; offset and strides in elements of the storage. */
  geometry(x: Tensor, attributes: A): { offset: number; shape: readonly number[]; strides: readonly number[] };
  grad(t: Operations, g: Tensor, x: Tensor, attributes: A): Tensor;
  /** Returned together with others by one operation. */
  readonly several?: boolean;
}

function viewBackward(node: Node, [g]: readonly (Tensor | null)[]): Tensor[] {
  const { row, attributes } = node.attributes as { row: ViewRow<unknown>; attributes: unknown };
  const [x] = node.saved as Tensor[];
  return [row.grad(table(), g as Tensor, x, attributes)];
}

/** Takes a view and records how. */
export function applyView<A>(row: ViewRow<A>, x: Tensor, attributes: A): Tensor {
  checkTensor(row.name, x);
  const { offset, shape, strides } = row.geometry(x, attributes);
  const result = viewOf(x, offset, shape, strides, row.several ?? false);
  const edge = modes.grad ? edgeOf(x) : null;
  if (edge !== null) {
    const saved = [placeholder(row.name, x.shape, x.dtype)];
    record({ name: row.name, backward: viewBackward }, [edge], saved, { row, attributes }, result);
  }
  return result;
}

/** Takes several views that together make up a tensor. They share one node, whose gradient `join` puts together from theirs. */
export function applyParts<A>(
  row: ViewRow<A>,
  x: Tensor,
  attributes: readonly A[],
  join: (t: Operations, gradients: readonly Tensor[]) => Tensor,
): Tensor[] {
  checkTensor(row.name, x);
  const results = attributes.map((part) => {
    const { offset, shape, strides } = row.geometry(x, part);
    return viewOf(x, offset, shape, strides, true);
  });
  const edge = modes.grad ? edgeOf(x) : null;
  if (edge === null) return results;
  const rule: Rule = {
    name: row.name,
    backward(node, gradients) {
      const t = table();
      const all = gradients.map((g, i) => {
        const { shape, dtype, device } = node.results[i];
        return g ?? t.zeros(shape, { dtype, device });
      });
      return [join(t, all)];
    },
  };
  const node = new Node(rule, [edge], [], null);
  if (modes.anomaly) node.stack = new Error(row.name).stack ?? null;
  for (const result of results) attach(node, result);
  return results;
}
