import * as channelShuffle from '../../lib/ops/channelShuffle.js';
import * as gridSample from '../../lib/ops/gridSample.js';
import * as interpolate from '../../lib/ops/interpolate.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ channelShuffle, gridSample, interpolate });
