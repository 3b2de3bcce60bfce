import * as compare from '../../lib/ops/compare.js';
import * as at from '../../lib/ops/indexing/at.js';
import * as gather from '../../lib/ops/indexing/gather.js';
import * as indexing from '../../lib/ops/indexing/indexing.js';
import * as masked from '../../lib/ops/indexing/masked.js';
import * as nonzero from '../../lib/ops/indexing/nonzero.js';
import * as oneHot from '../../lib/ops/indexing/oneHot.js';
import * as scatter from '../../lib/ops/indexing/scatter.js';
import * as scatterReduce from '../../lib/ops/indexing/scatterReduce.js';
import * as search from '../../lib/ops/indexing/search.js';
import * as sort from '../../lib/ops/indexing/sort.js';
import * as unique from '../../lib/ops/indexing/unique.js';
import * as counting from '../../lib/ops/reduction/counting.js';
import * as gradient from '../../lib/ops/reduction/gradient.js';
import * as histogram from '../../lib/ops/reduction/histogram.js';
import * as viewScatter from '../../lib/ops/shape/viewScatter.js';
import { testFacts } from './facts.js';

testFacts({
  ...at,
  ...compare,
  ...counting,
  ...gather,
  ...gradient,
  ...histogram,
  ...indexing,
  ...masked,
  ...nonzero,
  ...oneHot,
  ...scatter,
  ...scatterReduce,
  ...search,
  ...sort,
  ...unique,
  ...viewScatter,
});
