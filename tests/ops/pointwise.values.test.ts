import * as tg from '../../lib/index.js';
import { checkGradient, maker } from '../helpers/facts.js';
import { expectNear } from '../helpers/near.js';

const F = tg.nn.functional;
const ints = (...values: number[]): tg.Tensor => tg.tensor(values, { dtype: 'int32' });
const bytes = (...values: number[]): tg.Tensor => tg.tensor(values, { dtype: 'uint8' });
const bools = (...values: boolean[]): tg.Tensor => tg.tensor(values);

/** The gradient of the sum of what a function gives. */
function gradient(f: (x: tg.Tensor) => tg.Tensor, ...values: number[]): unknown {
  const x = tg.tensor(values, { dtype: 'float64', requiresGrad: true });
  f(x).sum().backward();
  return (x.grad as tg.Tensor).tolist();
}

describe('dtypes', () => {
  test.each([
    ['add of bools', tg.add(bools(true), bools(true)), 'bool'],
    ['mul of bool and int', tg.mul(bools(true), ints(2)), 'int32'],
    ['add of an int and a fraction', ints(1).add(0.5), 'float32'],
    ['add of a byte and a whole number', bytes(1).add(300), 'uint8'],
    ['div of ints', ints(1).div(2), 'float32'],
    ['floorDivide of ints', ints(7).floorDivide(2), 'int32'],
    ['exp of ints', ints(1).exp(), 'float32'],
    ['sigmoid of bools', bools(true).sigmoid(), 'float32'],
    ['square of bools', bools(true).square(), 'int32'],
    ['relu of ints', ints(-1).relu(), 'int32'],
    ['clamp of ints by a fraction', ints(1).clamp(0.5), 'float32'],
    ['where of a number and an int', tg.where(bools(true), ints(1), 0.5), 'float32'],
    ['eq of ints', ints(1).eq(1), 'bool'],
    ['floatPower of ints', ints(2).floatPower(2), 'float64'],
    ['sign of bools', bools(true).sign(), 'bool'],
    ['a wider float without dimensions', tg.ones(2).mul(tg.tensor(2, { dtype: 'float64' })), 'float32'],
  ])('%s', (_name, result, dtype) => {
    expect(result.dtype).toBe(dtype);
  });

  test.each([
    ['sub', () => ints(1).sub(bools(true))],
    ['neg', () => bools(true).neg()],
    ['abs', () => bools(true).abs()],
    ['pow', () => bools(true).pow(bools(true))],
    ['frac', () => ints(1).frac()],
    ['gelu', () => F.gelu(ints(1))],
    ['bitwiseAnd', () => tg.ones(1).bitwiseAnd(tg.ones(1))],
    ['add', () => tg.tensor([1n]).add(tg.tensor([1n]))],
    ['div', () => ints(1).div_(2)],
  ])('%s refuses what it does not take', (_name, call) => {
    expect(call).toThrow(tg.DTypeError);
  });

  test('int64 is compared, chosen and its bits combined exactly', () => {
    const [a, b] = [tg.tensor([2n ** 60n, -5n]), tg.tensor([2n ** 60n + 1n, 3n])];
    expect(a.lt(b).tolist()).toEqual([true, true]);
    expect(a.eq(b).tolist()).toEqual([false, false]);
    expect(tg.where(bools(true, false), a, b).tolist()).toEqual([2n ** 60n, 3]);
    expect(b.bitwiseXor(a).tolist()).toEqual([1, -8]);
    expect(b.bitwiseRightShift(tg.tensor([2n, 1n])).tolist()).toEqual([2n ** 58n, 1]);
    expect(tg.gcd(a, tg.tensor([2n ** 58n, 15n])).tolist()).toEqual([2n ** 58n, 5]);
  });
});

