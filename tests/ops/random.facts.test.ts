import * as random from '../../lib/ops/random.js';
import * as randomMethods from '../../lib/ops/randomMethods.js';
import { testFacts } from './facts.js';

testFacts({ ...random, ...randomMethods });
