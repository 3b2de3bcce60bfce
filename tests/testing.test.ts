import * as tg from '../lib/index.js';

const { assertClose, AssertionError } = tg.testing;
const { NaN: nan, POSITIVE_INFINITY: inf } = Number;

function messageOf(...args: Parameters<typeof assertClose>): string {
  try {
    assertClose(...args);
  } catch (error) {
    expect(error).toBeInstanceOf(AssertionError);
    expect(error).toBeInstanceOf(tg.TapegradError);
    return (error as Error).message;
  }
  return 'close';
}

const lines = (...text: string[]): string => text.join('\n');

describe('assertClose speaks as PyTorch does', () => {
  test('elements', () => {
    expect(messageOf(tg.tensor([1, 2, 3]), tg.tensor([1, 2, 4]))).toBe(
      lines(
        'Tensor-likes are not close!',
        '',
        'Mismatched elements: 1 / 3 (33.3%)',
        'Greatest absolute difference: 1 at index (2,) (up to 1e-05 allowed)',
        'Greatest relative difference: 0.25 at index (2,) (up to 1.3e-06 allowed)',
      ),
    );
  });

  test('NaN is the greatest difference', () => {
    const message = messageOf(
      tg.tensor([
        [1, nan],
        [3, 4],
      ]),
      tg.tensor([
        [1, 2],
        [3, 0],
      ]),
    );
    expect(message).toContain('Mismatched elements: 2 / 4 (50.0%)');
    expect(message).toContain('Greatest absolute difference: nan at index (0, 1) (up to 1e-05 allowed)');
  });

  test('the greatest absolute and relative differences stand apart', () => {
    const message = messageOf(tg.tensor([101, 2, 5]), tg.tensor([100, 1.5, 5]));
    expect(message).toContain('Greatest absolute difference: 1 at index (0,)');
    expect(message).toContain('Greatest relative difference: 0.3333333333333333 at index (1,)');
  });

  test('exact dtypes are equal or not', () => {
    const [a, b] = [
      [1, 2],
      [1, 5],
    ].map((data) => tg.tensor(data, { dtype: 'int32' }));
    expect(messageOf(a, b)).toBe(
      lines(
        'Tensor-likes are not equal!',
        '',
        'Mismatched elements: 1 / 2 (50.0%)',
        'Greatest absolute difference: 3 at index (1,)',
        'Greatest relative difference: 0.6 at index (1,)',
      ),
    );
    expect(messageOf(tg.tensor([2n ** 60n + 1n]), tg.tensor([2n ** 60n]))).toContain('absolute difference: 1 at');
    expect(messageOf(tg.tensor([true, false]), tg.tensor([true, true]))).toContain('1 / 2');
  });

  test('scalars', () => {
    const text = (dims: string): string =>
      lines(
        'Scalars are not close!',
        '',
        `Absolute difference: 1 (up to ${dims} allowed)`,
        `Relative difference: 0.5 (up to ${dims === '1e-05' ? '1.3e-06' : dims} allowed)`,
      );
    expect(messageOf(tg.tensor(1), tg.tensor(2))).toBe(text('1e-05'));
    expect(messageOf(1, 2)).toBe(text('1e-07'));
  });

  test('attributes', () => {
    expect(messageOf(tg.ones(2), tg.ones(1))).toBe("The values for attribute 'shape' do not match: (2,) != (1,).");
    const double = tg.ones(2, { dtype: 'float64' });
    expect(messageOf(tg.ones(2), double)).toBe("The values for attribute 'dtype' do not match: float32 != float64.");
    expect(messageOf(tg.ones(2), double, { checkDtype: false })).toBe('close');
  });

  test('arrays and objects, with the place', () => {
    const state = (value: number): tg.testing.Comparable => ({
      layers: [tg.ones(1), tg.tensor(value)],
      step: 3,
      name: 'a',
    });
    expect(messageOf(state(1), state(1))).toBe('close');
    expect(messageOf(state(1), state(2))).toMatch(/The failure occurred for item \['layers'\]\[1\]$/);
    expect(messageOf([1], [1, 2])).toBe('The length of the sequences mismatch: 1 != 2');
    expect(messageOf({ a: 1 }, { b: 1 })).toContain('a, b');
    expect(messageOf([tg.ones(1)], [1])).toContain('a tensor is not 1');
    expect(messageOf(null, undefined)).toContain('null is not undefined');
  });
});

describe('tolerances', () => {
  test.each([
    ['float16', 1e-3, 1e-5],
    ['float32', 1.3e-6, 1e-5],
    ['float64', 1e-7, 1e-7],
  ] as const)('of %s are rtol %d, atol %d', (dtype, rtol, atol) => {
    const at = (value: number): tg.Tensor => tg.tensor([value], { dtype });
    // Powers of two, so that the dtype rounds little; half and twice the tolerance lie on either side.
    const base = 1024;
    const allowed = atol + rtol * base;
    expect(messageOf(at(base + allowed / 2), at(base))).toBe('close');
    expect(messageOf(at(base + 2 * allowed), at(base))).toContain('not close');
    expect(messageOf(at(atol / 2), at(0))).toBe('close');
    expect(messageOf(at(atol * 2), at(0))).toContain('not close');
  });

  test('the larger of two dtypes holds', () => {
    const single = tg.tensor([1 + 5e-6]);
    expect(messageOf(single, tg.ones(1, { dtype: 'float64' }), { checkDtype: false })).toBe('close');
  });

  test('given ones replace them, both or neither', () => {
    expect(messageOf(tg.tensor([1.4]), tg.tensor([1]), { rtol: 0, atol: 0.5 })).toBe('close');
    expect(messageOf(tg.tensor([1 + 2 ** -23]), tg.tensor([1]), { rtol: 0, atol: 0 })).toContain('not equal');
    expect(() => assertClose(1, 1, { rtol: 1 })).toThrow(tg.ArgumentError);
    expect(() => assertClose(1, 1, { rtoll: 1 } as object)).toThrow('unknown argument rtoll');
  });

  test('NaN and infinities', () => {
    expect(messageOf(tg.tensor([nan]), tg.tensor([nan]))).toContain('nan at index (0,)');
    expect(messageOf(tg.tensor([nan]), tg.tensor([nan]), { equalNan: true })).toBe('close');
    expect(messageOf(tg.tensor([inf, -inf]), tg.tensor([inf, -inf]))).toBe('close');
    expect(messageOf(tg.tensor([1]), tg.tensor([inf]))).toContain('inf at index (0,)');
  });
});

test('views, tensors with gradients and no elements', () => {
  const x = tg.arange(6).reshape(2, 3);
  assertClose(
    x.T,
    tg.tensor(
      [
        [0, 3],
        [1, 4],
        [2, 5],
      ],
      { dtype: 'int32' },
    ),
  );
  assertClose(tg.ones(2, { requiresGrad: true }), tg.ones(2));
  assertClose(tg.zeros(0, 3), tg.zeros(0, 3));
});

test('a message of one’s own', () => {
  expect(messageOf(1, 2, { msg: 'no' })).toBe('no');
  expect(messageOf(1, 2, { msg: (text) => `${text.split('\n')[0]} again` })).toBe('Scalars are not close! again');
});