describe('integers', () => {
  test('wrap, and divide as Python or C have it', () => {
    expect(bytes(200).add(bytes(100)).tolist()).toEqual([44]);
    expect(bytes(1).neg().tolist()).toEqual([255]);
    expect(bytes(5).bitwiseNot().tolist()).toEqual([250]);
    expect(
      ints(2 ** 30)
        .mul(4)
        .tolist(),
    ).toEqual([0]);
    expect(
      ints(7, -7, 7, -7)
        .floorDivide(ints(2, 2, -2, -2))
        .tolist(),
    ).toEqual([3, -4, -4, 3]);
    expect(ints(7, -7).div(2, { roundingMode: 'trunc' }).tolist()).toEqual([3, -3]);
    expect(
      ints(7, -7, 7)
        .remainder(ints(3, 3, -3))
        .tolist(),
    ).toEqual([1, 2, -2]);
    expect(
      ints(7, -7, 7)
        .fmod(ints(3, 3, -3))
        .tolist(),
    ).toEqual([1, -1, 1]);
    expect(
      ints(2, 1, -1)
        .pow(ints(-1, -1, -1))
        .tolist(),
    ).toEqual([0, 1, -1]);
    expect(ints(-9, 9).bitwiseRightShift(1).tolist()).toEqual([-5, 4]);
    expect(tg.gcd(ints(0, -4, 6), ints(0, 6, -9)).tolist()).toEqual([0, 2, 3]);
    expect(tg.lcm(ints(0, -4, 6), ints(0, 6, -9)).tolist()).toEqual([0, 12, 18]);
  });
});

describe('comparison and choice', () => {
  test('every comparison, NaN included', () => {
    const [a, b] = [tg.tensor([1, 2, 3, NaN]), tg.tensor([2, 2, 2, NaN])];
    expect(a.lt(b).tolist()).toEqual([true, false, false, false]);
    expect(a.le(b).tolist()).toEqual([true, true, false, false]);
    expect(a.gt(b).tolist()).toEqual([false, false, true, false]);
    expect(a.ge(b).tolist()).toEqual([false, true, true, false]);
    expect(a.eq(b).tolist()).toEqual([false, true, false, false]);
    expect(a.ne(b).tolist()).toEqual([true, false, true, true]);
    expect(tg.isclose(a, a, { equalNan: true }).tolist()).toEqual([true, true, true, true]);
    expect(tg.isclose(tg.tensor([Infinity, 1]), tg.tensor([Infinity, 1.1])).tolist()).toEqual([true, false]);
  });

  test('maximum hands NaN on, fmax does not', () => {
    const [a, b] = [tg.tensor([1, NaN, 3]), tg.tensor([2, 2, NaN])];
    expect(tg.maximum(a, b).tolist()).toEqual([2, NaN, NaN]);
    expect(tg.minimum(a, b).tolist()).toEqual([1, NaN, NaN]);
    expect(tg.fmax(a, b).tolist()).toEqual([2, 2, 3]);
    expect(tg.fmin(a, b).tolist()).toEqual([1, 2, 3]);
  });

  test('clamp: the upper bound wins; where without a choice gives places', () => {
    expect(tg.tensor([1]).clamp(3, 2).tolist()).toEqual([2]);
    expect(
      tg
        .tensor([1, 5])
        .clamp({ max: tg.tensor([0, 9]) })
        .tolist(),
    ).toEqual([0, 5]);
    expect(
      tg
        .where(
          tg.tensor([
            [0, 1],
            [1, 1],
          ]),
        )
        .map((x) => x.tolist()),
    ).toEqual([
      [0, 1, 1],
      [1, 0, 1],
    ]);
    expect(
      tg
        .tensor([1, 2])
        .where(bools(true, false), tg.tensor([9, 8]))
        .tolist(),
    ).toEqual([1, 8]);
    expect(tg.nanToNum(tg.tensor([NaN, Infinity, -Infinity]), 1, 2, 3).tolist()).toEqual([1, 2, 3]);
  });
});

test('rounding goes to even, and to decimals', () => {
  expect(tg.tensor([0.5, 1.5, -2.5, 2.4]).round().tolist()).toEqual([0, 2, -2, 2]);
  expectNear(tg.tensor([1.2345, 6.789]).round({ decimals: 2 }), [1.23, 6.79]);
  expect(tg.tensor([1234, 5678]).round({ decimals: -2 }).tolist()).toEqual([1200, 5700]);
  expect(tg.tensor([1, 0.1], { dtype: 'float64' }).floorDivide(0.1).tolist()).toEqual([9, 1]);
});

