/** Saves ever new checkpoints over one file until it is killed, and says so after each: `saving.ts PATH`. Each holds its number twice. */
import * as tg from '../../lib/index.js';

const path = process.argv[2];
for (let n = 0; ; n++) {
  tg.save({ n, weights: tg.full([2 ** 20], n) }, path);
  process.stdout.write('saved\n');
}
