import * as adaptivePool from '../../lib/ops/adaptivePool.js';
import * as averagePool from '../../lib/ops/averagePool.js';
import * as fractionalPool from '../../lib/ops/fractionalPool.js';
import * as maxPool from '../../lib/ops/maxPool.js';
import * as unpool from '../../lib/ops/unpool.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ adaptivePool, averagePool, fractionalPool, maxPool, unpool });
