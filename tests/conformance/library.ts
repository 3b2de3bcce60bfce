/** The library under test, reached by name: what is missing from it must fail its samples, not the runner's types. */

/** What the runner itself reads of a tensor. */
export interface Tensor {
  readonly shape: number[];
  readonly dtype: string;
  readonly requiresGrad: boolean;
  grad: Tensor | null;
  tolist(): unknown;
}

export type Library = Record<string, unknown>;

/** Loads the library and opens the device that inputs are made on. */
export async function loadLibrary(device = 'cpu'): Promise<Library> {
  const library = (await import('../../lib/index.js')) as unknown as Library;
  if (device !== 'cpu') await (library[device] as () => Promise<unknown>)();
  return library;
}

/** Told by its face, because a test file and the library it loads may live in different realms. */
export function isTensor(value: unknown): value is Tensor {
  if (typeof value !== 'object' || value === null) return false;
  const face = value as Partial<Tensor>;
  return typeof face.dtype === 'string' && Array.isArray(face.shape) && typeof face.tolist === 'function';
}
