/**
 * Replaces a row-major n x n matrix, of which the lower triangle is read, by its lower Cholesky factor.
 * Returns 0, or the order, from 1 on, of the first leading minor that is not positive.
 */
export function choleskyFactor(a: Float64Array, n: number): number {
  for (let j = 0; j < n; j++) {
    for (let i = j; i < n; i++) {
      let sum = a[i * n + j];
      for (let k = 0; k < j; k++) sum -= a[i * n + k] * a[j * n + k];
      if (i > j) a[i * n + j] = sum / a[j * n + j];
      else if (sum > 0) a[j * n + j] = Math.sqrt(sum);
      else return j + 1;
    }
    for (let k = j + 1; k < n; k++) a[j * n + k] = 0;
  }
  return 0;
}
