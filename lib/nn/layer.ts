import type { Device } from '../core/device.js';
import type { DType } from '../core/dtype.js';
import { showShape } from '../core/errors.js';
import { empty } from '../ops/creation/creation.js';
import type { Tensor } from '../tensor.js';
import { named } from './arguments.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';

/** Where and as what a layer makes its parameters. */
export interface Placement {
  /** 'cpu' unless said otherwise. */
  device?: Device | null;
  /** float32 unless `setDefaultDtype` says otherwise. */
  dtype?: DType | null;
}

/** A parameter whose elements are not set yet. */
export function parameter(shape: readonly number[], { device, dtype }: Placement): Parameter {
  return new Parameter(empty(shape, { device, dtype }));
}

function show(value: unknown): string {
  if (Array.isArray(value)) return showShape(value);
  return typeof value === 'function' ? value.name : String(value);
}

/** Options as a module prints them: `kernelSize=(3, 3), stride=1`. What is null or undefined is left out. */
export function showOptions(options: object): string {
  return Object.entries(options)
    .filter(([, value]) => value !== null && value !== undefined)
    .map(([name, value]) => `${name}=${show(value)}`)
    .join(', ');
}

/**
 * A module without parameters: its constructor's arguments become its properties, under their own names. Those that `buffers` lists
 * become buffers, under the names given there.
 */
export abstract class Layer extends Module {
  declare private readonly optionNames: readonly string[];

  constructor(signature: string, args: readonly unknown[], buffers: Readonly<Record<string, string>> = {}) {
    super();
    const options = named<Record<string, Tensor | null>>(signature, args);
    for (const [name, value] of Object.entries(options)) {
      if (name in buffers) this.registerBuffer(buffers[name], value);
      else Object.assign(this, { [name]: value });
    }
    const optionNames = Object.keys(options).filter((name) => !(name in buffers));
    Object.defineProperty(this, 'optionNames', { value: optionNames, enumerable: false });
  }

  override extraRepr(): string {
    const own = this as unknown as Record<string, unknown>;
    return showOptions(
      Object.fromEntries(
        this.optionNames.filter((name) => name !== 'inplace' || own.inplace === true).map((name) => [name, own[name]]),
      ),
    );
  }
}
