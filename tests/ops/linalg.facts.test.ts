import * as linalg from '../../lib/linalg.js';
import * as functions from '../../lib/ops/linalg/functions.js';
import * as methods from '../../lib/ops/linalg/methods.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ linalg, functions, methods });
