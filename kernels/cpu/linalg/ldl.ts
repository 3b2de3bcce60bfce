const { abs, max, sqrt } = Math;

/** Below this share of the column's largest element a diagonal element is no pivot: it bounds the growth of the rest. */
const share = (1 + sqrt(17)) / 8;

/** Largest element below the diagonal of column j, and its row. */
function largestBelow(a: Float64Array, n: number, j: number): [number, number] {
  let [size, row] = [0, j];
  for (let i = j + 1; i < n; i++) if (abs(a[i * n + j]) > size) [size, row] = [abs(a[i * n + j]), i];
  return [size, row];
}

/** Largest element of row i off the diagonal, from column k on, of a symmetric matrix in its lower triangle. */
function largestBeside(a: Float64Array, n: number, i: number, k: number): number {
  let size = 0;
  for (let j = k; j < i; j++) size = max(size, abs(a[i * n + j]));
  for (let j = i + 1; j < n; j++) size = max(size, abs(a[j * n + i]));
  return size;
}

/** Exchanges rows and columns p < q of what is left from column k on. */
function exchange(a: Float64Array, n: number, k: number, p: number, q: number): void {
  const swap = (x: number, y: number): void => {
    const kept = a[x];
    a[x] = a[y];
    a[y] = kept;
  };
  for (let j = k; j < p; j++) swap(p * n + j, q * n + j);
  for (let i = p + 1; i < q; i++) swap(i * n + p, q * n + i);
  for (let i = q + 1; i < n; i++) swap(i * n + p, i * n + q);
  swap(p * n + p, q * n + q);
}

/** Which element comes next: its row, and whether it needs a block of two. */
function choose(a: Float64Array, n: number, k: number): { row: number; two: boolean; zero: boolean } {
  const head = abs(a[k * n + k]);
  const [column, i] = largestBelow(a, n, k);
  if (head === 0 && column === 0) return { row: k, two: false, zero: true };
  if (head >= share * column) return { row: k, two: false, zero: false };
  const beside = largestBeside(a, n, i, k);
  if (head * beside >= share * column * column) return { row: k, two: false, zero: false };
  return { row: i, two: abs(a[i * n + i]) < share * beside, zero: false };
}

/**
 * Factors a symmetric n x n matrix, of which the lower triangle is read, into L D L^T in place; D has blocks of one and two. `pivots` as
 * LAPACK has them: the row exchanged with, counted from 1, negative and twice for a block of two. Returns the place of a zero pivot, or 0.
 * Bunch and Kaufman, 1977.
 */
export function ldlFactor(a: Float64Array, n: number, pivots: Int32Array): number {
  let singular = 0;
  for (let k = 0; k < n; ) {
    const { row, two, zero } = choose(a, n, k);
    const step = two ? 2 : 1;
    const place = k + step - 1;
    if (zero && singular === 0) singular = k + 1;
    if (row !== place) exchange(a, n, k, place, row);
    if (two) eliminateTwo(a, n, k);
    else if (!zero) eliminateOne(a, n, k);
    pivots[k] = two ? -(row + 1) : row + 1;
    if (two) pivots[k + 1] = -(row + 1);
    k += step;
  }
  return singular;
}

function eliminateOne(a: Float64Array, n: number, k: number): void {
  const d = a[k * n + k];
  for (let j = k + 1; j < n; j++) {
    const factor = a[j * n + k] / d;
    for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * factor;
    a[j * n + k] = factor;
  }
}

function eliminateTwo(a: Float64Array, n: number, k: number): void {
  const [p, q, r] = [a[k * n + k], a[(k + 1) * n + k], a[(k + 1) * n + k + 1]];
  const determinant = p * r - q * q;
  for (let j = k + 2; j < n; j++) {
    const [x, y] = [a[j * n + k], a[j * n + k + 1]];
    const [left, right] = [(r * x - q * y) / determinant, (p * y - q * x) / determinant];
    for (let i = j; i < n; i++) a[i * n + j] -= a[i * n + k] * left + a[i * n + k + 1] * right;
    a[j * n + k] = left;
    a[j * n + k + 1] = right;
  }
}

/** Solves A X = B in place of the n x m matrix `b`, from `ldlFactor`'s result. */
export function ldlSolve(a: Float64Array, n: number, pivots: Int32Array, b: Float64Array, m: number): void {
  const subtract = (to: number, from: number, factor: number): void => {
    for (let c = 0; c < m; c++) b[to * m + c] -= factor * b[from * m + c];
  };
  const swap = (p: number, q: number): void => {
    if (p === q) return;
    const kept = b.slice(p * m, p * m + m);
    b.copyWithin(p * m, q * m, q * m + m);
    b.set(kept, q * m);
  };
  for (let k = 0; k < n; ) {
    const step = pivots[k] > 0 ? 1 : 2;
    swap(k + step - 1, abs(pivots[k]) - 1);
    for (let i = k + step; i < n; i++) for (let s = 0; s < step; s++) subtract(i, k + s, a[i * n + k + s]);
    divide(a, n, k, step, b, m);
    k += step;
  }
  for (let k = n - 1; k >= 0; ) {
    const step = pivots[k] > 0 ? 1 : 2;
    const first = k - step + 1;
    for (let i = k + 1; i < n; i++) for (let s = 0; s < step; s++) subtract(first + s, i, a[i * n + first + s]);
    swap(k, abs(pivots[k]) - 1);
    k -= step;
  }
}

/** Divides rows k (and k + 1) of `b` by the block of D. */
function divide(a: Float64Array, n: number, k: number, step: number, b: Float64Array, m: number): void {
  const p = a[k * n + k];
  if (step === 1) {
    for (let c = 0; c < m; c++) b[k * m + c] /= p;
    return;
  }
  const [q, r] = [a[(k + 1) * n + k], a[(k + 1) * n + k + 1]];
  const determinant = p * r - q * q;
  for (let c = 0; c < m; c++) {
    const [x, y] = [b[k * m + c], b[(k + 1) * m + c]];
    b[k * m + c] = (r * x - q * y) / determinant;
    b[(k + 1) * m + c] = (p * y - q * x) / determinant;
  }
}
