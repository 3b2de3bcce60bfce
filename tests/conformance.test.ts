import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openBlob } from './conformance/blob.js';
import type { Part } from './conformance/corpus.js';
import { type Library, loadLibrary } from './conformance/library.js';
import { camelCase, withOptions } from './conformance/naming.js';
import { evaluate, lambda, parse } from './conformance/python.js';
import { type Result, runCorpus } from './conformance/run.js';
import { report, scoreOf } from './conformance/score.js';
import { type Change, type RawTensor, tampered } from './conformance/tampered.js';

const FIXTURES = join(process.cwd(), 'tests/fixtures/pytorch');

let library: Library;
const folders: string[] = [];

beforeAll(async () => {
  library = await loadLibrary();
});

afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

function corpus(part: Part, name: string, change?: Change): string {
  const folder = tampered(FIXTURES, part, name, change);
  folders.push(folder);
  return folder;
}

function run(part: Part, name: string, change?: Change): Result[] {
  return runCorpus(library, corpus(part, name, change)).results;
}

function failures(results: Result[]): Result[] {
  return results.filter(({ passed }) => !passed);
}

/** Adds one hundredth to the first element of a float32 tensor. */
function nudge({ bytes }: RawTensor): void {
  const view = new DataView(bytes.buffer);
  view.setFloat32(0, view.getFloat32(0, true) + 0.01, true);
}

/** What is recorded, what is changed in it, and the reason the runner must give. */
type Tampering = [what: string, part: Part, id: string, change: Change, reason: RegExp];

