/** Single operations on large operands: products, formulas, reductions, normalization, copies, convolution. */
import * as tg from '../../lib/index.js';
import type { Workload } from './workload.js';

const F = tg.nn.functional;
const FLOAT_BYTES = 4;

function matmul(n: number): Workload {
  return {
    name: `kernel/matmul_${n}`,
    work: 2 * n ** 3,
    unit: 'GFLOP/s',
    prepare() {
      const [x, y] = [tg.randn(n, n), tg.randn(n, n)];
      return () => x.matmul(y);
    },
  };
}

/** An operation that moves `floats` numbers to and from memory in one call. */
function moving(name: string, floats: number, prepare: () => () => tg.Tensor): Workload {
  return { name: `kernel/${name}`, work: FLOAT_BYTES * floats, unit: 'GB/s', prepare };
}

function elementwise(n: number): Workload[] {
  return [
    moving(`add_${n}`, 3 * n, () => {
      const [x, y] = [tg.randn(n), tg.randn(n)];
      return () => x.add(y);
    }),
    moving(`exp_${n}`, 2 * n, () => {
      const x = tg.randn(n);
      return () => x.exp();
    }),
    moving(`tanh_${n}`, 2 * n, () => {
      const x = tg.randn(n);
      return () => x.tanh();
    }),
    moving(`sum_${n}`, n, () => {
      const x = tg.randn(n);
      return () => x.sum();
    }),
  ];
}

const SIDE = 1024;

function square(name: string, passes: number, operation: (x: tg.Tensor) => tg.Tensor): Workload {
  return moving(`${name}_${SIDE}`, passes * SIDE * SIDE, () => {
    const x = tg.randn(SIDE, SIDE);
    return () => operation(x);
  });
}

const CONVOLUTION_FLOPS = 2 * 8 * 64 * 56 * 56 * 64 * 9;

function convolutionOperands(): [images: tg.Tensor, weight: tg.Tensor] {
  return [tg.randn(8, 64, 56, 56, { requiresGrad: true }), tg.randn(64, 64, 3, 3, { requiresGrad: true })];
}

export const kernels: readonly Workload[] = [
  ...[64, 128, 256, 512, 1024, 2048].map(matmul),
  ...[4096, 65536, 2 ** 20, 2 ** 23].flatMap(elementwise),
  square('softmax', 2, (x) => tg.softmax(x, -1)),
  square('layer_norm', 2, (x) => F.layerNorm(x, [SIDE])),
  square('sum_dim0', 1, (x) => x.sum(0)),
  square('transpose', 2, (x) => x.t().contiguous()),
  {
    name: 'kernel/conv3x3_64_56',
    work: CONVOLUTION_FLOPS,
    unit: 'GFLOP/s',
    prepare() {
      const [images, weight] = convolutionOperands();
      return () => F.conv2d(images, weight, { padding: 1 });
    },
  },
  {
    name: 'kernel/conv3x3_64_56_backward',
    work: 3 * CONVOLUTION_FLOPS,
    unit: 'GFLOP/s',
    prepare() {
      const [images, weight] = convolutionOperands();
      return () => {
        F.conv2d(images, weight, { padding: 1 }).sum().backward();
        return weight.grad!;
      };
    },
  },
];
