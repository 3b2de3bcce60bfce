import { policy as blas } from '../kernels/blas/gemm.js';
import { policy } from '../kernels/wasm/policy.js';
import { setThreads } from '../kernels/wasm/threads.js';
import { twoThreads } from './helpers/threads.js';

// Every row once more without the BLAS, with even the smallest work on two threads.
twoThreads();
Object.assign(blas, { products: Infinity, convolutions: Infinity });
Object.assign(policy, { sharedProducts: 1, sharedFormulas: 1, products: 1, convolutions: 1 });
afterAll(() => setThreads(1));
await import('./rows.test.js');
