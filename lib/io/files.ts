import { TapegradError } from '../core/errors.js';
import type { Tensor } from '../core/tensor.js';
import { deserialize, serialize } from './checkpoint.js';
import { save as build, load as parse } from './safetensors.js';
import type { Saveable } from './structure.js';

type FileSystem = typeof import('node:fs');
type Paths = typeof import('node:path');

/** A module of Node; a browser has none, and the import must not stop it from loading the library. */
function node<M>(name: string, operation: string): M {
  const get = (globalThis as { process?: { getBuiltinModule?(id: string): unknown } }).process?.getBuiltinModule;
  if (get === undefined)
    throw new TapegradError(
      `${operation}: there are no files here; use tg.io.serialize and tg.io.deserialize, or tg.io.load and tg.io.save`,
    );
  return get(name) as M;
}

/** Replaces a file as a whole: a process killed at any moment leaves the old one or the new one. */
function replaceFile(operation: string, path: string, bytes: Uint8Array): void {
  const fs = node<FileSystem>('node:fs', operation);
  const { dirname } = node<Paths>('node:path', operation);
  const beside = `${path}.${process.pid}.tmp`;
  try {
    const file = fs.openSync(beside, 'w');
    try {
      for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at);
      fs.fsyncSync(file);
    } finally {
      fs.closeSync(file);
    }
    fs.renameSync(beside, path);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(fs, dirname(path));
}

/** Makes the rename itself durable, where the system lets a folder be opened. */
function syncFolder(fs: FileSystem, folder: string): void {
  if (process.platform === 'win32') return;
  const handle = fs.openSync(folder, 'r');
  try {
    fs.fsyncSync(handle);
  } finally {
    fs.closeSync(handle);
  }
}

/**
 * Writes plain data with tensors in it (`{ model: model.stateDict(), epoch: 3 }`) to a file, as a whole or not at all.
 * ArgumentError for functions and class instances. PyTorch: torch.save.
 */
export function save(data: unknown, path: string): void {
  replaceFile('save', path, serialize(data));
}

/** The data that `save` wrote, of the type that the caller knows it has; tensors come back on the CPU. FormatError, with the byte offset, for a damaged file. PyTorch: torch.load. */
export function load<T = Saveable>(path: string): T {
  return deserialize<T>(node<FileSystem>('node:fs', 'load').readFileSync(path));
}

/** The tensors of a safetensors file, by name. */
export function loadFile(path: string): Record<string, Tensor> {
  return parse(node<FileSystem>('node:fs', 'io.loadFile').readFileSync(path));
}

/** Writes tensors to a safetensors file, as a whole or not at all. */
export function saveFile(
  tensors: Readonly<Record<string, Tensor>>,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): void {
  replaceFile('io.saveFile', path, build(tensors, metadata));
}
