import { bind, parseSignature, type Signature } from '../core/bind.js';
import type { Arguments, Described, Facts } from '../core/define.js';
import { ArgumentError } from '../core/errors.js';
import { Tensor } from '../core/tensor.js';
import {
  type PointwiseDefinition,
  type PointwiseRow,
  pointwise,
  pointwise1,
  pointwise2,
  pointwiseRow,
} from './pointwise.js';

/** A function that also has a form that writes into its first operand: `add_` beside `add`. */
export interface InplaceForm {
  inplace(self: Tensor, ...args: unknown[]): Tensor;
}

/** Elements, or one number for all of them. */
export type Operand = Tensor | number;

/** What a call of a pointwise function runs: a row on its operands, then its numbers. */
export interface Launch {
  readonly row: PointwiseRow;
  readonly operands: readonly Operand[];
  readonly numbers: readonly number[];
}

/** What every pointwise function carries. */
export interface Launching extends Described {
  /** What a call with these arguments would run. */
  launch(...args: unknown[]): Launch;
}

/** A public pointwise function: what its calls run, and its form that writes into the first operand. */
export interface Pointwise extends Launching, InplaceForm {}

/** A pointwise function without the form that writes into the first operand. */
export type OutOfPlace<F extends (...args: never) => Tensor> = ((...args: Parameters<F>) => Tensor) & Launching;

/** A function of one tensor. */
export interface Unary extends Pointwise {
  (input: Tensor): Tensor;
}

/** A function of two operands, either of which may be a number; the second may be given by name. */
export interface Binary<Second extends string = 'other'> extends Pointwise {
  (...args: [input: Operand, other: Operand] | [input: Operand, options: { [name in Second]: Operand }]): Tensor;
}

/** A pointwise function with more arguments than its operands. */
export interface PointwiseFn<P extends unknown[], O> extends Pointwise {
  (...args: Arguments<P, O>): Tensor;
}

const none: readonly number[] = [];

function isOperand(x: unknown): x is Operand {
  return typeof x === 'number' || x instanceof Tensor;
}

/** Throws where an argument is not a number. */
export function checkNumber(operation: string, argument: string, value: unknown): asserts value is number {
  if (typeof value === 'number') return;
  const what = value instanceof Tensor ? 'a tensor' : value === null ? 'null' : `a ${typeof value}`;
  throw new ArgumentError(`${operation}: ${argument} must be a number, got ${what}`);
}

function describe<F extends Pointwise>(
  call: object,
  signature: Signature,
  launch: Pointwise['launch'],
  inplace: Pointwise['inplace'],
  facts: Facts,
): F {
  Object.defineProperty(call, 'name', { value: signature.name });
  return Object.assign(call, { signature, facts, launch, inplace }) as unknown as F;
}

function run({ row, operands, numbers }: Launch, self: Tensor | null): Tensor {
  return pointwise(row, operands, numbers, self);
}

/** What follows the first `n` arguments when nothing else is given; null where something must be. */
function defaultsFrom({ positional, keywords, defaults }: Signature, n: number): unknown[] | null {
  const rest = positional.slice(n);
  if (positional.length < n || rest.some((key) => !defaults.has(key))) return null;
  const named = Object.fromEntries(keywords.map((key) => [key, defaults.get(key)]));
  return [...rest.map((key) => defaults.get(key)), ...(keywords.length > 0 ? [named] : [])];
}

/** A pointwise function of one tensor: `unary('tanh(input)', { forward, grad })`. */
export function unary(signature: string, definition: PointwiseDefinition): Unary {
  const parsed = parseSignature(signature);
  const row = pointwiseRow(parsed.name, 1, 0, definition);
  const launch = (...args: unknown[]): Launch => ({ row, operands: bind(parsed, args, 1) as Tensor[], numbers: none });
  const call = (input: Tensor, extra?: unknown): Tensor =>
    extra === undefined ? pointwise1(row, input) : pointwise(row, launch(input, extra).operands, none, null);
  return describe(call, parsed, launch, (self) => pointwise(row, [self], none, self), {});
}

