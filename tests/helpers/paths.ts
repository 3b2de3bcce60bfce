import { policy as blas } from '../../kernels/blas/gemm.js';
import { policy, type Thresholds, thresholds } from '../../kernels/wasm/policy.js';
import * as tg from '../../lib/index.js';
import { twoThreads } from './threads.js';

const usual = { ...policy };
const usualBlas = { ...blas };

function allFrom(size: number): Thresholds {
  return Object.fromEntries(Object.keys(thresholds).map((name) => [name, size])) as unknown as Thresholds;
}

function blasFrom(size: number): void {
  for (const name of Object.keys(blas) as (keyof typeof blas)[]) blas[name] = size;
}

/** The ways that operations can take on the CPU, for operands of any size; there is one thread unless more are asked for. */
export const paths = {
  javascript(): void {
    Object.assign(policy, allFrom(Infinity));
    blasFrom(Infinity);
  },
  wasm(): void {
    Object.assign(policy, allFrom(1));
    blasFrom(Infinity);
  },
  threads(): void {
    Object.assign(policy, allFrom(1));
    blasFrom(Infinity);
    twoThreads();
  },
  /** Products and convolutions; the rest in vectors. */
  blas(): void {
    Object.assign(policy, allFrom(1), { blasPrice: 1e-6 });
    blasFrom(1);
  },
};

export type Path = keyof typeof paths;

export const pathNames: readonly Path[] = Object.keys(paths) as Path[];

/** Each operation by what pays, as it is without tests. */
export function usualPath(): void {
  Object.assign(policy, usual);
  Object.assign(blas, usualBlas);
  tg.setNumThreads(1);
}
