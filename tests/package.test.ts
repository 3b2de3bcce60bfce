import { readFileSync } from 'node:fs';

test('is MIT', () => {
  expect(JSON.parse(readFileSync('package.json', 'utf8')).license).toBe('MIT');
});
