import * as convolution from '../../lib/ops/convolution/convolution.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ convolution });
