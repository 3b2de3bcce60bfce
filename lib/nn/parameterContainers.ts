import { isPlainObject } from '../core/bind.js';
import { ArgumentError, IndexError, showShape } from '../core/errors.js';
import { Tensor } from '../tensor.js';
import { Module } from './module.js';
import { Parameter } from './parameter.js';
import { ownParameters } from './registry.js';

/** A parameter as it is; a tensor becomes one. */
function asParameter(name: string, value: Tensor): Parameter {
  if (value instanceof Parameter) return value;
  if (value instanceof Tensor) return new Parameter(value.detach());
  throw new ArgumentError(`${name}: expected a parameter or a tensor, got a ${typeof value}`);
}

/** The parameters, one a line, as PyTorch prints them. */
const textsOf = (module: Module): string[] =>
  ownParameters(module).map(
    ([name, { dtype, shape }]) => `(${name}): Parameter containing: [${dtype} of shape ${showShape(shape)}]`,
  );

/**
 * A list of parameters that is found, as a plain array is not; tensors become parameters. PyTorch: torch.nn.ParameterList.
 * @example
 * const weights = new tg.nn.ParameterList([tg.ones(2), tg.ones(3)]);
 * weights.get(-1).shape // => [ 3 ]
 */
export class ParameterList extends Module implements Iterable<Parameter> {
  constructor(values: Iterable<Tensor> = []) {
    super();
    this.extend(values);
  }

  /** How many parameters there are. */
  get length(): number {
    return ownParameters(this).length;
  }

  /** The parameters in order. */
  [Symbol.iterator](): Iterator<Parameter> {
    return ownParameters(this)
      .map(([, parameter]) => parameter)
      .values();
  }

  private nameAt(method: string, index: number): string {
    const entries = ownParameters(this);
    const entry = Number.isInteger(index) ? entries.at(index) : undefined;
    if (entry !== undefined) return entry[0];
    throw new IndexError(
      `ParameterList.${method}: index ${String(index)} is out of range for ${entries.length} parameters`,
    );
  }

  /** The parameter at an index; negative ones count from the end. IndexError where there is none. */
  get(index: number): Parameter {
    return (this as unknown as Record<string, Parameter>)[this.nameAt('get', index)];
  }

  /** Replaces the parameter at an index. IndexError where there is none. */
  set(index: number, value: Tensor): this {
    this.registerParameter(this.nameAt('set', index), asParameter('ParameterList.set', value));
    return this;
  }

  /** Adds a parameter at the end. */
  append(value: Tensor): this {
    this.registerParameter(String(this.length), asParameter('ParameterList.append', value));
    return this;
  }

  /** Adds parameters at the end. */
  extend(values: Iterable<Tensor>): this {
    for (const value of [...values]) this.append(value);
    return this;
  }

  protected override childTexts(): string[] {
    return textsOf(this);
  }

  /** A list computes nothing: use the parameters in it. */
  forward(): never {
    throw new ArgumentError('ParameterList.forward: a list computes nothing; use the parameters in it');
  }
}

/** Parameters by name, as an object has them, that are found; tensors become parameters. PyTorch: torch.nn.ParameterDict. */
export class ParameterDict<K extends string = string> extends Module {
  constructor(parameters?: Record<K, Tensor>) {
    super();
    this.update(parameters ?? {});
  }

  /** How many parameters there are. */
  get length(): number {
    return ownParameters(this).length;
  }

  /** The parameter under a name; ArgumentError where there is none. */
  get(key: K): Parameter {
    if (this.has(key)) return (this as unknown as Record<string, Parameter>)[key];
    throw new ArgumentError(`ParameterDict.get: there is no parameter ${key}; there are ${this.keys().join(', ')}`);
  }

  /** Puts a parameter under a name. */
  set(key: string, value: Tensor): this {
    this.registerParameter(key, asParameter('ParameterDict.set', value));
    return this;
  }

  /** Whether there is a parameter under a name. */
  has(key: string): boolean {
    return this.keys().includes(key);
  }

  /** Takes a parameter out and returns it; ArgumentError where there is none. */
  pop(key: K): Parameter {
    const parameter = this.get(key);
    delete (this as unknown as Record<string, unknown>)[key];
    return parameter;
  }

  /** Puts several parameters under their names. */
  update(parameters: Record<string, Tensor>): this {
    if (!isPlainObject(parameters)) throw new ArgumentError('ParameterDict: expected an object of names and tensors');
    for (const [key, value] of Object.entries(parameters)) this.set(key, value as Tensor);
    return this;
  }

  /** The names in order. */
  keys(): string[] {
    return this.items().map(([key]) => key);
  }

  /** The parameters in order. */
  values(): Parameter[] {
    return this.items().map(([, parameter]) => parameter);
  }

  /** Names and parameters in order. */
  items(): [string, Parameter][] {
    return ownParameters(this);
  }

  protected override childTexts(): string[] {
    return textsOf(this);
  }

  /** A dictionary computes nothing: use the parameters in it. */
  forward(): never {
    throw new ArgumentError('ParameterDict.forward: a dictionary computes nothing; use the parameters in it');
  }
}
