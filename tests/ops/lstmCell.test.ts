import * as tg from '../../lib/index.js';
import { lstmCell } from '../../lib/ops/layers/lstmCell.js';

type Three = [x: tg.Tensor, y: tg.Tensor, c: tg.Tensor];

function composed(...[x, y, before]: Three): [tg.Tensor, tg.Tensor] {
  const [i, f, g, o] = x.add(y).chunk(4, -1);
  const c = f.sigmoid().mul(before).add(i.sigmoid().mul(g.tanh()));
  return [o.sigmoid().mul(c.tanh()), c];
}

function inputs(dtype: tg.DType, lead: number[], size: number): Three {
  tg.manualSeed(3);
  const make = (last: number): tg.Tensor => tg.randn([...lead, last], { dtype, requiresGrad: true });
  return [make(4 * size), make(4 * size), make(size)];
}

const launched = (...three: Three): [tg.Tensor, tg.Tensor] => lstmCell(...three) as [tg.Tensor, tg.Tensor];

test('first and second gradients', () => {
  const three = inputs('float64', [2], 3);
  expect(tg.autograd.gradcheck(launched, three)).toBe(true);
  expect(tg.autograd.gradgradcheck(launched, three)).toBe(true);
});

test.each([
  [[], 5],
  [[3], 2],
  [[2, 16], 64],
])('lead %p, size %p: as composed, in strided operands too', (lead, size) => {
  const [x, y, c] = inputs('float32', lead, size);
  const spread = x.repeat(...lead.map(() => 1), 2).narrow(-1, 2 * size, 4 * size);
  const [got, wanted] = [launched, composed].map((step) => {
    const [h, next] = step(spread, y, c);
    const gradients = tg.autograd.grad([h.mul(next).sum()], [x, y, c]);
    return [h, next, ...gradients].map((z) => z.detach());
  });
  got.forEach((z, k) => {
    expect(tg.allclose(z, wanted[k], 1e-5, 1e-6)).toBe(true);
  });
});

test('operands of several dtypes, or of other shapes, are left to the composition', () => {
  const [x, y, c] = inputs('float32', [2], 3);
  expect(lstmCell(x, y.to('float64'), c)).toBeNull();
  expect(lstmCell(x.at(0), y, c)).toBeNull();
  expect(lstmCell(x.to('float16'), y.to('float16'), c.to('float16'))).toBeNull();
});
