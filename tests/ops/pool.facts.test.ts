import * as adaptivePool from '../../lib/ops/convolution/adaptivePool.js';
import * as averagePool from '../../lib/ops/convolution/averagePool.js';
import * as fractionalPool from '../../lib/ops/convolution/fractionalPool.js';
import * as maxPool from '../../lib/ops/convolution/maxPool.js';
import * as unpool from '../../lib/ops/convolution/unpool.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ adaptivePool, averagePool, fractionalPool, maxPool, unpool });
