import { formula } from '../../../kernels/dag.js';
import { apply1, applyView, type Row } from '../../autograd/apply.js';
import type { Geometry } from '../../autograd/edges.js';
import { alias, type Tensor } from '../../core/tensor.js';

const sum = formula(2, (s, a, b) => s.add(a, b));

/** A window of a contiguous tensor, for kernels. */
function window(x: Tensor, { shape, strides, offset }: Geometry): Tensor {
  return alias(x, x.offset + offset, shape, strides);
}

/** Whether several elements of a window are one place in memory. */
function overlaps({ shape, strides }: Geometry): boolean {
  const order = shape.map((_, d) => d).filter((d) => shape[d] > 1);
  order.sort((a, b) => Math.abs(strides[a]) - Math.abs(strides[b]));
  let reach = 0;
  for (const d of order) {
    if (Math.abs(strides[d]) <= reach) return true;
    reach += Math.abs(strides[d]) * (shape[d] - 1);
  }
  return false;
}

const embedRow: Row<Geometry> = {
  name: 'embed',
  infer: ([g], { within }) => [{ shape: within, dtype: g.dtype }],
  kernel(k, [y], [g], geometry) {
    k.fill(y, 0);
    if (!overlaps(geometry)) return k.copy(window(y, geometry), g);
    addOneByOne(y, g, geometry);
  },
  grad: (t, [g], _x, _y, geometry) => [t.extract(g, geometry)],
};

/** Adds with places that coincide, along one dimension at a time until what is left does not overlap. */
function addOneByOne(y: Tensor, g: Tensor, geometry: Geometry): void {
  const k = y.storage.kernels;
  const { shape, strides, offset, within } = geometry;
  const outer = shape.findLastIndex((size) => size > 1);
  for (let i = 0; i < shape[outer]; i++) {
    const part = {
      shape: shape.toSpliced(outer, 1),
      strides: strides.toSpliced(outer, 1),
      offset: offset + i * strides[outer],
      within,
    };
    const source = alias(
      g,
      g.offset + i * g.strides[outer],
      g.shape.toSpliced(outer, 1),
      g.strides.toSpliced(outer, 1),
    );
    if (overlaps(part)) addOneByOne(y, source, part);
    else {
      const target = window(y, part);
      k.pointwise2(sum, y.dtype, target, target, source);
    }
  }
}

/** Zeros of the base's shape with `g` in a window of it: the gradient of taking a view. */
export function embed(g: Tensor, geometry: Geometry): Tensor {
  return apply1(embedRow, [g], geometry);
}

/** A window of a tensor that is made contiguous first: the gradient of `embed`. */
export function extract(x: Tensor, geometry: Geometry): Tensor {
  const { shape, strides, offset } = geometry;
  const dense = x.contiguous();
  const row = {
    name: 'extract',
    geometry: (base: Tensor) => ({ offset: base.offset + offset, shape, strides }),
    grad: (t: Parameters<NonNullable<Row<Geometry>['grad']>>[0], g: Tensor) => t.embed(g, geometry),
  };
  return applyView(row, dense, null);
}

const implantRow: Row<Geometry> = {
  name: 'implant',
  infer: ([base]) => [{ shape: base.shape, dtype: base.dtype }],
  kernel(k, [y], [base, region], geometry) {
    k.copy(y, base);
    if (region === undefined) k.fill(window(y, geometry), 0);
    else k.copy(window(y, geometry), region);
  },
  grad: (t, [g], inputs, _y, geometry) =>
    inputs.length === 1 ? [t.implant(g, null, geometry)] : [t.implant(g, null, geometry), t.extract(g, geometry)],
};

/** A copy of `base` with a window replaced, by zeros where `region` is null: what an in-place change through a view does to gradients. */
export function implant(base: Tensor, region: Tensor | null, geometry: Geometry): Tensor {
  return apply1(implantRow, region === null ? [base] : [base, region], geometry);
}
