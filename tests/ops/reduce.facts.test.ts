import * as covariance from '../../lib/ops/covariance.js';
import * as difference from '../../lib/ops/difference.js';
import * as distance from '../../lib/ops/distance.js';
import * as extreme from '../../lib/ops/extreme.js';
import * as integrate from '../../lib/ops/integrate.js';
import * as median from '../../lib/ops/median.js';
import * as norm from '../../lib/ops/norm.js';
import * as quantile from '../../lib/ops/quantile.js';
import * as reduce from '../../lib/ops/reduce.js';
import * as scan from '../../lib/ops/scan.js';
import * as softmax from '../../lib/ops/softmax.js';
import * as softmin from '../../lib/ops/softmin.js';
import * as statistics from '../../lib/ops/statistics.js';
import * as statisticsMean from '../../lib/ops/statisticsMean.js';
import { testFacts } from '../helpers/facts.js';

testFacts({
  covariance,
  difference,
  distance,
  extreme,
  integrate,
  median,
  norm,
  quantile,
  reduce,
  scan,
  softmax,
  softmin,
  statistics,
  statisticsMean,
});