const TAMPERINGS: Tampering[] = [
  ['an output element', 'ops', 'add/0', ({ tensors }) => nudge(tensors['0.o0']), /^output 0: 1 of \d+ elements/],
  [
    'the shape of an output',
    'ops',
    'add/0',
    ({ tensors }) => tensors['0.o0'].shape.unshift(1),
    /^output 0: shape \[\], expected \[1\]/,
  ],
  [
    'the dtype of an output',
    'ops',
    'add/0',
    ({ tensors }) => {
      tensors['0.o0'].dtype = 'I32';
    },
    /^output 0: dtype float32, expected int32/,
  ],
  ['a gradient element', 'ops', 'add/0', ({ tensors }) => nudge(tensors['0.g1']), /^gradient of 0\.i1: 1 of/],
  [
    'the shape of a gradient',
    'ops',
    'add/0',
    ({ tensors }) => tensors['0.g0'].shape.push(1),
    /^gradient of 0\.i0: shape/,
  ],
  [
    'a gradient recorded as none',
    'ops',
    'add/0',
    ({ sample }) => {
      sample('add/0').grads = { '0.i0': null };
    },
    /^gradient of 0\.i0: not zero/,
  ],
  [
    'an integer',
    'ops',
    'max_reduction_with_dim/0',
    ({ tensors }) => {
      tensors['0.o1'].bytes[0] ^= 1;
    },
    /^output 1: 1 of \d+ elements differ/,
  ],
  [
    'a bool',
    'ops',
    'eq/0',
    ({ tensors }) => {
      tensors['0.o0'].bytes[0] ^= 1;
    },
    /^output 0: 1 of \d+ elements differ/,
  ],
  [
    'a Python bool',
    'ops',
    'allclose/3',
    ({ sample }) => {
      sample('allclose/3').output = false;
    },
    /^output: true, expected false/,
  ],
  [
    'one output too many',
    'ops',
    'unbind/2',
    ({ sample }) => {
      const { $tuple } = sample('unbind/2').output;
      $tuple.push($tuple[0]);
    },
    /^output: \d+ values, expected \d+/,
  ],
  [
    'one output too few',
    'ops',
    'unbind/2',
    ({ sample }) => {
      sample('unbind/2').output.$tuple.pop();
    },
    /^output: \d+ values, expected \d+/,
  ],
  [
    'a field name',
    'ops',
    'max_reduction_with_dim/0',
    ({ sample }) => {
      sample('max_reduction_with_dim/0').output.fields = ['indices', 'values'];
    },
    /^output: the field 'indices' is not value 0/,
  ],
  [
    'what the call changed',
    'ops',
    'nn_functional_batch_norm/0',
    ({ tensors }) => nudge(tensors['0.m0']),
    /^0\.i1 after the call: 1 of/,
  ],
  ['a module output', 'modules', 'Linear/5001', ({ tensors }) => nudge(tensors['5001.o0']), /^output 0: 1 of/],
  [
    'a parameter gradient',
    'modules',
    'Linear/5001',
    ({ tensors }) => nudge(tensors['5001.p0']),
    /^gradient of parameter weight: 1 of/,
  ],
  [
    'the name of a parameter',
    'modules',
    'Linear/5001',
    ({ sample }) => {
      const { param_grads } = sample('Linear/5001');
      param_grads.kernel = param_grads.weight;
    },
    /^there is no parameter 'kernel'/,
  ],
  [
    'a buffer after forward',
    'modules',
    'BatchNorm1d/5001',
    ({ tensors }) => nudge(tensors['5001.a1']),
    /^running_var after forward: 1 of/,
  ],
  [
    'a buffer that forward must leave alone',
    'modules',
    'BatchNorm1d/5001',
    ({ sample }) => {
      sample('BatchNorm1d/5001').state_after = {};
    },
    /^running_mean after forward/,
  ],
  ['an optimizer row', 'optim', 'SGD/2', ({ tensors }) => nudge(tensors['2.p.x']), /^x after step 1: 1 of/],
  [
    'a learning rate',
    'optim',
    'lr_scheduler.StepLR/0',
    ({ sample }) => {
      sample('lr_scheduler.StepLR/0').lr[7][1] *= 1.001;
    },
    /^lr of group 1 in row 7/,
  ],
  [
    'a momentum',
    'optim',
    'lr_scheduler.StepLR/0',
    ({ sample }) => {
      sample('lr_scheduler.StepLR/0').momentum[3][0] = 0.8;
    },
    /^momentum of group 0 in row 3/,
  ],
  [
    'a clipped gradient',
    'optim',
    'clip_grad_norm_/0',
    ({ tensors }) => nudge(tensors['0.a1']),
    /^gradient 1 after clipping: 1 of/,
  ],
  [
    'the norm that clipping returns',
    'optim',
    'clip_grad_norm_/0',
    ({ tensors }) => nudge(tensors['0.o0']),
    /^returned 0/,
  ],
  [
    'a record beyond reading',
    'ops',
    'add/0',
    ({ sample }) => {
      sample('add/0').args = [{ $unknown: 1 }];
    },
    /^cannot decode/,
  ],
];

test.each(TAMPERINGS)('a change of %s fails that sample alone (%s %s)', (_, part, id, change, reason) => {
  const name = id.slice(0, id.lastIndexOf('/'));
  expect(failures(run(part, name)).map((result) => result.reason)).toEqual([]);
  const failed = failures(run(part, name, change));
  expect(failed.map((result) => result.id)).toEqual([id]);
  expect(failed[0].reason).toMatch(reason);
});

test('a wrong gradient still is a forward pass, a wrong output is none', () => {
  const byId = (results: Result[]) => results.find(({ id }) => id === 'add/0');
  expect(byId(run('ops', 'add', ({ tensors }) => nudge(tensors['0.g0'])))?.forward).toBe(true);
  expect(byId(run('ops', 'add', ({ tensors }) => nudge(tensors['0.o0'])))?.forward).toBe(false);
});

test('a deviation within the tolerance passes, and the recorded scale widens it', () => {
  const results = run('ops', 'add', ({ tensors, sample }) => {
    nudge(tensors['0.o0']);
    sample('add/0').tol_scale.out = 10_000;
  });
  expect(results.every(({ passed }) => passed)).toBe(true);
});