/** A pointwise function of two operands: `binary('atan2(input, other)', { forward, grad: [..., ...] })`. */
export function binary<Second extends string = 'other'>(
  signature: string,
  definition: PointwiseDefinition,
): Binary<Second> {
  const row = pointwiseRow(parseSignature(signature).name, 2, 0, definition);
  return pointwiseBy(signature, (a: Operand, b: Operand) => ({ row, operands: [a, b], numbers: none }), {}, 1, row);
}

/** Takes the in-place form away, where PyTorch has none. */
export function outOfPlace<F extends Pointwise & ((...args: never) => Tensor)>(call: F): OutOfPlace<F> {
  delete (call as Partial<InplaceForm>).inplace;
  return call as unknown as OutOfPlace<F>;
}

/**
 * A pointwise function whose row depends on how it is called: `choose` gets the bound arguments, positional ones first, the
 * keyword-only ones last in an object, and says what to run. An argument named `inplace` is the switch for writing into the first operand.
 * `usual`, where given, is the row that two operands and nothing else run.
 */
export function pointwiseBy<F extends Pointwise>(
  signature: string,
  choose: (...bound: never[]) => Launch,
  facts: Facts = {},
  leading = 1,
  usual: PointwiseRow | null = null,
): F {
  const parsed = parseSignature(signature);
  const { positional } = parsed;
  const select = choose as (...bound: unknown[]) => Launch;
  const switches = positional.indexOf('inplace');
  const launch = (...args: unknown[]): Launch => select(...bind(parsed, args, leading));
  const [afterOne, afterTwo] = [defaultsFrom(parsed, 1), defaultsFrom(parsed, 2)];
  const call = (...args: unknown[]): Tensor => {
    const a = args[0];
    // One or two operands and nothing else need no binding.
    if (args.length === 2 && afterTwo !== null && isOperand(args[1])) {
      if (usual !== null) return pointwise2(usual, a as Operand, args[1]);
      return run(select(a, args[1], ...afterTwo), null);
    }
    if (args.length === 1 && afterOne !== null) return run(select(a, ...afterOne), null);
    const bound = bind(parsed, args, leading);
    return run(select(...bound), switches >= 0 && bound[switches] === true ? (a as Tensor) : null);
  };
  const inplace = (self: Tensor, ...args: unknown[]): Tensor => run(launch(self, ...args), self);
  return describe(call, parsed, launch, inplace, facts);
}

/**
 * A pointwise function whose signature holds `arity` operands, then numbers: `pointwiseFn('elu(input, alpha=1, inplace=false)', 1, ...)`.
 * An argument named `inplace` is the switch for writing into the first operand.
 */
export function pointwiseFn<P extends unknown[], O>(
  signature: string,
  arity: number,
  definition: PointwiseDefinition,
  facts: Facts = {},
): PointwiseFn<P, O> {
  const { name, positional, keywords } = parseSignature(signature);
  const named = positional.slice(arity).filter((key) => key !== 'inplace');
  const row = pointwiseRow(name, arity, named.length + keywords.length, definition);
  const choose = (...bound: unknown[]): Launch => {
    const options = keywords.length > 0 ? (bound[positional.length] as Record<string, unknown>) : {};
    const numbers = [...named.map((key) => bound[positional.indexOf(key)]), ...keywords.map((key) => options[key])];
    for (const [i, value] of numbers.entries()) checkNumber(name, [...named, ...keywords][i], value);
    return { row, operands: bound.slice(0, arity) as Operand[], numbers: numbers as number[] };
  };
  return pointwiseBy(signature, choose as (...bound: never[]) => Launch, facts);
}

/** Adds to a function the form that writes its result into its first operand. */
export function withInplace<F extends Described>(call: F): F & InplaceForm {
  const run = call as unknown as (...args: unknown[]) => Tensor;
  return Object.assign(call, { inplace: (self: Tensor, ...args: unknown[]) => self.copy_(run(self, ...args)) });
}
