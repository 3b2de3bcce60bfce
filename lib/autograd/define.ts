import { bind, parseSignature } from '../core/bind.js';
import type { Arguments, Described, Facts } from '../core/define.js';
import type { Tensor } from '../core/tensor.js';
import { type PointwiseDefinition, type PointwiseRow, pointwise, pointwiseRow } from './pointwise.js';

/** A function that also has a form that writes into its first operand: `add_` beside `add`. */
export interface InplaceForm {
  inplace(self: Tensor, ...args: unknown[]): Tensor;
}

/** A public pointwise function: its row, and its form that writes into the first operand. */
export interface Pointwise extends Described, InplaceForm {
  readonly row: PointwiseRow;
}

/** A function of one tensor. */
export interface Unary extends Pointwise {
  (input: Tensor): Tensor;
}

/** A function of two operands, either of which may be a number. */
export interface Binary extends Pointwise {
  (input: Tensor | number, other: Tensor | number): Tensor;
}

/** A pointwise function with more arguments than its operands. */
export interface PointwiseFn<P extends unknown[], O> extends Pointwise {
  (...args: Arguments<P, O>): Tensor;
}

const none: readonly number[] = [];

function describe<F extends Pointwise>(
  call: object,
  signature: string,
  row: PointwiseRow,
  inplace: Pointwise['inplace'],
  facts: Facts,
): F {
  Object.defineProperty(call, 'name', { value: row.name });
  return Object.assign(call, { signature: parseSignature(signature), facts, row, inplace }) as unknown as F;
}

/** A pointwise function of one tensor: `unary('tanh(input)', { forward, grad })`. */
export function unary(signature: string, definition: PointwiseDefinition): Unary {
  const row = pointwiseRow(parseSignature(signature).name, 1, 0, definition);
  const call = (input: Tensor): Tensor => pointwise(row, [input], none, null);
  return describe(call, signature, row, (self) => pointwise(row, [self], none, self), {});
}

/** A pointwise function of two operands: `binary('atan2(input, other)', { forward, grad: [..., ...] })`. */
export function binary(signature: string, definition: PointwiseDefinition): Binary {
  const { name, positional } = parseSignature(signature);
  const row = pointwiseRow(name, 2, 0, definition);
  const parsed = parseSignature(signature);
  const call = (input: Tensor | number, other: Tensor | number): Tensor => {
    const named = other !== null && typeof other === 'object' && positional[1] in other && !('storage' in other);
    return pointwise(row, named ? (bind(parsed, [input, other], 1) as Tensor[]) : [input, other], none, null);
  };
  return describe(call, signature, row, (self, other) => pointwise(row, [self, other as Tensor], none, self), {});
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
  const parsed = parseSignature(signature);
  const numbersTaken =
    parsed.positional.length + parsed.keywords.length - arity - (parsed.positional.includes('inplace') ? 1 : 0);
  const row = pointwiseRow(parsed.name, arity, numbersTaken, definition);
  const run = (args: readonly unknown[], inplace: boolean): Tensor => {
    const bound = bind(parsed, args, 1);
    const operands = bound.slice(0, arity) as (Tensor | number)[];
    const options = parsed.keywords.length > 0 ? Object.values(bound.pop() as object) : [];
    const switches = parsed.positional.indexOf('inplace');
    const into = inplace || (switches >= 0 && bound[switches] === true);
    const numbers = [...bound.slice(arity).filter((_, i) => i + arity !== switches), ...options] as number[];
    return pointwise(row, operands, numbers, into ? (operands[0] as Tensor) : null);
  };
  const call = (...args: unknown[]): Tensor => run(args, false);
  return describe(call, signature, row, (self, ...args) => run([self, ...args], true), facts);
}
