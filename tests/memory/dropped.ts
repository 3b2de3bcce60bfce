import { runInNewContext } from 'node:vm';
import * as tg from '../../lib/index.js';

/** Makes and drops results of 1 MB in one turn of the event loop; prints the most MB that arrays held, and whether `gc` has come to be seen. */
const x = tg.ones(2 ** 18);
let most = 0;
for (let i = 0; i < 400; i++) {
  x.add(i);
  // At first the block is still there that the library drops to have memory kept.
  if (i >= 100) most = Math.max(most, process.memoryUsage().arrayBuffers / 2 ** 20);
}
const seen = [typeof (globalThis as { gc?: unknown }).gc, runInNewContext('typeof gc') as string];
console.log(JSON.stringify({ most, seen }));
