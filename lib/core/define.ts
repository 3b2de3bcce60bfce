import { bind, parseSignature, type Signature } from './bind.js';
import { checkTensor, type Tensor } from './tensor.js';

/** Every way to cut a call short and go on by name; the first argument is always given by position. */
type Cut<P extends unknown[], O> = P extends [unknown] | []
  ? never
  : P extends [...infer Front, unknown]
    ? [...front: Front, options: O] | Cut<Front, O>
    : never;

/** The arguments of a call: by position, or from the second on by name in one trailing object. */
export type Arguments<P extends unknown[], O> = [...args: P, options?: O] | Cut<Required<P>, O>;

/** Makes tensors for samples: standard normal numbers, or integers below a bound. */
export interface Maker {
  (...shape: number[]): Tensor;
  integers(below: number, ...shape: number[]): Tensor;
  bools(...shape: number[]): Tensor;
  positive(...shape: number[]): Tensor;
}

/** What tests need to know of an operation; it stands beside the operation. */
export interface Facts {
  /** Calls that cover its forms; every tensor in them is also tried in other layouts and dtypes. */
  readonly samples?: (make: Maker) => unknown[][];
  /** Calls that must throw, with a part of the message. */
  readonly errors?: (make: Maker) => [unknown[], string][];
  /** Why a sample has no gradient check: not differentiable, or not smooth at what it draws. */
  readonly gradcheck?: false | string;
  /** Second derivatives are checked as well (default true). */
  readonly gradgradcheck?: false | string;
  /** Error allowed against reference kernels and float64, relative to the larger of 1 and the value, for float32. */
  readonly tolerance?: number;
}

/** A public function: callable by position or by name, with the facts its tests need. */
export interface Fn<P extends unknown[], O, R> extends Described {
  (...args: Arguments<P, O>): R;
}

/** What every public function carries. */
export interface Described {
  readonly signature: Signature;
  readonly facts: Facts;
}

/** Defaults filled in; keyword-only arguments come last, in one object. */
export type Bound<P extends unknown[], O> = [...Required<P>, Required<O>];

function describe<F extends object>(call: F, name: string, signature: Signature, facts: Facts): F & Described {
  Object.defineProperty(call, 'name', { value: name });
  return Object.assign(call, { signature, facts });
}

/** The values of a call in the signature's order, a leading `input` or `self` checked to be a tensor. */
function bound(signature: Signature, args: readonly unknown[], leading: number): unknown[] {
  const values = bind(signature, args, leading);
  if (leading > 0 && signature.tensorFirst) checkTensor(signature.name, values[0]);
  return values;
}

/**
 * Makes a public function of a signature such as `sum(input, dim=null, keepdim=false, *, dtype=null)` and a body
 * that takes the positional values, then an object with the keyword-only ones. `leading` arguments have no names.
 */
export function fn<P extends unknown[], O, R>(
  signature: string,
  body: (...args: Bound<P, O>) => R,
  facts: Facts = {},
  leading = 1,
): Fn<P, O, R> {
  const parsed = parseSignature(signature);
  const call = (...args: unknown[]): R => body(...(bound(parsed, args, leading) as Bound<P, O>));
  return describe(call, parsed.name, parsed, facts) as Fn<P, O, R>;
}

/** The same for what does not fit `Fn`'s type: lists that may be spread, overloads. The call's type is written out. */
export function typed<F extends (...args: never[]) => unknown>(
  signature: string,
  body: (...args: never[]) => ReturnType<F>,
  facts: Facts = {},
  leading = 1,
): F & Described {
  const parsed = parseSignature(signature);
  const call = (...args: unknown[]): ReturnType<F> => body(...(bound(parsed, args, leading) as never[]));
  return describe(call as unknown as F, parsed.name, parsed, facts);
}

/** The options of a function that has none. */
export type None = Record<never, never>;

/** Several results: PyTorch's field names, and iteration in PyTorch's order. */
export type Results<K extends string> = { readonly [name in K]: Tensor } & Iterable<Tensor>;

/** Builds named results: `results(['values', 'indices'], [v, i])`. */
export function results<K extends string>(names: readonly K[], tensors: readonly Tensor[]): Results<K> {
  const made = Object.fromEntries(names.map((name, i) => [name, tensors[i]]));
  Object.defineProperty(made, Symbol.iterator, { value: () => tensors[Symbol.iterator](), enumerable: false });
  return made as Results<K>;
}
