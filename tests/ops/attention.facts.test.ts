import * as attention from '../../lib/ops/attention.js';
import * as dropout from '../../lib/ops/dropout.js';
import * as embedding from '../../lib/ops/embedding.js';
import * as gumbel from '../../lib/ops/gumbel.js';
import * as multiHeadAttention from '../../lib/ops/multiHeadAttention.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ attention, dropout, embedding, gumbel, multiHeadAttention });
