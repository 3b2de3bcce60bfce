const { abs } = Math;

/**
 * Factors a row-major m x n matrix in place: L below the diagonal (its own diagonal is 1), U on and above it. `pivots[i]` is the row, counted
 * from 1, that row i + 1 was exchanged with. Returns the place, counted from 1, of the first zero on U's diagonal, or 0.
 * Gaussian elimination with partial pivoting; `pivot` false leaves rows where they are.
 */
export function luFactor(a: Float64Array, m: number, n: number, pivots: Int32Array, pivot: boolean): number {
  let singular = 0;
  const rank = Math.min(m, n);
  for (let j = 0; j < rank; j++) {
    let best = j;
    if (pivot) for (let i = j + 1; i < m; i++) if (abs(a[i * n + j]) > abs(a[best * n + j])) best = i;
    pivots[j] = best + 1;
    if (best !== j) swapRows(a, n, j, best);
    const head = a[j * n + j];
    if (head === 0) {
      if (singular === 0) singular = j + 1;
      if (pivot) continue;
    }
    for (let i = j + 1; i < m; i++) {
      const factor = (a[i * n + j] /= head);
      if (factor !== 0) for (let k = j + 1; k < n; k++) a[i * n + k] -= factor * a[j * n + k];
    }
  }
  return singular;
}

function swapRows(a: Float64Array, n: number, i: number, j: number): void {
  for (let k = 0; k < n; k++) {
    const x = a[i * n + k];
    a[i * n + k] = a[j * n + k];
    a[j * n + k] = x;
  }
}

/** Solves A X = B in place of the n x k matrix `b`, from `luFactor`'s result for the n x n matrix A. */
export function luSolve(lu: Float64Array, n: number, pivots: Int32Array, b: Float64Array, k: number): void {
  for (let i = 0; i < n; i++) if (pivots[i] !== i + 1) swapRows(b, k, i, pivots[i] - 1);
  solveTriangular(lu, n, b, k, false, true);
  solveTriangular(lu, n, b, k, true, false);
}

/** Solves T X = B in place of the n x k matrix `b`; T is the upper or lower triangle of `a`, with ones on its diagonal if `unit`. */
export function solveTriangular(
  a: Float64Array,
  n: number,
  b: Float64Array,
  k: number,
  upper: boolean,
  unit: boolean,
): void {
  for (let step = 0; step < n; step++) {
    const i = upper ? n - 1 - step : step;
    const [from, to] = upper ? [i + 1, n] : [0, i];
    for (let j = from; j < to; j++) {
      const factor = a[i * n + j];
      if (factor !== 0) for (let c = 0; c < k; c++) b[i * k + c] -= factor * b[j * k + c];
    }
    if (!unit) for (let c = 0; c < k; c++) b[i * k + c] /= a[i * n + i];
  }
}