test('an index result counts where int64 is recorded, not where int16 is', () => {
  expect(run('ops', 'argmax').every(({ passed }) => passed)).toBe(true);
  const reasons = run('ops', 'argmax', ({ tensors }) => {
    for (const tensor of Object.values(tensors).filter(({ dtype }) => dtype === 'I64')) {
      tensor.dtype = 'I16';
      tensor.bytes = tensor.bytes.slice(0, tensor.bytes.length / 4);
    }
  }).map(({ reason }) => reason);
  expect(reasons.every((reason) => reason?.endsWith('dtype int32, expected int16'))).toBe(true);
});

test('samples that the records do not hold fail, and so does a whole entry whose blob is gone', () => {
  const short = run('ops', 'add', ({ head }) => {
    head.samples.pop();
  });
  expect(failures(short).map(({ id }) => id)).toEqual(['add/missing 5']);
  const folder = corpus('ops', 'add');
  rmSync(join(folder, 'ops/add.safetensors.gz'));
  const { results } = runCorpus(library, folder);
  expect(results).toHaveLength(6);
  expect(results.every(({ passed, reason }) => !passed && reason?.startsWith('the records cannot be read'))).toBe(true);
});

test('what the library does not offer fails by name', () => {
  const results = run('ops', 'T', ({ head }) => {
    head.call.path = 'not_there';
  });
  expect(results.map(({ reason }) => reason)).toEqual(Array(2).fill('not offered: Tensor.notThere'));
});

test('complex samples are counted apart', () => {
  const { results, complex } = runCorpus(library, FIXTURES, { only: ['fft_fftshift', 'fft_fft'] });
  expect(results.map(({ name }) => name)).not.toContain('fft_fft');
  expect(complex.ops).toBeGreaterThan(0);
});

test('the score is the mean of the entries by weight, a weight of 0 counts in the samples only', () => {
  const result = (name: string, tier: number, weight: number, passed: boolean): Result => {
    return { id: name, part: 'ops', name, category: 'c', tier, weight, passed, forward: passed };
  };
  const results = [
    result('a', 1, 4, true),
    result('a', 1, 4, false),
    result('b', 2, 2, true),
    result('c', 3, 0, false),
  ];
  expect(scoreOf(results)).toEqual({ score: (4 * 0.5 + 2) / 6, passed: 2, samples: 4 });
  const { ops, total, failures } = report(results);
  expect(ops.tiers).toEqual({
    1: { score: 0.5, passed: 1, samples: 2 },
    2: { score: 1, passed: 1, samples: 1 },
    3: { score: 0, passed: 0, samples: 1 },
  });
  expect(ops.entries.a).toEqual({ score: 0.5, passed: 1, samples: 2 });
  expect(total.score).toBe(ops.score);
  expect(failures.map(({ name }) => name)).toEqual(['a', 'c']);
});

test('the command ends with 0 whatever fails, with 2 when there is no corpus, and writes its JSON', () => {
  const main = join(process.cwd(), 'tests/conformance/main.ts');
  const command = (...args: string[]) =>
    spawnSync(process.execPath, ['--import', 'tsx', main, ...args], { encoding: 'utf8' });
  expect(command(join(FIXTURES, 'nowhere')).status).toBe(2);

  const folder = mkdtempSync(join(tmpdir(), 'tapegrad-report-'));
  folders.push(folder);
  const json = join(folder, 'report.json');
  const wrong = corpus('ops', 'add', ({ tensors }) => nudge(tensors['0.o0']));
  const { status, stdout } = command(wrong, '--json', json);
  expect(status).toBe(0);
  expect(stdout).toContain('FAIL ops tier 1 add/0: output 0');
  const written = JSON.parse(readFileSync(json, 'utf8'));
  expect(Object.keys(written).sort()).toEqual(['failures', 'models', 'modules', 'ops', 'optim', 'total']);
  expect(written.failures[0]).toMatchObject({ id: 'add/0', part: 'ops', name: 'add', tier: 1 });
  expect(written.ops.entries.add).toEqual({ score: 5 / 6, passed: 5, samples: 6 });
  expect(command(wrong, '--only', 'nothing').stderr).toContain("no entry 'nothing'");
}, 30_000);

