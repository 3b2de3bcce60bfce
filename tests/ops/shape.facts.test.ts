import * as combine from '../../lib/ops/shape/combine.js';
import * as diagonal from '../../lib/ops/shape/diagonal.js';
import * as grids from '../../lib/ops/shape/grids.js';
import * as pad from '../../lib/ops/shape/pad.js';
import * as patches from '../../lib/ops/shape/patches.js';
import * as pixel from '../../lib/ops/shape/pixel.js';
import * as repeat from '../../lib/ops/shape/repeat.js';
import * as shape from '../../lib/ops/shape/shape.js';
import * as split from '../../lib/ops/shape/split.js';
import * as stacking from '../../lib/ops/shape/stacking.js';
import * as triangle from '../../lib/ops/shape/triangle.js';
import { testFacts } from './facts.js';

testFacts({
  ...combine,
  ...diagonal,
  ...grids,
  ...pad,
  ...patches,
  ...pixel,
  ...repeat,
  ...shape,
  ...split,
  ...stacking,
  ...triangle,
});
