import { attach, edgeOf, requiresGrad } from '../autograd/edges.js';
import { modes } from '../autograd/modes.js';
import { isFloat } from '../core/dtype.js';
import { type Edge, Node, type Rule } from '../core/node.js';
import { alias } from '../core/tensor.js';
import { Tensor } from '../tensor.js';
import type { Module } from './module.js';

/** Gradients by argument or result; null where there is none. */
export type Gradients = readonly (Tensor | null)[];

/** Called with the gradients of a module's arguments and results; what it returns replaces those of the arguments. */
export type BackwardHook = (
  module: Module,
  gradInput: Gradients,
  gradOutput: Gradients,
) => Gradients | Tensor | null | undefined | void;

/** Passes values on as results of one node, which hands the gradients of all to `seen` at once. */
function passOn(values: readonly unknown[], seen: (gradients: Gradients) => Gradients): unknown[] {
  const edges = values.map((x): Edge | null => (x instanceof Tensor && isFloat(x.dtype) ? edgeOf(x) : null));
  const places = values.flatMap((_, i) => (edges[i] === null ? [] : [i]));
  if (places.length === 0) return [...values];
  const rule: Rule = {
    name: 'backwardHook',
    foreign: true,
    backward(_node, given) {
      const gradients = new Array<Tensor | null>(values.length).fill(null);
      places.forEach((place, i) => {
        gradients[place] = given[i];
      });
      const changed = seen(gradients);
      return places.map((place) => changed[place]);
    },
  };
  const node = new Node(
    rule,
    places.map((i) => edges[i]),
    [],
    null,
  );
  const passed = [...values];
  for (const place of places) {
    const x = values[place] as Tensor;
    const y = alias(x, x.offset, x.shape, x.strides);
    attach(node, y);
    // An in-place change through what was passed on could not be recorded, as of one of several views.
    y.viewOf = { base: x.viewOf?.base ?? x, history: x.storage.history, untracked: false, several: true };
    passed[place] = y;
  }
  return passed;
}

/** Runs a forward between two such nodes: the one after it collects the results' gradients, the one before it calls the hooks. */
export function withBackwardHooks(
  module: Module,
  hooks: readonly BackwardHook[],
  args: readonly unknown[],
  forward: (...args: unknown[]) => unknown,
): unknown {
  if (!modes.grad) return forward(...args);
  let gradOutput: Gradients = [];
  const call = (gradients: Gradients): Gradients => {
    let gradInput = gradients;
    for (const hook of hooks) {
      const changed = hook(module, gradInput, gradOutput);
      if (changed instanceof Tensor) gradInput = [changed];
      else if (changed) gradInput = changed;
    }
    return gradInput;
  };
  const output = forward(...passOn(args, call));
  const several = Array.isArray(output);
  const wanted = args.some((x) => x instanceof Tensor && requiresGrad(x));
  const passed = passOn(several ? output : [output], (gradients) => {
    gradOutput = gradients;
    if (!wanted) call(args.map(() => null));
    return gradients;
  });
  return several ? passed : passed[0];
}
