import * as ctc from '../../lib/ops/loss/ctc.js';
import * as lossClasses from '../../lib/ops/loss/lossClasses.js';
import * as lossLikelihood from '../../lib/ops/loss/lossLikelihood.js';
import * as lossMargins from '../../lib/ops/loss/lossMargins.js';
import * as lossMulti from '../../lib/ops/loss/lossMulti.js';
import * as lossPairs from '../../lib/ops/loss/lossPairs.js';
import * as lossRates from '../../lib/ops/loss/lossRates.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ ctc, lossClasses, lossLikelihood, lossMargins, lossMulti, lossPairs, lossRates });
