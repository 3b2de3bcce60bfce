import { bind, parseSignature } from '../core/bind.js';
import { ValueError } from '../core/errors.js';

/** `weightDecay` as PyTorch's state dicts have it: `weight_decay`; `TMax` is `T_max`. */
export const snake = (name: string): string => name.replace(/(?!^)[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);

/** The reverse of `snake`. */
export const camel = (name: string): string =>
  name.replace(/_([a-z0-9])/g, (_, letter: string) => letter.toUpperCase());

/** The options of a constructor by its signature, defaults filled in: all arguments but the first. */
export function options<O>(signature: string, args: readonly unknown[]): O {
  const parsed = parseSignature(signature);
  const values = bind(parsed, args, 1);
  const keywords = parsed.keywords.length > 0 ? (values.pop() as object) : {};
  return {
    ...Object.fromEntries(parsed.positional.slice(1).map((name, i) => [name, values[i + 1]])),
    ...keywords,
  } as O;
}

/** Throws where an option is not at least `low` (and below `high`). */
export function checkRange(
  name: string,
  option: string,
  value: unknown,
  low: number,
  high: number = Number.POSITIVE_INFINITY,
): void {
  if (typeof value === 'number' && value >= low && (value < high || high === Number.POSITIVE_INFINITY)) return;
  const bound = high === Number.POSITIVE_INFINITY ? `at least ${low}` : `from ${low} to below ${high}`;
  throw new ValueError(`${name}: ${option} must be ${bound}, got ${String(value)}`);
}

/** Throws where an option is not an integer of at least `low`. */
export function checkCount(name: string, option: string, value: unknown, low: number = 1): void {
  if (Number.isInteger(value) && (value as number) >= low) return;
  throw new ValueError(`${name}: ${option} must be an integer of at least ${low}, got ${String(value)}`);
}

/** Throws where the decays of two averages are not below 1. */
export function checkBetas(name: string, betas: readonly number[]): void {
  if (!Array.isArray(betas) || betas.length !== 2) {
    throw new ValueError(`${name}: betas must be two numbers, got ${String(betas)}`);
  }
  checkRange(name, 'betas[0]', betas[0], 0, 1);
  checkRange(name, 'betas[1]', betas[1], 0, 1);
}
