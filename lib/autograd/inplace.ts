import { extent, sameShape } from '../../kernels/view.js';
import { AutogradError, ShapeError, showShape } from '../core/errors.js';
import { type Edge, Node, type Rule } from '../core/node.js';
import type { Tensor } from '../core/tensor.js';
import { attach, edgeOf, type Geometry, geometryOf } from './edges.js';
import { modes } from './modes.js';
import { table } from './table.js';

/** Refuses an in-place change before anything is written. `recorded`: some operand needs a gradient. */
export function checkInplace(name: string, self: Tensor, recorded: boolean): void {
  for (let d = 0; d < self.shape.length; d++) {
    if (self.strides[d] === 0 && self.shape[d] > 1) {
      throw new ShapeError(
        `${name}: several elements of the tensor of shape ${showShape(self.shape)} share one place in memory (it was expanded); clone it first`,
      );
    }
  }
  if (!modes.grad) return;
  const owner = self.viewOf === null ? self : self.viewOf.base;
  if (owner.leaf) {
    const what = self.viewOf === null ? 'a leaf that requires a gradient' : 'a view of a leaf that requires a gradient';
    throw new AutogradError(
      `${name}: ${what}, of shape ${showShape(self.shape)}, cannot be changed in place; do it inside noGrad, or on a clone`,
    );
  }
  if (!recorded || self.viewOf === null) return;
  if (self.viewOf.several) {
    throw new AutogradError(
      `${name}: the tensor of shape ${showShape(self.shape)} is one of several views that one operation returned (split, chunk, unbind); changing it in place cannot be recorded. Use the out-of-place form`,
    );
  }
  if (self.viewOf.untracked) {
    throw new AutogradError(
      `${name}: the view of shape ${showShape(self.shape)} was taken inside noGrad; an in-place change through it cannot be recorded. Take the view outside, or change it inside noGrad`,
    );
  }
}

/** Refuses operands that share part of the written memory in another order. */
export function checkOverlap(name: string, self: Tensor, operand: Tensor): void {
  if (operand.storage !== self.storage || operand === self) return;
  const same =
    operand.offset === self.offset && sameShape(operand.shape, self.shape) && sameShape(operand.strides, self.strides);
  if (same) return;
  const [a, b] = [extent(self), extent(operand)];
  if (a === null || b === null || a[1] < b[0] || b[1] < a[0] || interleaved(self, operand)) return;
  throw new ShapeError(
    `${name}: the tensor of shape ${showShape(self.shape)} and its operand of shape ${showShape(operand.shape)} share part of their memory; clone the operand first`,
  );
}

/** Two windows with equal strides whose start differs by less than the step between their elements never meet. */
function interleaved(a: Tensor, b: Tensor): boolean {
  const step = Math.min(...[...a.strides, ...b.strides].filter((s) => s !== 0).map(Math.abs));
  if (!Number.isFinite(step)) return a.offset !== b.offset;
  const multiple = [...a.strides, ...b.strides].every((s) => s % step === 0);
  return multiple && (a.offset - b.offset) % step !== 0;
}

/** What `copySlices` needs: the operation on the view, which of its edges was the view, and where the view lies. */
interface Slices {
  readonly inner: Node;
  readonly self: number;
  readonly geometry: Geometry;
}

/** The base's node after a change through a view: outside the view the old gradient, inside the operation's. */
const copySlices: Rule = {
  name: 'copySlices',
  // The operation inside may.
  foreign: true,
  backward(node, [g], wanted) {
    const { inner, self, geometry } = node.attributes as Slices;
    const t = table();
    const gradient = g as Tensor;
    const inside = t.extract(gradient, geometry);
    const asked = inner.edges.map((edge, i) => edge !== null && (i === self ? wanted[0] : true));
    const given = inner.rule.backward(inner, [inside], asked);
    const region = self < 0 ? null : given[self];
    const outside = wanted[0] ? t.implant(gradient, region ?? null, geometry) : null;
    return [outside, ...given.filter((_, i) => i !== self)];
  },
};

/**
 * Notes an in-place change: new version, and on the tape the new node of `self` or of its base. `make` makes the operation's
 * node, with the edges of before the change; `selfEdge` says which of them was `self`, -1 when its old value does not matter.
 */
export function noteInplace(name: string, self: Tensor, make: (() => Node) | null, selfEdge: number): void {
  const { storage } = self;
  storage.version++;
  storage.changedBy = name;
  if (make === null) return;
  const node = make();
  if (self.viewOf === null) {
    node.results.length = 0;
    attach(node, self);
  } else {
    const { base } = self.viewOf;
    const edges: (Edge | null)[] = [edgeOf(base), ...node.edges.filter((_, i) => i !== selfEdge)];
    const slices: Slices = { inner: node, self: selfEdge, geometry: geometryOf(self, base) };
    attach(new Node(copySlices, edges, node.saved ?? [], slices), base);
  }
  storage.history++;
}
