/** Memory of a matrix or a vector, from its first element on. */
type Memory = Float32Array | Float64Array;

/** `cblas_?gemm`: layout, two transpositions, rows, columns, depth, alpha, a, lda, b, ldb, beta, c, ldc. */
export type MatrixProduct = (
  layout: number,
  transposeA: number,
  transposeB: number,
  rows: number,
  columns: number,
  depth: number,
  alpha: number,
  a: Memory,
  lda: number,
  b: Memory,
  ldb: number,
  beta: number,
  c: Memory,
  ldc: number,
) => void;

/** `cblas_?gemv`: layout, transposition, rows and columns as stored, alpha, a, lda, x, its step, beta, y, its step. */
export type VectorProduct = (
  layout: number,
  transpose: number,
  rows: number,
  columns: number,
  alpha: number,
  a: Memory,
  lda: number,
  x: Memory,
  stepX: number,
  beta: number,
  y: Memory,
  stepY: number,
) => void;

/** `cblas_?axpy`: elements, alpha, x, its step, y, its step; adds alpha x to y. */
export type VectorSum = (n: number, alpha: number, x: Memory, stepX: number, y: Memory, stepY: number) => void;

/** The functions for one element type. */
export interface Products {
  readonly gemm: MatrixProduct;
  readonly gemv: VectorProduct;
  readonly axpy: VectorSum;
}

/** A BLAS of the system, opened. */
export interface Library {
  /** What it calls itself, with the processor it chose its code for. */
  readonly name: string;
  /** As it was given to the system's loader. */
  readonly path: string;
  readonly single: Products;
  readonly double: Products;
  /** How many threads a product takes; null where the library decides. */
  threads(): number | null;
  /** Has no effect where the library decides. */
  setThreads(count: number): void;
}

/** The little that is used of npm `koffi`. */
interface Koffi {
  load(path: string): { func(prototype: string): (...values: never[]) => unknown };
}

interface NodeProcess {
  readonly platform: string;
  readonly env: Record<string, string | undefined>;
  getBuiltinModule?(id: string): unknown;
  emitWarning(message: string): void;
}

/** A variable, or bundlers for browsers would try to pack it. */
const nodePackage: string = 'koffi';

const byPlatform: Record<string, readonly string[]> = {
  darwin: ['/System/Library/Frameworks/Accelerate.framework/Accelerate'],
  win32: ['libopenblas.dll', 'openblas.dll'],
};
// Not libblas.so.3: that may be the reference BLAS, which is slower than the library's own products.
const elsewhere = ['libopenblas.so.0', 'libopenblas.so'];

let library: Library | null | undefined;
/** The threads that were asked for; null before anybody did. */
let wanted: number | null = null;

/** The system's BLAS, looked for at the first call; null where there is none, no npm `koffi`, or TAPEGRAD_BLAS=off. */
export function systemBlas(): Library | null {
  if (library === undefined) library = find();
  return library;
}

/** Sets the threads of a product, of a library that is opened later too. */
export function setBlasThreads(count: number): void {
  wanted = count;
  library?.setThreads(count);
}

function find(): Library | null {
  const { process } = globalThis as { process?: NodeProcess };
  if (typeof process?.getBuiltinModule !== 'function') return null;
  const wish = process.env.TAPEGRAD_BLAS ?? '';
  if (wish === 'off') return null;
  try {
    const koffi = load(process);
    const reasons: string[] = [];
    for (const path of wish !== '' ? [wish] : (byPlatform[process.platform] ?? elsewhere)) {
      try {
        return open(koffi, path, process.env);
      } catch (error) {
        reasons.push(String(error));
      }
    }
    if (wish !== '') process.emitWarning(`TAPEGRAD_BLAS=${wish} is not used: ${reasons.join('; ')}`);
  } catch (error) {
    if (wish !== '') process.emitWarning(`TAPEGRAD_BLAS=${wish} is not used, npm koffi is missing: ${error}`);
  }
  return null;
}

function load(process: NodeProcess): Koffi {
  const { createRequire } = process.getBuiltinModule!('node:module') as typeof import('node:module');
  return createRequire(import.meta.url)(nodePackage);
}

function open(koffi: Koffi, path: string, env: NodeProcess['env']): Library {
  const file = koffi.load(path);
  /** A function that only some libraries have. */
  const optional = <F>(prototype: string): F | null => {
    try {
      return file.func(prototype) as F;
    } catch {
      return null;
    }
  };
  const products = (letter: string, scalar: string): Products => ({
    gemm: file.func(
      `void cblas_${letter}gemm(int, int, int, int, int, int, ${scalar}, void*, int, void*, int, ${scalar}, void*, int)`,
    ) as MatrixProduct,
    gemv: file.func(
      `void cblas_${letter}gemv(int, int, int, int, ${scalar}, void*, int, void*, int, ${scalar}, void*, int)`,
    ) as VectorProduct,
    axpy: file.func(`void cblas_${letter}axpy(int, ${scalar}, void*, int, void*, int)`) as VectorSum,
  });
  const config = optional<() => string>('str openblas_get_config()')?.() ?? '';
  if (config.includes('USE64BITINT')) throw new Error(`${path} counts in 64 bits; this needs one that counts in 32`);
  const core = optional<() => string>('str openblas_get_corename()')?.() ?? '';
  const set = optional<(count: number) => void>('void openblas_set_num_threads(int)');
  const get = optional<() => number>('int openblas_get_num_threads()');
  // Whoever set one of the library's own variables asked for more than the one thread.
  if (wanted !== null || (env.OPENBLAS_NUM_THREADS === undefined && env.OMP_NUM_THREADS === undefined))
    set?.(wanted ?? 1);
  return {
    name: config === '' ? nameOf(path) : `${config.split(' ').slice(0, 2).join(' ')} ${core}`.trim(),
    path,
    single: products('s', 'float'),
    double: products('d', 'double'),
    threads: () => get?.() ?? null,
    setThreads: (count) => set?.(count),
  };
}

/** The file's name without folders and endings. */
function nameOf(path: string): string {
  return path.replace(/^.*[\\/]/, '').replace(/\..*$/, '');
}
