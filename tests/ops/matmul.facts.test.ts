import * as addmm from '../../lib/ops/product/addmm.js';
import * as einsum from '../../lib/ops/product/einsum.js';
import * as linear from '../../lib/ops/product/linear.js';
import * as matmul from '../../lib/ops/product/matmul.js';
import * as matrix from '../../lib/ops/product/matrix.js';
import { testFacts } from '../helpers/facts.js';

testFacts({ addmm, einsum, linear, matmul, matrix });
