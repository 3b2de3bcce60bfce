function multiply(a: Float64Array, b: Float64Array, n: number): Float64Array {
  const y = new Float64Array(n * n);
  for (let i = 0; i < n; i++) {
    for (let k = 0; k < n; k++) {
      const factor = a[i * n + k];
      if (factor !== 0) for (let j = 0; j < n; j++) y[i * n + j] += factor * b[k * n + j];
    }
  }
  return y;
}

/** exp of a row-major n x n matrix: halved until it is small, summed as a Taylor series, squared as often. */
export function matrixExponential(a: Float64Array, n: number): Float64Array {
  let norm = 0;
  for (let i = 0; i < n; i++) {
    let row = 0;
    for (let j = 0; j < n; j++) row += Math.abs(a[i * n + j]);
    norm = Math.max(norm, row);
  }
  const halvings = Number.isFinite(norm) && norm > 0.5 ? Math.ceil(Math.log2(norm)) + 1 : 0;
  const small = a.map((x) => x / 2 ** halvings);
  let sum = new Float64Array(n * n);
  let term: Float64Array = new Float64Array(n * n);
  for (let i = 0; i < n; i++) sum[i * n + i] = term[i * n + i] = 1;
  // 0.5^15 / 15! is below the rounding error of 1.
  for (let k = 1; k <= 15; k++) {
    term = multiply(term, small, n).map((x) => x / k);
    sum = sum.map((x, i) => x + term[i]);
  }
  let result: Float64Array = sum;
  for (let i = 0; i < halvings; i++) result = multiply(result, result, n);
  return result;
}
