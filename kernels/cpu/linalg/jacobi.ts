const { abs, hypot, sign, sqrt } = Math;
const rounding = 2 ** -52;
const mostSweeps = 60;

/** Cosine and sine of the rotation that makes a symmetric 2 x 2 matrix with diagonal p, q and off-diagonal r diagonal. */
function rotation(p: number, q: number, r: number): [number, number] {
  const theta = (q - p) / (2 * r);
  const t = theta === 0 ? 1 : sign(theta) / (abs(theta) + hypot(theta, 1));
  const c = 1 / sqrt(t * t + 1);
  return [c, t * c];
}

function frobenius(a: Float64Array): number {
  let squares = 0;
  for (const x of a) squares += x * x;
  return sqrt(squares);
}

/** Rotates columns p and q of a row-major matrix with `rows` rows of `width`. */
function rotateColumns(a: Float64Array, rows: number, width: number, p: number, q: number, c: number, s: number): void {
  for (let i = 0; i < rows; i++) {
    const x = a[i * width + p];
    const y = a[i * width + q];
    a[i * width + p] = c * x - s * y;
    a[i * width + q] = s * x + c * y;
  }
}

function rotateRows(a: Float64Array, n: number, p: number, q: number, c: number, s: number): void {
  for (let i = 0; i < n; i++) {
    const x = a[p * n + i];
    const y = a[q * n + i];
    a[p * n + i] = c * x - s * y;
    a[q * n + i] = s * x + c * y;
  }
}

function identity(a: Float64Array, n: number): void {
  a.fill(0);
  for (let i = 0; i < n; i++) a[i * n + i] = 1;
}

/** Moves columns of `a` (rows x width) so that column i comes from order[i]. */
function reorder(a: Float64Array, rows: number, width: number, order: readonly number[]): void {
  for (let i = 0; i < rows; i++) {
    const row = a.slice(i * width, i * width + width);
    for (let j = 0; j < order.length; j++) a[i * width + j] = row[order[j]];
  }
}

/**
 * Eigenvalues (ascending) and eigenvectors (columns) of a symmetric n x n matrix, which is overwritten.
 * Jacobi's method in cyclic sweeps (Golub and Van Loan, Matrix Computations, section 8.5). Returns whether it converged.
 */
export function eigenSymmetric(a: Float64Array, n: number, values: Float64Array, vectors: Float64Array): boolean {
  identity(vectors, n);
  const negligible = (rounding / 64) * frobenius(a);
  let converged = false;
  for (let sweep = 0; sweep < mostSweeps && !converged; sweep++) {
    converged = true;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        const r = a[p * n + q];
        if (abs(r) <= negligible) continue;
        converged = false;
        const [c, s] = rotation(a[p * n + p], a[q * n + q], r);
        rotateColumns(a, n, n, p, q, c, s);
        rotateRows(a, n, p, q, c, s);
        a[p * n + q] = 0;
        a[q * n + p] = 0;
        rotateColumns(vectors, n, n, p, q, c, s);
      }
    }
  }
  const order = Array.from({ length: n }, (_, i) => i).sort((i, j) => a[i * n + i] - a[j * n + j]);
  order.forEach((from, i) => {
    values[i] = a[from * n + from];
  });
  reorder(vectors, n, n, order);
  return converged;
}

/**
 * Singular values (descending) of an m x n matrix with m >= n, which becomes U (m x n); `v` (n x n) gets the right vectors as columns.
 * One-sided Jacobi (Demmel and Veselic, 1992). Returns how many columns of U are more than rounding errors, or -1 where it did not converge.
 */
export function singularValues(a: Float64Array, m: number, n: number, values: Float64Array, v: Float64Array): number {
  identity(v, n);
  const negligible = (rounding / 16) * frobenius(a);
  let converged = false;
  for (let sweep = 0; sweep < mostSweeps && !converged; sweep++) {
    converged = true;
    for (let p = 0; p < n; p++) {
      for (let q = p + 1; q < n; q++) {
        let [pp, qq, pq] = [0, 0, 0];
        for (let i = 0; i < m; i++) {
          const x = a[i * n + p];
          const y = a[i * n + q];
          pp += x * x;
          qq += y * y;
          pq += x * y;
        }
        const [left, right] = [sqrt(pp), sqrt(qq)];
        if (left <= negligible || right <= negligible || abs(pq) <= m * rounding * left * right) continue;
        converged = false;
        const [c, s] = rotation(pp, qq, pq);
        rotateColumns(a, m, n, p, q, c, s);
        rotateColumns(v, n, n, p, q, c, s);
      }
    }
  }
  const norms = Array.from({ length: n }, (_, j) => {
    let sum = 0;
    for (let i = 0; i < m; i++) sum = hypot(sum, a[i * n + j]);
    return sum;
  });
  const order = norms.map((_, j) => j).sort((i, j) => norms[j] - norms[i]);
  reorder(a, m, n, order);
  reorder(v, n, n, order);
  order.forEach((from, j) => {
    values[j] = norms[from];
    if (norms[from] > 0) for (let i = 0; i < m; i++) a[i * n + j] /= norms[from];
  });
  if (!converged) return -1;
  const rank = values.findIndex((x) => x <= m * rounding * values[0]);
  return rank < 0 ? n : rank;
}

/** Fills columns of `q` (m x width) from `from` on so that all are orthonormal, out of unit vectors (Gram and Schmidt, twice). */
export function completeBasis(q: Float64Array, m: number, width: number, from: number): void {
  let unit = 0;
  for (let j = from; j < width; j++) {
    for (;;) {
      const column = new Float64Array(m);
      column[unit++] = 1;
      for (let round = 0; round < 2; round++) {
        for (let k = 0; k < j; k++) {
          let dot = 0;
          for (let i = 0; i < m; i++) dot += q[i * width + k] * column[i];
          for (let i = 0; i < m; i++) column[i] -= dot * q[i * width + k];
        }
      }
      const norm = hypot(...column);
      // A unit vector that lies nearly in the span leaves only rounding errors; some other one does not.
      if (norm < 0.5 / sqrt(m) && unit < m) continue;
      for (let i = 0; i < m; i++) q[i * width + j] = column[i] / norm;
      break;
    }
  }
}
