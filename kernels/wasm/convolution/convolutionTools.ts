import type { Library } from '../../blas/library.js';
import { ModuleBuilder } from '../assembler.js';
import { type Heap, linked } from '../heap.js';
import { type Gemm, gemmOn, panelRows } from '../product/gemm.js';
import { lines } from '../product/staging.js';
import type { Pool } from '../threads/pool.js';
import { threadPool, Work } from '../threads/threads.js';
import { addDirect, type Direct } from './directCode.js';
import { addPlanes, type Planes } from './planes.js';
import { largeTile, smallTile } from './tile.js';
import { addWinograd, type Winograd } from './winograd.js';

const { ceil, min } = Math;

/** The functions that convolutions are made of. */
export interface Tools extends Planes, Direct, Pick<Gemm, 'multiply' | 'multiplyPlanes' | 'pack4' | 'pack8'> {
  /** By the tile's size. */
  readonly winograd: ReadonlyMap<number, Winograd>;
}

function toolsOn(heap: Heap): Tools {
  const tiles = [smallTile, largeTile];
  const module = new ModuleBuilder();
  addPlanes(module);
  addDirect(module);
  for (const tile of tiles) addWinograd(module, tile);
  const functions = heap.compile(module);
  const family = (size: number): Winograd => {
    const names = Object.keys(functions).filter((name) => name.endsWith(`${size}`));
    return Object.fromEntries(names.map((name) => [name.slice(0, -1), functions[name]])) as unknown as Winograd;
  };
  const winograd = new Map(tiles.map(({ size }) => [size, family(size)]));
  const { copy, accumulate, fillRows, add, direct, correlate } = functions as unknown as Planes & Direct;
  const { multiply, multiplyPlanes, pack4, pack8 } = gemmOn(heap);
  return { copy, accumulate, fillRows, add, direct, correlate, multiply, multiplyPlanes, pack4, pack8, winograd };
}

const tools = linked(toolsOn);

/** Distances in bytes: from step to step of depth, from the first to the second four lanes of a pair, and from pair to pair. */
export interface Apart {
  readonly step: number;
  readonly half: number;
  readonly pair: number;
}

/**
 * Where a convolution is computed, and who multiplies: the micro-kernel, for which both sides come in panels, or the system's BLAS, for which they
 * are plain matrices of one row for each step.
 */
export interface Engine {
  readonly heap: Heap;
  readonly functions: Tools;
  readonly pool: Pool | null;
  readonly blas: Library | null;
}

/** The engine over the system's BLAS if one is given, else over this thread, or all of them where `shared`; null where there is no WebAssembly. */
export function engineFor(blas: Library | null, shared: boolean): Engine | null {
  const pool = shared && blas === null ? threadPool() : null;
  const linked = tools(pool?.heap);
  if (linked === null) return null;
  const { heap, functions } = linked;
  if (blas === null) return { heap, functions, pool, blas };
  return { heap, functions: { ...functions, ...productsOn(heap, blas) }, pool, blas };
}

// CBLAS's constants for row after row, as stored, and transposed.
const [rowMajor, asStored, transposed] = [101, 111, 112];

/** The products for plain matrices. */
function productsOn(heap: Heap, blas: Library): Pick<Gemm, 'multiply' | 'multiplyPlanes'> {
  const { gemm } = blas.single;
  const multiply: Gemm['multiply'] = (left, right, c, row, rows, columns, depth, accumulate) => {
    const [a, b, to] = [left, right, c].map((address) => heap.f32.subarray(address / 4));
    const beta = accumulate === 0 ? 0 : 1;
    gemm(rowMajor, transposed, asStored, rows, columns, depth, 1, a, rows, b, columns, beta, to, row / 4);
  };
  return {
    multiply,
    multiplyPlanes(left, right, c, row, rows, columns, depth, accumulate, count, leftPlane, rightPlane, plane) {
      for (let k = 0; k < count; k++) {
        const [a, b, to] = [left + k * leftPlane, right + k * rightPlane, c + k * plane];
        multiply(a, b, to, row, rows, columns, depth, accumulate);
      }
    },
  };
}

/** How the left side of a product lies, of so many rows and steps. */
export function leftApart({ blas }: Engine, rows: number, depth: number): Apart {
  return blas ? { step: 4 * rows, half: 16, pair: 32 } : { step: 16, half: 16 * depth, pair: 32 * depth };
}

/** How the right side lies. */
export function rightApart({ blas }: Engine, columns: number, depth: number): Apart {
  return { step: blas ? 4 * columns : 32, half: 16, pair: blas ? 32 : 32 * depth };
}

/** Areas of the heap, and how far behind those of one thread those of the next are. */
export interface Areas {
  readonly common: readonly number[];
  readonly own: readonly number[];
  readonly distance: number;
}

/** Addresses of areas of so many bytes, common to all threads or of each its own; null where the heap cannot hold them. */
export function areas({ heap, pool }: Engine, common: readonly number[], own: readonly number[]): Areas | null {
  // Vectors may reach over the end of what they are for.
  const whole = (size: number): number => lines(size) + 64;
  const total = (sizes: readonly number[]): number => sizes.reduce((sum, size) => sum + whole(size), 0);
  const distance = total(own);
  let at = heap.reserve(total(common) + distance * (pool?.threads ?? 1));
  if (at === 0) return null;
  const place = (size: number): number => {
    at += whole(size);
    return at - whole(size);
  };
  return { common: common.map(place), own: own.map(place), distance };
}

/** Work for the engine's threads. */
export function workOf({ pool }: Engine): Work {
  return new Work(pool);
}

/** Pieces of a range for threads: how many of its units to take at a time, `most` if there is one thread. */
export function pieceOf({ pool }: Engine, count: number, unit: number, most: number): number {
  return pool === null ? most : min(most, unit * ceil(count / unit / (4 * pool.threads)));
}

/** Makes a task of each piece of so many of a range. */
export function inPieces(work: Work, count: number, piece: number, visit: (first: number, size: number) => void): void {
  for (let first = 0; first < count; first += piece) {
    work.task();
    visit(first, min(piece, count - first));
  }
}

/** Lanes of a side that threads may take apart: whole pairs of fours. */
export const pairOfFours: number = 2 * panelRows;
