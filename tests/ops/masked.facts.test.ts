import * as masked from '../../lib/masked.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ masked });
