import fc from 'fast-check';
import * as tg from '../../lib/index.js';

// What passes once passes everywhere: random numbers and properties start alike in each file. TAPEGRAD_SEED=N takes another way.
const seed = Number(process.env.TAPEGRAD_SEED ?? 0);
fc.configureGlobal({ seed });
tg.manualSeed(seed);
