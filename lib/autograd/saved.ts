import { AutogradError, showShape } from '../core/errors.js';
import type { Node } from '../core/node.js';
import { giveBack, tape } from '../core/storage.js';
import type { Tensor } from '../core/tensor.js';

/** Refuses to run a node whose saved values are gone or changed. */
export function checkSaved(node: Node): void {
  if (node.saved === null) {
    throw new AutogradError(
      `${node.name}: the tape was already walked and its saved values were freed; pass { retainGraph: true } to the first backward`,
    );
  }
  for (let i = 0; i < node.saved.length; i++) {
    const x = node.saved[i];
    if (x === null || typeof x === 'number' || x.storage.version <= (node.versions?.[i] ?? 0)) continue;
    throw new AutogradError(
      `${node.name}: a value of shape ${showShape(x.shape)} that it saved for its gradient was changed in place by ${x.storage.changedBy} ` +
        `(version ${x.storage.version}, saved at ${node.versions?.[i] ?? 0}); use the out-of-place form, or clone it before`,
    );
  }
}

/** Refuses a gradient that holds NaN: anomaly mode. */
export function checkNaN(node: Node, gradient: Tensor, edge: number): void {
  const values = gradient.storage.kernels.read(gradient);
  if (gradient.dtype !== 'float16' && !(values as Float32Array).some(Number.isNaN)) return;
  const made = node.stack === null ? 'unknown: anomaly mode was off during the forward call' : node.stack;
  throw new AutogradError(
    `${node.name}: its gradient to input ${edge} holds NaN. The forward call was made here:\n${made}`,
  );
}

/** The end of what a node saved, unless that is numbers and stand-ins for shapes only: what no other node knows serves for other results. */
export function release(node: Node): void {
  const saved = node.saved as Node['saved'] & object;
  let elements = false;
  for (let i = 0; i < saved.length; i++) {
    const x = saved[i];
    if (x === null || typeof x === 'number' || x.storage.version < 0) continue;
    elements = true;
    if (x.storage.owner === null) continue;
    x.storage.held--;
    giveBack(x.storage, tape);
  }
  if (elements) node.saved = null;
}
