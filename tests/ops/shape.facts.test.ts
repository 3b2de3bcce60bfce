import * as combine from '../../lib/ops/combine.js';
import * as diagonal from '../../lib/ops/diagonal.js';
import * as grids from '../../lib/ops/grids.js';
import * as pad from '../../lib/ops/pad.js';
import * as patches from '../../lib/ops/patches.js';
import * as pixel from '../../lib/ops/pixel.js';
import * as repeat from '../../lib/ops/repeat.js';
import * as shape from '../../lib/ops/shape.js';
import * as split from '../../lib/ops/split.js';
import * as stacking from '../../lib/ops/stacking.js';
import * as triangle from '../../lib/ops/triangle.js';
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
