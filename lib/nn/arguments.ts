import { bind, parseSignature, type Signature } from '../core/bind.js';

/** Every way to cut a call short after its first argument and go on by name. */
type Cut<P extends unknown[], O> = P extends [...infer Front extends [unknown, ...unknown[]], unknown]
  ? [...front: Front, options: O] | Cut<Front, O>
  : never;

/** The arguments of a constructor: by position, by name, or some by position and the others by name. */
export type Call<P extends unknown[], O> = P | [options: O] | Cut<[...Required<P>, unknown], Partial<O>>;

/** The arguments of a forward: the first by position, the others by position or by name. */
export type ForwardCall<P extends unknown[], O> = P | Cut<[...Required<P>, unknown], O>;

const parsed = new Map<string, Signature>();

/** A call's arguments by name, defaults filled in; the first `leading` can only be given by position. ArgumentError for unknown, doubled and missing ones. */
export function named<O>(text: string, args: readonly unknown[], leading = 0): Required<O> {
  let signature = parsed.get(text);
  if (signature === undefined) {
    signature = parseSignature(text);
    parsed.set(text, signature);
  }
  const values = bind(signature, args, leading);
  const keywords = signature.keywords.length > 0 ? (values.pop() as object) : {};
  return {
    ...Object.fromEntries(signature.positional.map((name, i) => [name, values[i]])),
    ...keywords,
  } as Required<O>;
}
