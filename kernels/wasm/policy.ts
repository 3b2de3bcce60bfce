import { type Gemm, gemmOn } from './gemm.js';
import { type Heap, wasmHeap } from './heap.js';

/** From how many multiplications on a product goes through WebAssembly; tests lower it. */
export const policy: { products: number } = { products: 2048 };

/** What a product in WebAssembly needs. */
export interface Products {
  readonly heap: Heap;
  readonly gemm: Gemm;
}

let products: Products | null | undefined;

/** The one place that decides: the means for a product in float32, or null where JavaScript is the way. */
export function wasmProducts(bytesPerElement: number, multiplications: number): Products | null {
  if (bytesPerElement !== 4 || !(multiplications >= policy.products)) return null;
  if (products === undefined) products = open();
  return products;
}

function open(): Products | null {
  const heap = wasmHeap();
  if (heap === null) return null;
  try {
    return { heap, gemm: gemmOn(heap) };
  } catch {
    return null;
  }
}
