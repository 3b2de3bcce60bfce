import type { View } from '../../kernels/types.js';
import { positions } from '../../kernels/view.js';

/** The same view on memory that throws when anything but the view's elements is read, or anything is written. */
export function readOnly(view: View): View {
  const elements = new Set(positions(view).map(String));
  const buffer = new Proxy(view.buffer, {
    get(target, key) {
      if (typeof key === 'string' && /^-?\d+$/.test(key) && !elements.has(key)) throw new Error(`read at ${key}`);
      return Reflect.get(target, key, target);
    },
    set(_target, key) {
      throw new Error(`written at ${String(key)}`);
    },
  });
  return { ...view, buffer };
}
