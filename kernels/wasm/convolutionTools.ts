import { ModuleBuilder } from './assembler.js';
import { type Gemm, gemmOn } from './gemm.js';
import { type Heap, type Linked, linked } from './heap.js';
import { addPlanes, type Planes } from './planes.js';
import { largeTile, smallTile } from './tile.js';
import { addWinograd, type Winograd } from './winograd.js';

/** The functions that convolutions are made of. */
export interface Tools extends Planes, Pick<Gemm, 'multiply' | 'pack4' | 'pack8'> {
  /** By the tile's size. */
  readonly winograd: ReadonlyMap<number, Winograd>;
}

function toolsOn(heap: Heap): Tools {
  const tiles = [smallTile, largeTile];
  const module = new ModuleBuilder();
  addPlanes(module);
  for (const tile of tiles) addWinograd(module, tile);
  const functions = heap.compile(module);
  const family = (size: number): Winograd => {
    const names = Object.keys(functions).filter((name) => name.endsWith(`${size}`));
    return Object.fromEntries(names.map((name) => [name.slice(0, -1), functions[name]])) as unknown as Winograd;
  };
  const winograd = new Map(tiles.map(({ size }) => [size, family(size)]));
  const { copy, fillRows } = functions as unknown as Planes;
  const { multiply, pack4, pack8 } = gemmOn(heap);
  return { copy, fillRows, multiply, pack4, pack8, winograd };
}

export const tools: (heap?: Heap | null) => Linked<Tools> | null = linked(toolsOn);
