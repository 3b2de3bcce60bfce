import * as addmm from '../../lib/ops/addmm.js';
import * as einsum from '../../lib/ops/einsum.js';
import * as linear from '../../lib/ops/linear.js';
import * as matmul from '../../lib/ops/matmul.js';
import * as matrix from '../../lib/ops/matrix.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ addmm, einsum, linear, matmul, matrix });
