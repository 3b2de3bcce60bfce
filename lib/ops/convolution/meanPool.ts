import type { FusedKernels, Spans } from '../../../kernels/types.js';
import { apply1, type Row } from '../../autograd/apply.js';
import type { Tensor } from '../../core/tensor.js';

/** The spatial sizes of a result, and the windows that its elements stand for. */
interface Windows {
  readonly sizes: readonly number[];
  readonly spans: readonly Spans[];
}

const meanRow: Row<Windows> = {
  name: 'meanPool',
  infer: ([x], { spans }) => [
    { shape: [...x.shape.slice(0, 2), ...spans.map((s) => s.starts.length)], dtype: x.dtype },
  ],
  kernel: (k, [y], [x], { spans }) => (k.fused as FusedKernels).meanPool(y, x, spans),
  grad: (_t, [g], [x], _y, { spans }) => [apply1(backwardRow, [g], { spans, sizes: x.shape.slice(2) })],
};

const backwardRow: Row<Windows> = {
  name: 'meanPoolBackward',
  infer: ([g], { sizes }) => [{ shape: [...g.shape.slice(0, 2), ...sizes], dtype: g.dtype }],
  kernel: (k, [y], [g], { spans }) => (k.fused as FusedKernels).meanPoolBackward(y, g, spans),
  grad: (_t, [h], _g, _y, windows) => [apply1(meanRow, [h], windows)],
};

/** Whether the device takes means of windows of a tensor in one launch. */
export function poolsMeans(x: Tensor): boolean {
  return x.storage.kernels.fused !== undefined && (x.dtype === 'float32' || x.dtype === 'float64');
}

/** Sums of windows of [N, C, ...] over their divisors, for a tensor that `poolsMeans`. */
export function meanPool(x: Tensor, spans: readonly Spans[]): Tensor {
  return apply1(meanRow, [x], { spans, sizes: x.shape.slice(2) });
}
