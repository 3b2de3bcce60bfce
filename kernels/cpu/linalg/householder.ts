const { hypot, min, sqrt } = Math;

/**
 * Factors a row-major m x n matrix in place: R on and above the diagonal, below it the reflectors' vectors (their first element 1 is not
 * stored); Q is the product of I - tau v v^T. Householder's method, with LAPACK's choice of signs.
 */
export function qrFactor(a: Float64Array, m: number, n: number, tau: Float64Array): void {
  for (let j = 0; j < min(m, n); j++) {
    let below = 0;
    for (let i = j + 1; i < m; i++) below = below + a[i * n + j] * a[i * n + j];
    const alpha = a[j * n + j];
    tau[j] = 0;
    if (below === 0) continue;
    const norm = hypot(alpha, sqrt(below));
    const beta = alpha > 0 ? -norm : norm;
    tau[j] = (beta - alpha) / beta;
    for (let i = j + 1; i < m; i++) a[i * n + j] /= alpha - beta;
    a[j * n + j] = beta;
    for (let c = j + 1; c < n; c++) reflect(a, n, j, tau[j], m, a, n, c);
  }
}

/** Applies the reflector in column j of `a` to column c of `b`. */
function reflect(
  a: Float64Array,
  n: number,
  j: number,
  tau: number,
  m: number,
  b: Float64Array,
  k: number,
  c: number,
): void {
  let dot = b[j * k + c];
  for (let i = j + 1; i < m; i++) dot += a[i * n + j] * b[i * k + c];
  dot *= tau;
  b[j * k + c] -= dot;
  for (let i = j + 1; i < m; i++) b[i * k + c] -= dot * a[i * n + j];
}

/** The first `columns` columns of Q, as an m x columns matrix, from `qrFactor`'s result with `count` reflectors. */
export function formQ(
  a: Float64Array,
  m: number,
  n: number,
  tau: Float64Array,
  count: number,
  q: Float64Array,
  columns: number,
): void {
  q.fill(0);
  for (let i = 0; i < min(m, columns); i++) q[i * columns + i] = 1;
  for (let j = count - 1; j >= 0; j--) for (let c = 0; c < columns; c++) reflect(a, n, j, tau[j], m, q, columns, c);
}
