import * as distance from '../../lib/ops/product/distance.js';
import * as covariance from '../../lib/ops/reduction/covariance.js';
import * as difference from '../../lib/ops/reduction/difference.js';
import * as extreme from '../../lib/ops/reduction/extreme.js';
import * as integrate from '../../lib/ops/reduction/integrate.js';
import * as median from '../../lib/ops/reduction/median.js';
import * as norm from '../../lib/ops/reduction/norm.js';
import * as quantile from '../../lib/ops/reduction/quantile.js';
import * as reduce from '../../lib/ops/reduction/reduce.js';
import * as scan from '../../lib/ops/reduction/scan.js';
import * as softmax from '../../lib/ops/reduction/softmax.js';
import * as softmin from '../../lib/ops/reduction/softmin.js';
import * as statistics from '../../lib/ops/reduction/statistics.js';
import * as statisticsMean from '../../lib/ops/reduction/statisticsMean.js';
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
