import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { AutogradError, showShape } from './errors.js';
import type { GradientHook, Tensor } from './tensor.js';

/** Where a gradient goes: a node's output, or a leaf; and what it must look like there. */
export interface Edge {
  readonly node: Node | null;
  readonly leaf: Tensor | null;
  readonly index: number;
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly device: Device;
}

/** A result of a node: what its gradient looks like. */
export interface Slot {
  readonly shape: readonly number[];
  readonly dtype: DType;
  readonly device: Device;
}

/** How a kind of node turns the gradients of its results into those of its inputs. */
export interface Rule {
  readonly name: string;
  /** `gradients[i]` belongs to result i (null: none arrived); the result to edge i (null: none needed). */
  backward(
    node: Node,
    gradients: readonly (Tensor | null)[],
    wanted: readonly boolean[],
  ): (Tensor | null | undefined)[];
}

let made = 0;

/** One recorded operation. */
export class Node {
  declare readonly rule: Rule;
  /** One per input; null where no gradient is needed. */
  declare edges: (Edge | null)[];
  declare results: Slot[];
  /** What the rule reads: inputs and results by the rule's own convention; null once released. */
  declare saved: (Tensor | number | null)[] | null;
  /** The saved tensors' storage versions. */
  declare versions: number[];
  declare attributes: unknown;
  /** Order of creation: backward walks it downwards. */
  declare readonly order: number;
  /** Hooks on results, by result. */
  declare hooks: Map<number, Set<GradientHook>> | null;
  /** Results whose gradient the user asked to keep, by result. */
  declare retained: Map<number, Tensor> | null;
  /** Where it was made, in anomaly mode. */
  declare stack: string | null;

  constructor(rule: Rule, edges: (Edge | null)[], saved: (Tensor | number | null)[], attributes: unknown) {
    this.rule = rule;
    this.edges = edges;
    this.results = [];
    this.saved = saved;
    this.versions = versionsOf(rule.name, saved);
    this.attributes = attributes;
    this.order = made++;
    this.hooks = null;
    this.retained = null;
    this.stack = null;
  }

  /** The operation's name. */
  get name(): string {
    return this.rule.name;
  }
}

function versionsOf(name: string, saved: readonly (Tensor | number | null)[]): number[] {
  const versions = new Array<number>(saved.length);
  for (let i = 0; i < saved.length; i++) {
    const x = saved[i];
    if (x === null || typeof x === 'number') continue;
    if (x.storage.inference) {
      throw new AutogradError(
        `${name}: a tensor of shape ${showShape(x.shape)} made in inferenceMode cannot be saved for a gradient; clone it outside, or use noGrad`,
      );
    }
    versions[i] = x.storage.version;
  }
  return versions;
}
