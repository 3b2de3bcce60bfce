import * as ctc from '../../lib/ops/ctc.js';
import * as lossClasses from '../../lib/ops/lossClasses.js';
import * as lossLikelihood from '../../lib/ops/lossLikelihood.js';
import * as lossMargins from '../../lib/ops/lossMargins.js';
import * as lossMulti from '../../lib/ops/lossMulti.js';
import * as lossPairs from '../../lib/ops/lossPairs.js';
import * as lossRates from '../../lib/ops/lossRates.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ ctc, lossClasses, lossLikelihood, lossMargins, lossMulti, lossPairs, lossRates });
