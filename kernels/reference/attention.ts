import { type Formula, formula } from '../dag.js';
import type { FusedKernels, Kernels, TypedArray, View } from '../types.js';
import { contiguousStrides, count, isSingle } from '../view.js';
import { matmul } from './matmul.js';
import { pointwise } from './pointwise.js';
import { softmax, softmaxBackward } from './softmax.js';

const product: Formula = formula(2, (s, x, y) => s.mul(x, y));
const sum: Formula = formula(2, (s, x, y) => s.add(x, y));
const scaledSum: Formula = formula(3, (s, x, scale, mask) => s.add(s.mul(x, scale), mask));

/** What attention is made of on a device, and how many scores of several heads it takes at once. */
interface Parts extends Pick<Kernels, 'matmul' | 'pointwise'>, Pick<FusedKernels, 'softmax' | 'softmaxBackward'> {
  readonly together: number;
}

/** Some heads of some batches. */
interface Group {
  readonly batch: number;
  readonly batches: number;
  readonly head: number;
  readonly heads: number;
}

/** Groups whose scores, `each` of a head, are few enough for what follows to find them where they were left. */
function groupsOf([batches, heads]: readonly number[], each: number, together: number): Group[] {
  const most = Math.max(1, Math.floor(together / each));
  const [rows, columns] = most < heads ? [1, most] : [Math.min(batches, Math.floor(most / heads)), heads];
  const groups: Group[] = [];
  for (let batch = 0; batch < batches; batch += rows) {
    for (let head = 0; head < heads; head += columns) {
      const size = { batches: Math.min(rows, batches - batch), heads: Math.min(columns, heads - head) };
      groups.push({ batch, head, ...size });
    }
  }
  return groups;
}

function part({ buffer, offset, shape, strides, dtype }: View, { batch, batches, head, heads }: Group): View {
  const at = offset + batch * strides[0] + head * strides[1];
  return { buffer, offset: at, shape: [batches, heads, shape[2], shape[3]], strides, dtype };
}

function turned({ buffer, offset, shape: [n, h, rows, columns], strides: [a, b, c, d], dtype }: View): View {
  return { buffer, offset, shape: [n, h, columns, rows], strides: [a, b, d, c], dtype };
}

/** Memory for scores of a group, as large as the largest one needs. */
function scores({ shape: [, , rows, columns], buffer, dtype }: View, groups: readonly Group[]): (group: Group) => View {
  const Type = (buffer as TypedArray).constructor as new (count: number) => TypedArray;
  const { batches: most, heads: widest } = groups[0];
  const memory = new Type(most * widest * rows * columns);
  return ({ batches, heads }) => {
    const shape = [batches, heads, rows, columns];
    return { buffer: memory, offset: 0, shape, strides: contiguousStrides(shape), dtype };
  };
}

/** What hides later positions: minus infinity for those, 0 for the others. */
export function causalMask({ shape, buffer, dtype }: View): View {
  const [rows, columns] = shape.slice(2);
  const Type = (buffer as TypedArray).constructor as new (count: number) => TypedArray;
  const memory = new Type(rows * columns);
  for (let i = 0; i < rows; i++)
    memory.fill(-Infinity as never, i * columns + Math.min(i + 1, columns), (i + 1) * columns);
  return { buffer: memory, offset: 0, shape, strides: [0, 0, columns, 1], dtype };
}

/** Whether a gradient is one zero for all, as it is where none arrived. */
export function isNothing(view: View): boolean {
  return isSingle(view) && (view.buffer as TypedArray)[view.offset] === 0;
}

/** Attention and its gradient as products and formulas of a device. */
export function attentionBy(k: Parts): Pick<FusedKernels, 'attention' | 'attentionBackward'> {
  const groups = ({ shape }: View): Group[] => groupsOf(shape, Math.max(1, count(shape.slice(2))), k.together);
  return {
    attention({ output, weights }, { query, key, value, mask, kept }, { scale, causal }) {
      const all = groups(weights);
      const { dtype } = weights;
      const hidden = causal ? causalMask(weights) : mask;
      const scratch = kept && scores(weights, all);
      for (const group of all) {
        const own = part(weights, group);
        k.matmul(own, part(query, group), turned(part(key, group)));
        if (hidden === null) k.pointwise(product, dtype, [own], [own, scale]);
        else k.pointwise(scaledSum, dtype, [own], [own, scale, part(hidden, group)]);
        k.softmax(own, own, 3, false);
        const used = scratch ? scratch(group) : own;
        if (kept) k.pointwise(product, dtype, [used], [own, part(kept, group)]);
        k.matmul(part(output, group), used, part(value, group));
      }
    },
    attentionBackward(to, gradients, weights, { query, key, value, kept }, { scale }) {
      const all = groups(weights);
      const { dtype } = weights;
      const scratch = scores(weights, all);
      const toWeights = isNothing(gradients.weights) ? null : gradients.weights;
      for (const group of all) {
        const [own, change, toOutput] = [part(weights, group), scratch(group), part(gradients.output, group)];
        if (to.value !== null) {
          if (kept) k.pointwise(product, dtype, [change], [own, part(kept, group)]);
          k.matmul(part(to.value, group), turned(kept ? change : own), toOutput);
        }
        if (to.query === null && to.key === null) continue;
        k.matmul(change, toOutput, turned(part(value, group)));
        if (kept) k.pointwise(product, dtype, [change], [change, part(kept, group)]);
        if (toWeights !== null) k.pointwise(sum, dtype, [change], [change, part(toWeights, group)]);
        k.softmaxBackward(change, change, own, 3, false);
        k.pointwise(product, dtype, [change], [change, scale]);
        if (to.query !== null) k.matmul(part(to.query, group), change, part(key, group));
        if (to.key !== null) k.matmul(part(to.key, group), turned(change), part(query, group));
      }
    },
  };
}

const plain = attentionBy({ matmul, pointwise, softmax, softmaxBackward, together: Infinity });

/** `FusedKernels.attention`. */
export const attention: FusedKernels['attention'] = plain.attention;

/** `FusedKernels.attentionBackward`. */
export const attentionBackward: FusedKernels['attentionBackward'] = plain.attentionBackward;
