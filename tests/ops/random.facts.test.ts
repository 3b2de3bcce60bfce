import * as random from '../../lib/ops/creation/random.js';
import * as randomMethods from '../../lib/ops/creation/randomMethods.js';
import { testFacts } from './facts.js';

testFacts({ ...random, ...randomMethods });
