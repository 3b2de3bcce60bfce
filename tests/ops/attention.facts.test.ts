import * as attention from '../../lib/ops/layers/attention.js';
import * as dropout from '../../lib/ops/layers/dropout.js';
import * as embedding from '../../lib/ops/layers/embedding.js';
import * as gumbel from '../../lib/ops/layers/gumbel.js';
import * as multiHeadAttention from '../../lib/ops/layers/multiHeadAttention.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ attention, dropout, embedding, gumbel, multiHeadAttention });