test('operands by name, numbers first, and aliases', () => {
  const x = tg.tensor([1, 2]);
  expect(x.add({ other: x, alpha: 2 }).tolist()).toEqual([3, 6]);
  expect(tg.sub(5, x, { alpha: 2 }).tolist()).toEqual([3, 1]);
  expect(tg.rsub(x, 5).tolist()).toEqual([4, 3]);
  expect(tg.pow(2, x).tolist()).toEqual([2, 4]);
  expect(tg.pow(x, { exponent: 3 }).tolist()).toEqual([1, 8]);
  expect(x.polygamma(1).tolist()).toEqual(tg.polygamma(1, x).tolist());
  expect(x.lerp(tg.tensor([3, 6]), 0.25).tolist()).toEqual([1.5, 3]);
  expect(x.addcmul(x, x, { value: 2 }).tolist()).toEqual([3, 10]);
  expect([tg.absolute, tg.negative, tg.greaterEqual, tg.clip, tg.fix]).toEqual([
    tg.abs,
    tg.neg,
    tg.ge,
    tg.clamp,
    tg.trunc,
  ]);
  expect(() => x.add(x, { beta: 1 } as never)).toThrow(tg.ArgumentError);
  expect(() => x.add('1' as never)).toThrow(tg.ArgumentError);
});

describe('gradients at kinks and edges, as PyTorch has them', () => {
  test.each<[string, (x: tg.Tensor) => tg.Tensor, number[], number[]]>([
    ['abs', tg.abs, [-1, 0, 2], [-1, 0, 1]],
    ['relu', (x) => x.relu(), [-1, 0, 2, NaN], [0, 0, 1, 1]],
    ['clamp', (x) => x.clamp(-1, 1), [-2, -1, 0, 1, 2], [0, 1, 1, 1, 0]],
    ['hardtanh', F.hardtanh, [-1, 0, 1], [0, 1, 0]],
    ['relu6', F.relu6, [0, 1, 6], [0, 1, 0]],
    ['maximum', (x) => tg.maximum(x, 1), [0, 1, 2], [0, 0.5, 1]],
    ['fmax', (x) => tg.fmax(x, tg.tensor([1, 1, NaN])), [0, 1, 2], [0, 1, 1]],
    ['pow at 0', (x) => x.pow(0), [0, 2], [0, 0]],
    ['a power of 0', (x) => tg.pow(0, x), [0, 2], [0, 0]],
    ['hypot', (x) => tg.hypot(x, 4), [3], [0.6]],
    ['sinc at 0', tg.sinc, [0], [0]],
    ['xlogy', (x) => tg.xlogy(x, tg.tensor([0, 2], { dtype: 'float64' })), [0, 0], [0, Math.LN2]],
    ['floor', tg.floor, [0.5], [0]],
    ['remainder', (x) => tg.remainder(7, x), [2], [-3]],
    ['hardshrink', (x) => x.hardshrink(), [0.5, 0.6], [0, 1]],
    ['i1e at 0', tg.special.i1e, [0], [0.5]],
  ])('%s', (_name, f, at, expected) => {
    expect(gradient(f, ...at)).toEqual(expected);
  });

  test('two rounds through an activation stay finite where a power overflows', () => {
    for (const f of [F.silu, F.mish, F.softplus, F.logsigmoid, F.elu, F.gelu]) {
      const x = tg.tensor([-1000, -100, 100, 1000], { requiresGrad: true });
      const [first] = tg.autograd.grad([f(x).sum()], [x], null, { createGraph: true }) as tg.Tensor[];
      const [second] = tg.autograd.grad([first.sum()], [x]) as tg.Tensor[];
      expect(tg.cat([first, second]).isfinite().all().item()).toBe(1);
    }
  });

  test('zeta and the incomplete gamma functions: to the second operand', () => {
    const make = maker('float64');
    const [a, x] = [make.positive(2, 3).add(1.5), make.positive(3)];
    for (const f of [tg.igamma, tg.igammac, tg.special.zeta]) checkGradient(([y]) => [f(a, y)], [x], 2);
  });
});

