import { execFileSync } from 'node:child_process';

test('3,000 training steps of a small CNN in one turn of the event loop stay below 400 MB', () => {
  const output = execFileSync(process.execPath, ['--import', 'tsx', 'tests/memory/training.ts', '3000'], {
    encoding: 'utf8',
  });
  const { loss, peak } = JSON.parse(output) as { loss: number; peak: number };
  expect(loss).toBeLessThan(0.1);
  expect(peak).toBeLessThan(400);
}, 300_000);

test('dropped results of one turn of the event loop are collected before they have left the caches', () => {
  const output = execFileSync(process.execPath, ['--import', 'tsx', 'tests/memory/dropped.ts'], { encoding: 'utf8' });
  const { most, seen } = JSON.parse(output) as { most: number; seen: string[] };
  // V8 alone lets 32 MB come together.
  expect(most).toBeLessThan(24);
  expect(seen).toEqual(['undefined', 'undefined']);
});