test.each([
  ['index_select', 'indexSelect'],
  ['zero_grad', 'zeroGrad'],
  ['atleast_1d', 'atleast1d'],
  ['T_max', 'TMax'],
  ['T_0', 'T0'],
  ['add_', 'add_'],
  ['clip_grad_norm_', 'clipGradNorm_'],
  ['_segment_reduce', 'segmentReduce'],
  ['CrossEntropyLoss', 'CrossEntropyLoss'],
])('%s is spelled %s', (python, ours) => {
  expect(camelCase(python)).toBe(ours);
});

test('keywords become one trailing object, without what has no counterpart', () => {
  expect(withOptions([1], { keep_dim: true, memory_format: 'x', device: 'cpu' }, 'cpu')).toEqual([
    1,
    { keepDim: true },
  ]);
  expect(withOptions([1], { device: 'cpu' }, 'webgpu')).toEqual([1, { device: 'webgpu' }]);
  expect(withOptions([], { input: 5 }, 'cpu')).toEqual([5]);
});

test.each([
  ['0.95 ** epoch', 2, 0.95 ** 2],
  ['min(1.0, (epoch + 1) / 5)', 2, 0.6],
  ['0.5 if epoch % 4 == 0 else 1.1', 4, 0.5],
  ['0.5 if epoch % 4 == 0 else 1.1', 5, 1.1],
  ['-2 ** 2', 0, -4],
  ['2 ** -1', 0, 0.5],
  ['2 ** 3 ** 2', 0, 512],
  ['-7 // 2 + -7 % 3', 0, -2],
  ['1e-3 * epoch', 2, 0.002],
  ['1 if 1 < epoch <= 3 and not epoch == 2 else 0', 3, 1],
  ['1 if 1 < epoch <= 3 and not epoch == 2 else 0', 2, 0],
  ['max(epoch, 3) - abs(-1)', 1, 2],
])('the lambda %s of %d is %d', (source, epoch, value) => {
  expect(lambda(source)(epoch)).toBe(value);
});

test('constructor calls are read with literals, sequences and keywords', () => {
  const calls = evaluate(parse("nn.A(nn.B(3, bias=False), 'x', [1, -2.5], (4,), (5), None, k={'a': ()})"), {
    name: (path) => path,
    call: (path, args, kwargs) => ({ path, args, kwargs }),
  });
  expect(calls).toEqual({
    path: 'nn.A',
    args: [{ path: 'nn.B', args: [3], kwargs: { bias: false } }, 'x', [1, -2.5], [4], 5, null],
    kwargs: { k: { a: [] } },
  });
});

test.each(['1 +', 'f(1', '3 $ 4', '1 2', 'x)'])('%s is not read as Python', (source) => {
  expect(() => parse(source)).toThrow(SyntaxError);
});

test('every recorded number format is read', () => {
  const bytes = (array: ArrayBufferView) => new Uint8Array(array.buffer);
  const parts: [string, Uint8Array][] = [
    ['F64', bytes(new Float64Array([0.1, -0]))],
    ['I64', bytes(new BigInt64Array([-3n, 2n ** 60n]))],
    ['F16', bytes(new Uint16Array([0xbc00, 0x0001]))],
    ['BF16', bytes(new Uint16Array([0x3fc0, 0xff80]))],
    ['I8', bytes(new Int8Array([-1, 127]))],
    ['BOOL', bytes(new Uint8Array([1, 0]))],
  ];
  let end = 0;
  const header = Object.fromEntries(
    parts.map(([dtype, data]) => [dtype, { dtype, shape: [2], data_offsets: [end, (end += data.length)] }]),
  );
  const text = Buffer.from(JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeBigUInt64LE(BigInt(text.length));
  const blob = openBlob(Buffer.concat([length, text, ...parts.map(([, data]) => data)]));
  expect(parts.map(([dtype]) => blob.read(dtype).data)).toEqual([
    [0.1, -0],
    [-3, 2n ** 60n],
    [-1, 2 ** -24],
    [1.5, Number.NEGATIVE_INFINITY],
    [-1, 127],
    [1, 0],
  ]);
  expect(() => blob.read('absent')).toThrow("no tensor 'absent'");
});
