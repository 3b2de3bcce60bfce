import { multiply } from '../../blas/gemm.js';
import type { Library } from '../../blas/library.js';
import { type Matrix, turned } from '../../cpu/matrix.js';
import { areas, type Engine } from './convolutionTools.js';
import type { Images, Kernels, Triple } from './images.js';
import { product, type Steps } from './patches.js';
import { type Block, type Grid, Unfolding } from './unfolding.js';

const { ceil, floor, max, min } = Math;

/** Places that a product has at least, if there are as many: BLAS packs the kernels anew for each. */
const fewestPlaces = 256;
/** Bytes of patches made at a time, if that is no fewer places: they stay in the second cache. */
const patchBytes = 1 << 20;

const one: Triple = [1, 1, 1];
const none: Triple = [0, 0, 0];

/**
 * A convolution as products of matrices for the system's BLAS, of kernels as they lie: [outputs, taps] times patches of `inner` images,
 * [taps, places], are `outer` images, [outputs, places].
 */
interface Products {
  readonly blas: Library;
  readonly inner: Unfolding;
  readonly outer: Unfolding;
  /** All of the images' blocks, chunk by chunk. */
  readonly chunks: readonly (readonly Block[])[];
  /** Places of a block. */
  columns(block: Block): number;
  /** The kernels of a block's group. */
  kernels(block: Block): Matrix;
}

/** Null where there is no BLAS, or where the heap cannot hold what is not to be used as it lies. */
function productsOf(
  engine: Engine,
  steps: Steps,
  inner: Images,
  { data, offset, taps }: Kernels,
  outer: Images,
): Products | null {
  const { heap, functions, blas } = engine;
  const { images, groups } = steps;
  const places = outer.plane;
  const wide = places[2];
  const high = places[0] * places[1];
  const depth = inner.channels * product(taps);
  const chunk = min(images, ceil(fewestPlaces / (high * wide)));
  const most = ceil(max(fewestPlaces, floor(patchBytes / 4 / depth)) / wide);
  const rows = chunk > 1 ? high : min(high, most);
  const pitch = chunk * rows * wide;
  const grid: Grid = { steps, taps, places, chunk, pitch };
  const once: Steps = { images, groups, stride: one, padding: none, dilation: one };
  const sides = [
    new Unfolding(heap, functions, inner, grid),
    new Unfolding(heap, functions, outer, { ...grid, steps: once, taps: one }),
  ];
  const found = areas(
    engine,
    sides.flatMap(({ bytes }) => bytes),
    [],
  );
  if (blas === null || found === null) return null;
  sides.forEach((side, k) => {
    side.place(found.common[2 * k], found.common[2 * k + 1]);
  });
  const chunks: Block[][] = [];
  for (let first = 0; first < images; first += chunk) {
    const blocks: Block[] = [];
    for (let group = 0; group < groups; group++) {
      for (let row = 0; row < high; row += rows) {
        blocks.push({ first, images: min(chunk, images - first), group, row, rows: min(rows, high - row) });
      }
    }
    chunks.push(blocks);
  }
  return {
    blas,
    inner: sides[0],
    outer: sides[1],
    chunks,
    columns: ({ images, rows }) => images * rows * wide,
    kernels: ({ group }) => ({ data, offset: offset + group * outer.channels * depth, row: depth, column: 1 }),
  };
}

/** Fills rows of a matrix with a number for each, for products to be added to. */
function fillRows({ data, offset, row }: Matrix, columns: number, values: Float32Array): void {
  for (const [i, x] of values.entries()) data.fill(x, offset + i * row, offset + i * row + columns);
}

/** `passes.convolve` through the system's BLAS. */
export function convolve(
  engine: Engine,
  steps: Steps,
  source: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const products = productsOf(engine, steps, source, kernels, result);
  if (products === null) return false;
  const { blas, inner, outer, columns } = products;
  for (const blocks of products.chunks) {
    inner.stage(blocks[0]);
    for (const block of blocks) {
      inner.unfold(block);
      const [c, n] = [outer.matrix(block), columns(block)];
      if (bias !== null) fillRows(c, n, bias.subarray(block.group * outer.depth, (block.group + 1) * outer.depth));
      multiply(blas, outer.depth, n, inner.depth, c, products.kernels(block), inner.matrix(block), bias !== null);
      outer.fold(block);
    }
    outer.fetch(blocks[0]);
  }
  return true;
}

/** `passes.convolveInput` in the same way: the turned kernels times the gradient are patches, which are added up. */
export function convolveInput(
  engine: Engine,
  steps: Steps,
  gradient: Images,
  kernels: Kernels,
  result: Images,
  bias: Float32Array | null,
): boolean {
  const products = productsOf(engine, steps, result, kernels, gradient);
  if (products === null) return false;
  const { blas, inner, outer, columns } = products;
  for (const blocks of products.chunks) {
    outer.stage(blocks[0]);
    if (!inner.plain) inner.begin(blocks[0], bias);
    for (const block of blocks) {
      outer.unfold(block);
      const [c, n] = [inner.matrix(block), columns(block)];
      const begun = inner.plain && bias !== null;
      if (begun) fillRows(c, n, bias.subarray(block.group * inner.depth, (block.group + 1) * inner.depth));
      multiply(blas, inner.depth, n, outer.depth, c, turned(products.kernels(block)), outer.matrix(block), begun);
      inner.addUp(block);
    }
    inner.fetch(blocks[0]);
  }
  return true;
}

/** `patchKernels.convolveKernels` in the same way: gradients times turned patches, added up over all blocks. */
export function convolveKernels(
  engine: Engine,
  steps: Steps,
  source: Images,
  gradient: Images,
  kernels: Kernels,
): boolean {
  const products = productsOf(engine, steps, source, kernels, gradient);
  if (products === null) return false;
  const { blas, inner, outer, columns } = products;
  for (const blocks of products.chunks) {
    inner.stage(blocks[0]);
    outer.stage(blocks[0]);
    for (const block of blocks) {
      inner.unfold(block);
      outer.unfold(block);
      const [c, more] = [products.kernels(block), block.first + block.row > 0];
      multiply(
        blas,
        outer.depth,
        inner.depth,
        columns(block),
        c,
        outer.matrix(block),
        turned(inner.matrix(block)),
        more,
      );
    }
  }
  return true;
}
