import { readFileSync } from 'node:fs';
import { systemBlas } from '../kernels/blas/library.js';
import * as tg from '../lib/index.js';

test('info says what the library runs on', () => {
  const { version, blas, cpu, devices } = tg.info();
  expect(version).toBe(JSON.parse(readFileSync('package.json', 'utf8')).version);
  expect(blas?.path).toBe(systemBlas()?.path);
  expect(cpu).toEqual({ simd: true, generated: true });
  expect(devices).toEqual(['cpu']);
});
