/** Linear algebra in batches of matrices, under PyTorch's names: `tg.linalg`. float32 and float64; computed in float64. */
export { LinAlgError } from './core/errors.js';
export { cholesky, choleskyEx } from './ops/linalg/cholesky.js';
export { det, slogdet } from './ops/linalg/determinant.js';
export { eigh, eigvalsh } from './ops/linalg/eigh.js';
export { ldlFactor, ldlFactorEx, ldlSolve } from './ops/linalg/ldl.js';
export { lu, luFactor, luFactorEx, luSolve } from './ops/linalg/lu.js';
export { cond, type MatrixOrder, matrixNorm, norm, vectorNorm } from './ops/linalg/norm.js';
export { lstsq, matrixRank, pinv } from './ops/linalg/pinv.js';
export { cross, matrixExp, matrixPower, multiDot, vander, vecdot } from './ops/linalg/power.js';
export { householderProduct, qr } from './ops/linalg/qr.js';
export { inv, invEx, solve, solveEx, tensorinv, tensorsolve } from './ops/linalg/solve.js';
export { svd, svdvals } from './ops/linalg/svd.js';
export { solveTriangular } from './ops/linalg/triangular.js';
export { matmul } from './ops/product/matmul.js';
