import * as tg from '../../lib/index.js';
import { expectNear, ramp } from '../helpers/near.js';

const F = tg.nn.functional;
const square = tg.tensor([
  [
    [
      [1, 2],
      [3, 4],
    ],
  ],
]);
const line = tg.tensor([[[0, 1, 2, 3, 4]]]);

// The numbers are PyTorch's.
test('nearest takes the element before, nearest-exact the nearest centre', () => {
  expect(F.interpolate(line, 3).tolist()).toEqual([[[0, 1, 3]]]);
  expect(F.interpolate(line, { size: 3, mode: 'nearest-exact' }).tolist()).toEqual([[[0, 2, 4]]]);
});

test('linear: the scale as given, or of the sizes', () => {
  const mode = 'linear' as const;
  expectNear(F.interpolate(line, { scaleFactor: 1.7, mode }), [
    [[0, 0.38235298, 0.97058833, 1.5588236, 2.147059, 2.7352941, 3.3235295, 3.9117649]],
  ]);
  expectNear(F.interpolate(line, { scaleFactor: 1.7, mode, recomputeScaleFactor: true }), [
    [[0, 0.4375, 1.0625, 1.6875, 2.3125, 2.9375, 3.5625, 4]],
  ]);
});

test('bilinear and bicubic', () => {
  expectNear(F.interpolate(square, [3, 3], null, 'bilinear', true), [
    [
      [
        [1, 1.5, 2],
        [2, 2.5, 3],
        [3, 3.5, 4],
      ],
    ],
  ]);
  expectNear(F.interpolate(square, { size: 3, mode: 'bicubic' }), [
    [
      [
        [0.7395836, 1.3263891, 1.9131949],
        [1.9131947, 2.5, 3.0868058],
        [3.0868061, 3.6736112, 4.2604165],
      ],
    ],
  ]);
});

test('area averages, antialias smooths', () => {
  expectNear(F.interpolate(line, { size: 3, mode: 'area' }), [[[0.5, 2, 3.5]]]);
  const row = tg.tensor([[[[0, 1, 2, 3, 4, 5]]]]);
  expectNear(F.interpolate(row, { size: [1, 3], mode: 'bilinear', antialias: true }), [
    [[[0.7142857, 2.5, 4.2857143]]],
  ]);
});

test('the same size is the same elements', () => {
  const x = ramp(1, 2, 3, 4);
  for (const mode of ['nearest', 'bilinear', 'bicubic', 'area'] as const) {
    expectNear(F.interpolate(x, { size: [3, 4], mode }), x.tolist() as number[][][][]);
  }
});

test('older names', () => {
  expectNear(F.upsampleBilinear(square, 3), [
    [
      [
        [1, 1.5, 2],
        [2, 2.5, 3],
        [3, 3.5, 4],
      ],
    ],
  ]);
  expect(F.upsampleNearest(line, { scaleFactor: 2 }).tolist()).toEqual(F.upsample(line, 10).tolist());
});

test.each([
  ['zeros', 'bilinear', [0.25, 2.5, 0], [1, 2.5, 2.25]],
  ['zeros', 'bicubic', [0.109375, 3.525390625, 0], [1, 3.525390625, 2.880615234375]],
  ['border', 'bilinear', [1, 2.5, 3], [1, 2.5, 3]],
  ['border', 'bicubic', [0.71875, 2.5, 3], [1, 2.5, 3.10546875]],
  ['reflection', 'bilinear', [1, 2.5, 3], [1, 2.5, 2.75]],
  ['reflection', 'nearest', [1, 1, 2], [1, 1, 2]],
  ['reflection', 'bicubic', [0.4375, 2.5, 3], [1, 2.5, 2.84375]],
] as const)('gridSample: %s, %s', (padding, mode, edges, corners) => {
  const places = tg.tensor([
    [
      [
        [-1, -1],
        [0, 0],
        [1.5, 0],
      ],
    ],
  ]);
  expectNear(F.gridSample(square, places, mode, padding, false), [[[[...edges]]]]);
  expectNear(F.gridSample(square, places, mode, padding, true), [[[[...corners]]]]);
});

test.each([true, false])('the identity map samples the input (alignCorners %s)', (alignCorners) => {
  const x = ramp(1, 2, 3, 4, 2);
  const theta = tg.eye(3, 4, { dtype: 'float64' }).unsqueeze(0);
  expectNear(F.gridSample(x, F.affineGrid(theta, x.shape, alignCorners), { alignCorners }), x.tolist() as number[][][]);
});

test('gradients of gridSample agree with differences inside elements', () => {
  const [x, grid] = [
    ramp(1, 2, 4, 5).requiresGrad_(),
    tg.tensor(
      [
        [
          [
            [-0.31, 0.12],
            [0.44, 0.71],
          ],
        ],
      ],
      { dtype: 'float64' },
    ),
  ];
  const places = grid.requiresGrad_();
  for (const mode of ['bilinear', 'bicubic'] as const) {
    const f = (a: tg.Tensor, b: tg.Tensor): tg.Tensor => F.gridSample(a, b, { mode }).pow(2).sum();
    const gradients = tg.autograd.grad([f(x, places)], [x, places]);
    const [u, v] = [ramp(1, 2, 4, 5).cos(), ramp(1, 1, 2, 2).cos()];
    const at = (h: number): number => f(x.detach().add(u.mul(h)), places.detach().add(v.mul(h))).item();
    const analytic = gradients[0].mul(u).sum().add(gradients[1].mul(v).sum());
    expectNear(analytic, (at(1e-6) - at(-1e-6)) / 2e-6, 1e-7);
  }
});
