import type { Described } from '../../lib/core/define.js';
import * as tg from '../../lib/index.js';
import { maker, testFacts as testSamples } from '../helpers/facts.js';

type Callable = Described & ((...args: unknown[]) => unknown);

/** A callable that has a form that writes into its first operand. */
type Inplace = Callable & { inplace(...args: unknown[]): unknown };

/** Tests a module's operations by the facts that stand beside them, and that forms in place agree with the others. */
export function testFacts(operations: Readonly<Record<string, unknown>>): void {
  testSamples({ operations });
  for (const [name, call] of Object.entries(operations)) {
    if (typeof call === 'function' && 'inplace' in call) describe(`${name}_`, () => testInplace(call as Inplace));
  }
}

function testInplace(call: Inplace): void {
  (call.facts.samples?.(maker('float64')) ?? []).forEach(([self, ...rest], i) => {
    test(`sample ${i} gives the same in place, and the same gradient`, () => {
      const x = self as tg.Tensor;
      if ((call(x, ...rest) as tg.Tensor).shape.join() !== x.shape.join()) return;
      const run = (form: (x: tg.Tensor) => unknown): unknown[] => {
        const leaf = x.clone().requiresGrad_();
        const y = form(leaf.mul(1)) as tg.Tensor;
        const [g] = tg.autograd.grad([y.mul(y).sum()], [leaf], { allowUnused: true });
        return [y.tolist(), g?.tolist()];
      };
      expect(run((y) => call.inplace(y, ...rest))).toEqual(run((y) => call(y, ...rest)));
    });

    test(`sample ${i} changes a view's base in place`, () => {
      const x = self as tg.Tensor;
      const expected = call(x, ...rest) as tg.Tensor;
      if (expected.shape.join() !== x.shape.join()) return;
      const base = tg.stack([x, x, x]);
      call.inplace(base.select(0, 1), ...rest);
      expect(base.tolist()).toEqual(tg.stack([x, expected, x]).tolist());
    });
  });
}
