import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import * as tg from '../lib/index.js';

interface Case {
  readonly name: string;
  readonly dtype: tg.DType;
  readonly shape: number[];
  /** NaN, the infinities, -0 and what is int64 are texts. */
  readonly values: (number | string | boolean)[];
  readonly options?: Parameters<typeof tg.setPrintoptions>[0];
  readonly permute?: number[];
  readonly requiresGrad?: boolean;
  /** What PyTorch prints. */
  readonly text: string;
}

const cases: Case[] = JSON.parse(readFileSync('tests/fixtures/printing.json', 'utf8'));

function tensorOf({ dtype, shape, values, permute, requiresGrad }: Case): tg.Tensor {
  const data: tg.TensorData =
    dtype === 'int64'
      ? values.map((value) => BigInt(value))
      : (values.map((v) => (typeof v === 'string' ? Number(v) : v)) as number[]);
  const x = tg.tensor(data, { dtype }).reshape(shape);
  return (permute === undefined ? x : x.permute(permute)).requiresGrad_(requiresGrad ?? false);
}

/** PyTorch's words in ours; where our default integer is int32, PyTorch's is int64. */
function translated({ text, dtype }: Case): string {
  const words = text
    .replace('dtype=torch.', 'dtype=')
    .replace('requires_grad=True', 'requiresGrad=true')
    .replace(/\bTrue\b/g, 'true')
    .replace(/\bFalse\b/g, 'false');
  if (dtype === 'int32') return words.replace(', dtype=int32', '');
  return dtype === 'int64' ? words.replace(/\)$/, ', dtype=int64)') : words;
}

afterEach(() => tg.setPrintoptions({ profile: 'default' }));

describe('tensors print as in PyTorch', () => {
  test.each(cases.map((c): [string, Case] => [c.name, c]))('%s', (_name, c) => {
    tg.setPrintoptions(c.options ?? {});
    expect(String(tensorOf(c))).toBe(translated(c));
  });

  test('with the operation that made them', () => {
    const x = tg.tensor([1, 2], { requiresGrad: true });
    expect(String(x.mul(2))).toBe('tensor([2., 4.], gradFn=<mul>)');
    expect(String(x.sum())).toBe('tensor(3., gradFn=<sum>)');
    expect(String(x.detach())).toBe('tensor([1., 2.])');
    expect(String(tg.noGrad(() => x.mul(2)))).toBe('tensor([2., 4.])');
  });

  test('the dtype shows where it is not the default one', () => {
    tg.setDefaultDtype('float64');
    try {
      expect(String(tg.tensor([1], { dtype: 'float64' }))).toBe('tensor([1.])');
      expect(String(tg.tensor([1], { dtype: 'float32' }))).toBe('tensor([1.], dtype=float32)');
    } finally {
      tg.setDefaultDtype('float32');
    }
    expect(String(tg.zeros(0, { dtype: 'int32' }))).toBe('tensor([], dtype=int32)');
  });

  test('in the prompt and in console.log, within other things too', () => {
    const x = tg.tensor([[1], [2]]);
    expect(inspect(x)).toBe(String(x));
    expect(inspect({ x: tg.tensor([1]) })).toBe('{ x: tensor([1.]) }');
    expect(`${new tg.nn.Parameter(tg.ones(1))}`).toBe('Parameter containing:\ntensor([1.], requiresGrad=true)');
  });

  test('a summary of an expanded tensor reads its edges only', () => {
    const x = tg.tensor([7]).expand(1e9, 1e6);
    expect(String(x).split('\n')[0]).toBe('tensor([[7., 7., 7.,  ..., 7., 7., 7.],');
    expect(String(x).split('\n')).toHaveLength(7);
  });
});

describe('setPrintoptions', () => {
  test('changes what is named and keeps the rest', () => {
    tg.setPrintoptions({ precision: 2 });
    tg.setPrintoptions({ sciMode: true, precision: undefined });
    expect(String(tg.tensor(1.5))).toBe('tensor(1.50e+00)');
    tg.setPrintoptions({ profile: 'default', precision: 1 });
    expect(String(tg.tensor(1.25))).toBe('tensor(1.2)');
  });

  test.each([
    [{ precison: 3 }, 'unknown option precison'],
    [{ profile: 'toString' }, 'unknown profile toString'],
    [{ precision: -1 }, 'precision is -1; it must be an integer from 0'],
    [{ edgeitems: 1.5 }, 'edgeitems is 1.5'],
    [{ linewidth: Number.NaN }, 'linewidth is NaN'],
    [{ sciMode: 1 }, 'sciMode is 1'],
  ])('refuses %j and changes nothing', (options, message) => {
    const wrong = { threshold: 1, ...options } as Parameters<typeof tg.setPrintoptions>[0];
    expect(() => tg.setPrintoptions(wrong)).toThrow(message);
    expect(String(tg.tensor([1, 2]))).toBe('tensor([1., 2.])');
  });
});
