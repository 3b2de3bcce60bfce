import * as batchNorm from '../../lib/ops/normalization/batchNorm.js';
import * as groupNorm from '../../lib/ops/normalization/groupNorm.js';
import * as layerNorm from '../../lib/ops/normalization/layerNorm.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ batchNorm, groupNorm, layerNorm });
