import type { Device } from './device.js';
import type { DType } from './dtype.js';
import { AutogradError, showShape } from './errors.js';
import type { GradientHook, Tensor } from './tensor.js';

/** Where a gradient goes: a result of a node, or a leaf; what it must look like there, and what has arrived in the walk under way. */
export class Edge {
  declare readonly node: Node | null;
  declare readonly leaf: Tensor | null;
  /** Which of the node's results it is. */
  declare readonly index: number;
  declare readonly shape: readonly number[];
  declare readonly dtype: DType;
  declare readonly device: Device;
  /** The sum of what has arrived; null outside a walk. */
  declare gradient: Tensor | null;
  /** Whether the sum's memory is the engine's own, to add more into. */
  declare owned: boolean;

  constructor(node: Node | null, leaf: Tensor | null, index: number, like: Tensor) {
    this.node = node;
    this.leaf = leaf;
    this.index = index;
    this.shape = like.shape;
    this.dtype = like.dtype;
    this.device = like.storage.device;
    this.gradient = null;
    this.owned = false;
  }
}

/** How a kind of node turns the gradients of its results into those of its inputs. */
export interface Rule {
  readonly name: string;
  /** Whether it runs code of the user's, who may keep the gradients that come and go. */
  readonly foreign?: boolean;
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
  declare results: Edge[];
  /** What the rule reads: inputs and results by the rule's own convention; null once released. */
  declare saved: (Tensor | number | null)[] | null;
  /** The saved tensors' storage versions; null where all are 0. */
  declare versions: number[] | null;
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
    this.versions = hold(rule.name, saved);
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

/** Counts who saved what, of memory that has an owner; gives the versions. */
function hold(name: string, saved: readonly (Tensor | number | null)[]): number[] | null {
  let versions: number[] | null = null;
  for (let i = 0; i < saved.length; i++) {
    const x = saved[i];
    if (x === null || typeof x === 'number') continue;
    if (x.storage.inference) {
      throw new AutogradError(
        `${name}: a tensor of shape ${showShape(x.shape)} made in inferenceMode cannot be saved for a gradient; clone it outside, or use noGrad`,
      );
    }
    if (x.storage.owner !== null) x.storage.held++;
    if (x.storage.version > 0) {
      versions ??= new Array<number>(saved.length).fill(0);
      versions[i] = x.storage.version;
    }
  }
  return versions;
}
