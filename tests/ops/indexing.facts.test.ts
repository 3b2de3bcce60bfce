import * as at from '../../lib/ops/at.js';
import * as compare from '../../lib/ops/compare.js';
import * as counting from '../../lib/ops/counting.js';
import * as gather from '../../lib/ops/gather.js';
import * as gradient from '../../lib/ops/gradient.js';
import * as histogram from '../../lib/ops/histogram.js';
import * as indexing from '../../lib/ops/indexing.js';
import * as masked from '../../lib/ops/masked.js';
import * as nonzero from '../../lib/ops/nonzero.js';
import * as oneHot from '../../lib/ops/oneHot.js';
import * as scatter from '../../lib/ops/scatter.js';
import * as scatterReduce from '../../lib/ops/scatterReduce.js';
import * as search from '../../lib/ops/search.js';
import * as sort from '../../lib/ops/sort.js';
import * as unique from '../../lib/ops/unique.js';
import * as viewScatter from '../../lib/ops/viewScatter.js';
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
