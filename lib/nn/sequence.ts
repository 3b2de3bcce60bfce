import { ArgumentError, IndexError } from '../core/errors.js';
import { Module } from './module.js';

/** Modules in an order, under the names '0', '1', ... unless they were given others: what `Sequential` and `ModuleList` share. */
export abstract class ModuleSequence<M extends Module> extends Module implements Iterable<M> {
  /** How many modules there are. */
  get length(): number {
    return this.entries().length;
  }

  /** Names and modules in order; a module in two places comes twice. */
  protected entries(): [string, M][] {
    return Object.entries(this).filter((entry): entry is [string, M] => entry[1] instanceof Module);
  }

  /** The modules in order. */
  [Symbol.iterator](): Iterator<M> {
    return this.entries()
      .map(([, module]) => module)
      .values();
  }

  /** The place of an index, which may count from the end. */
  private place(method: string, index: number, size: number): number {
    const place = index < 0 ? index + size : index;
    if (Number.isInteger(index) && place >= 0 && place < size) return place;
    throw new IndexError(
      `${this.constructor.name}.${method}: index ${String(index)} is out of range for ${this.length} modules`,
    );
  }

  /** The module at an index; negative ones count from the end. IndexError where there is none. */
  get(index: number): M {
    const entries = this.entries();
    return entries[this.place('get', index, entries.length)][1];
  }

  /** Replaces the module at an index. IndexError where there is none. */
  set(index: number, module: M): this {
    const entries = this.entries();
    this.registerModule(entries[this.place('set', index, entries.length)][0], module);
    return this;
  }

  /** Adds a module at the end. */
  append(module: M): this {
    this.registerModule(String(this.length), module);
    return this;
  }

  /** Adds modules at the end. */
  extend(modules: Iterable<M>): this {
    for (const module of [...modules]) this.append(module);
    return this;
  }

  /** Puts a module before the one at an index; those after it are numbered anew. */
  insert(index: number, module: M): this {
    const modules = [...this];
    modules.splice(this.place('insert', index, modules.length + 1), 0, module);
    return this.renumber(modules);
  }

  /** Takes the module at an index out (the last unless said otherwise) and returns it; those after it are numbered anew. */
  pop(index = -1): M {
    const modules = [...this];
    const [taken] = modules.splice(this.place('pop', index, modules.length), 1);
    this.renumber(modules);
    return taken;
  }

  private renumber(modules: readonly M[]): this {
    for (const [name] of this.entries()) {
      if (!/^\d+$/.test(name))
        throw new ArgumentError(`${this.constructor.name}: its modules have names, such as ${name}`);
      delete (this as unknown as Record<string, unknown>)[name];
    }
    return this.extend(modules);
  }
}
