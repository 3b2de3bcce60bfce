import * as gridSample from '../../lib/ops/layers/gridSample.js';
import * as interpolate from '../../lib/ops/layers/interpolate.js';
import * as channelShuffle from '../../lib/ops/shape/channelShuffle.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ channelShuffle, gridSample, interpolate });
