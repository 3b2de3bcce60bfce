/**
 * What products of float32 reach in WebAssembly, beside what bounds them, all in one process: `npx tsx tests/bench/roof.ts [SIZE ...]`.
 */
import type { Matrix } from '../../kernels/cpu/matrix.js';
import { i32, load, ModuleBuilder, op } from '../../kernels/wasm/assembler.js';
import type { Heap } from '../../kernels/wasm/heap.js';
import { openGemm } from '../../kernels/wasm/product/gemm.js';
import { product } from '../../kernels/wasm/product/product.js';

/** Turns of `chains` multiplications and additions on registers: as many as hide what one takes. */
const chains = 12;

function registers(heap: Heap): (turns: number) => void {
  const module = new ModuleBuilder();
  module.function('turn', ['i32'] as const, null, (f, [turns]) => {
    const at = i32(64);
    const sums = Array.from({ length: chains }, () => f.local('v128'));
    const x = f.define(load('v128.load', at));
    f.loop((again) => {
      for (const sum of sums) f.set(sum, op('f32x4.add', op('f32x4.mul', x, sum), x));
      f.advance(turns, -1);
      f.branchIf(again, turns);
    });
    sums.forEach((sum, k) => {
      f.store('v128.store', at, sum, 16 * k);
    });
  });
  return heap.compile(module).turn as (turns: number) => void;
}

interface Candidate {
  readonly name: string;
  readonly flops: number;
  run(): void;
}

function square(n: number, form: 'NN' | 'NT' | 'TN'): Candidate {
  const fill = (): Float32Array => Float32Array.from({ length: n * n }, () => Math.random() - 0.5);
  const lying = (data: Float32Array, turned: boolean): Matrix =>
    turned ? { data, offset: 0, row: 1, column: n } : { data, offset: 0, row: n, column: 1 };
  const [a, b, c] = [lying(fill(), form === 'TN'), lying(fill(), form === 'NT'), lying(fill(), false)];
  return { name: `${n} ${form}`, flops: 2 * n ** 3, run: () => void product(n, n, n, c, a, b) };
}

const { heap, functions } = openGemm()!;
const [rows, columns, depth, turns] = [128, 512, 256, 100_000];
const left = heap.reserve(2 ** 22);
const right = left + 4 * rows * depth;
const sums = right + 4 * columns * depth;
heap.f32.fill(0.5);
const turn = registers(heap);
const sizes = process.argv.length > 2 ? process.argv.slice(2).map(Number) : [8, 16, 32, 64, 128, 256, 512, 1024];
const candidates: Candidate[] = [
  { name: 'registers', flops: 8 * chains * turns, run: () => turn(turns) },
  {
    name: 'micro-kernel',
    flops: 2 * rows * columns * depth,
    run: () => functions.multiply(left, right, sums, 4 * columns, rows, columns, depth, 0),
  },
  ...sizes.flatMap((n) => (['NN', 'NT', 'TN'] as const).map((form) => square(n, form))),
];

const best = new Map<Candidate, number>();
const end = performance.now() + 20_000;
for (let round = 0; round < 200 && (round < 4 || performance.now() < end); round++) {
  for (const candidate of candidates) {
    const calls = Math.max(1, Math.floor(2e7 / candidate.flops));
    const start = performance.now();
    for (let i = 0; i < calls; i++) candidate.run();
    best.set(candidate, Math.min(best.get(candidate) ?? Infinity, (performance.now() - start) / calls));
  }
}
for (const [{ name, flops }, ms] of best) {
  console.log(
    `${name.padEnd(14)} ${(1e3 * ms).toFixed(2).padStart(10)} us ${(flops / ms / 1e6).toFixed(1).padStart(6)} GFLOP/s`,
  );
}
