/** Functions and classes of the library's own, which keep and show nothing of what they are given. */
const own = new Set<unknown>();

/** Takes functions and classes for the library's own. */
export function trust(values: Iterable<unknown>): void {
  for (const value of values) if (typeof value === 'function') own.add(value);
}

/** Whether a function or class is the library's own; a class of the user's that extends one is not. */
export function isOwn(value: unknown): boolean {
  return own.has(value);
}
