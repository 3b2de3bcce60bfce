import * as activation from '../../lib/ops/activation.js';
import * as pointwise from '../../lib/ops/pointwise.js';
import * as functions from '../../lib/ops/pointwiseFunctions.js';
import * as methods from '../../lib/ops/pointwiseMethods.js';
import * as special from '../../lib/ops/special.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ activation, functions, methods, pointwise, special });
