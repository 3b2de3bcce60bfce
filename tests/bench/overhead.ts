/** What one small operation costs, without and with a gradient. */
import * as tg from '../../lib/index.js';
import type { Workload } from './workload.js';

export const overhead: readonly Workload[] = [
  {
    name: 'overhead/add4',
    prepare() {
      const [a, b] = [tg.randn(4), tg.randn(4)];
      return () => a.add(b);
    },
  },
  {
    name: 'overhead/add4_grad',
    prepare() {
      const [g, b] = [tg.randn(4, { requiresGrad: true }), tg.randn(4)];
      return () => g.add(b);
    },
  },
  {
    name: 'overhead/chain20_backward',
    prepare() {
      const [g, b] = [tg.randn(4, { requiresGrad: true }), tg.randn(4)];
      return () => {
        let y: tg.Tensor = g;
        for (let i = 0; i < 10; i++) y = y.mul(b).tanh();
        y.sum().backward();
        return g.grad!;
      };
    },
  },
];
