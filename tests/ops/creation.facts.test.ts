import * as casts from '../../lib/ops/casts.js';
import * as creation from '../../lib/ops/creation/creation.js';
import * as newTensors from '../../lib/ops/creation/newTensors.js';
import * as ranges from '../../lib/ops/creation/ranges.js';
import { testFacts } from './facts.js';

testFacts({ ...casts, ...creation, ...newTensors, ...ranges });