// From PyTorch 1.13 in float64, to what it prints.
describe('activations and special functions have PyTorch’s values', () => {
  const at = [-3, -0.4, 0.3, 2.5];
  test.each<[string, (x: tg.Tensor) => tg.Tensor, number[]]>([
    ['elu', (x) => F.elu(x, 0.7), [-0.665149052142, -0.230775967775, 0.3, 2.5]],
    ['celu', (x) => F.celu(x, 0.7), [-0.690365349287, -0.304697314595, 0.3, 2.5]],
    ['selu', F.selu, [-1.670568728767, -0.579610109755, 0.315210296207, 2.626752468389]],
    ['gelu', F.gelu, [-0.004049694095, -0.137831303356, 0.185373426657, 2.484475836686]],
    ['gelu by tanh', (x) => F.gelu(x, 'tanh'), [-0.003637392082, -0.137838830573, 0.185370923543, 2.48491573391]],
    ['silu', F.silu, [-0.142277619533, -0.160524935955, 0.172332755043, 2.310354549947]],
    ['mish', F.mish, [-0.145647461276, -0.188916482394, 0.208001372348, 2.471392304558]],
    ['hardsigmoid', F.hardsigmoid, [0.0, 0.433333333333, 0.55, 0.916666666667]],
    ['hardswish', F.hardswish, [-0.0, -0.173333333333, 0.165, 2.291666666667]],
    ['softplus', (x) => F.softplus(x, 3, 1), [4.1134063e-5, 0.087760822446, 0.413717958244, 2.5]],
    ['softsign', F.softsign, [-0.75, -0.285714285714, 0.230769230769, 0.714285714286]],
    ['tanhshrink', F.tanhshrink, [-2.004945246313, -0.020051037745, 0.008687387548, 1.513385701849]],
    ['softshrink', F.softshrink, [-2.5, 0.0, 0.0, 2.0]],
    ['leakyRelu', F.leakyRelu, [-0.03, -0.004, 0.3, 2.5]],
    ['rrelu', F.rrelu, [-0.6875, -0.091666666667, 0.3, 2.5]],
    ['threshold', (x) => F.threshold(x, 0.1, 7), [7.0, 7.0, 0.3, 2.5]],
    ['logsigmoid', F.logsigmoid, [-3.048587351574, -0.9130152524, -0.554355244469, -0.078889734293]],
    ['glu', F.glu, [-1.723327550435, -0.369656727992]],
    ['logit', (x) => tg.logit(x, 0.2), [-1.38629436112, -1.38629436112, -0.847297860387, 1.38629436112]],
    ['lgamma', tg.lgamma, [Infinity, 1.314524589943, 1.095797994818, 0.284682870473]],
    ['digamma', tg.digamma, [NaN, 0.959380786107, -3.5025242222, 0.703156640645]],
    ['erfc', tg.erfc, [1.999977909503, 1.428392355047, 0.671373240541, 0.000406952017]],
    ['i0', tg.i0, [4.880792585865, 1.040401782229, 1.022626879352, 3.28983914405]],
    ['i1', tg.special.i1, [-3.953370217403, -0.204026755734, 0.151693840004, 2.516716245289]],
    ['i1e', tg.special.i1e, [-0.196826713297, -0.136763224296, 0.11237756064, 0.206584649531]],
    ['erfcx', tg.special.erfcx, [16205.988853999586, 1.676233956689, 0.734599334568, 0.210806364061]],
    ['ndtr', tg.special.ndtr, [0.001349898032, 0.34457825839, 0.617911422189, 0.993790334674]],
    ['logNdtr', tg.special.logNdtr, [-6.60772622151, -1.06543404919, -0.481410161588, -0.006229025486]],
    ['besselJ1', tg.special.besselJ1, [-0.339058958526, -0.196026577955, 0.148318816273, 0.497094102464]],
    ['airyAi', tg.special.airyAi, [-0.378814293678, 0.454225613889, 0.278806481955, 0.01572592338]],
    ['legendre', (x) => tg.special.legendrePolynomialP(x, 4), [321.0, -0.113, 0.0729375, 147.8359375]],
    ['hermite', (x) => tg.special.hermitePolynomialHe(x, 5), [-18.0, -5.37024, 4.23243, -21.09375]],
    ['laguerre', (x) => tg.special.laguerrePolynomialL(x, 4), [61.375, 3.123733333333, 0.0523375, 0.9609375]],
    ['shifted Chebyshev', (x) => tg.special.shiftedChebyshevPolynomialW(x, 3), [-2521.0, -27.496, 0.728, 559.0]],
  ])('%s', (_name, f, expected) => {
    expectNear(f(tg.tensor(at, { dtype: 'float64' })), expected, 1e-9);
  });
});
