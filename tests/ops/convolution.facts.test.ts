import * as convolution from '../../lib/ops/convolution.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ convolution });
