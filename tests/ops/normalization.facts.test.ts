import * as batchNorm from '../../lib/ops/batchNorm.js';
import * as groupNorm from '../../lib/ops/groupNorm.js';
import * as layerNorm from '../../lib/ops/layerNorm.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ batchNorm, groupNorm, layerNorm });
