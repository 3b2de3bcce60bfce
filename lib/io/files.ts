import { ArgumentError, TapegradError } from '../core/errors.js';
import { kindOf } from '../core/kinds.js';
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

function checkPath(operation: string, path: unknown): void {
  if (typeof path === 'string') return;
  throw new ArgumentError(`${operation}: path must be a string, got ${kindOf(path)}`);
}

/** Node writes and reads at most 2 GiB at once. */
const chunk = 2 ** 30;

function writeAll(fs: FileSystem, path: string, bytes: Uint8Array): void {
  const file = fs.openSync(path, 'w');
  try {
    for (let at = 0; at < bytes.length; ) at += fs.writeSync(file, bytes, at, Math.min(chunk, bytes.length - at));
    if (fs.fstatSync(file).isFile()) fs.fsyncSync(file);
  } finally {
    fs.closeSync(file);
  }
}

/** Replaces a file as a whole: a process killed at any moment leaves the old one or the new one. */
function replaceFile(operation: string, path: string, bytes: Uint8Array): void {
  checkPath(operation, path);
  const fs = node<FileSystem>('node:fs', operation);
  const { dirname } = node<Paths>('node:path', operation);
  const there = fs.statSync(path, { throwIfNoEntry: false });
  // A pipe or a device is written to, never replaced.
  if (there !== undefined && !there.isFile()) return writeAll(fs, path, bytes);
  const target = there === undefined ? path : fs.realpathSync(path);
  const beside = `${target}.${process.pid}.tmp`;
  try {
    writeAll(fs, beside, bytes);
    fs.renameSync(beside, target);
  } catch (error) {
    fs.rmSync(beside, { force: true });
    throw error;
  }
  syncFolder(fs, dirname(target));
}

function readFile(operation: string, path: string): Uint8Array {
  checkPath(operation, path);
  const fs = node<FileSystem>('node:fs', operation);
  const file = fs.openSync(path, 'r');
  try {
    const { size } = fs.fstatSync(file);
    if (size < chunk) return fs.readFileSync(file);
    const bytes = new Uint8Array(size);
    let at = 0;
    while (at < size) {
      const read = fs.readSync(file, bytes, at, Math.min(chunk, size - at), null);
      if (read === 0) break;
      at += read;
    }
    return bytes.subarray(0, at);
  } finally {
    fs.closeSync(file);
  }
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
  return deserialize<T>(readFile('load', path));
}

/** The tensors of a safetensors file, by name. */
export function loadFile(path: string): Record<string, Tensor> {
  return parse(readFile('io.loadFile', path));
}

/** Writes tensors to a safetensors file, as a whole or not at all. */
export function saveFile(
  tensors: Readonly<Record<string, Tensor>>,
  path: string,
  metadata: Readonly<Record<string, string>> = {},
): void {
  replaceFile('io.saveFile', path, build(tensors, metadata));
}
