/**
 * From which size on each family of kernels runs in WebAssembly: the one place that decides. Tests lower these numbers to send small
 * operands through, or lift them to Infinity to keep all away.
 */
export interface Thresholds {
  /** Multiplications of a product of matrices. */
  products: number;
  /** Results of a batch of products whose results lie between others'. */
  scattered: number;
  /** Multiplications of a convolution. */
  convolutions: number;
  /** Multiplications of a step of a recurrent network. */
  recurrences: number;
  /** Elements of a formula's launch; one with functions that vectors round in their own way goes there at every size, unless this is Infinity. */
  formulas: number;
  /** Elements that a formula which JavaScript computes to the same bits must have seen before it is compiled. */
  compiled: number;
  /** Elements of a matrix that a copy transposes. */
  transposes: number;
  /** Elements of a reduction. */
  reductions: number;
  /** Elements of what is normalized, searched or summed up line by line. */
  lines: number;
  /** Elements that windows slide over. */
  windows: number;
  /** Indices that are checked, and elements of rows that are moved or added where indices name them; four times as many with an index for each. */
  indices: number;
  /** Multiplications of a product that are worth more than one thread. */
  sharedProducts: number;
  /** Elements of a formula's launch that are worth more than one thread. */
  sharedFormulas: number;
}

/** How the kernels there go about it. */
export interface Limits {
  /** Bytes that a kernel may reserve of the heap at once; what needs more is computed in JavaScript. */
  memory: number;
  /** Bytes of an operand that are staged at once for a formula: a few operands fit the second cache, and copies run at the memory's speed. */
  tile: number;
  /** Elements of strided operands up to which they are packed whole rather than cut into boxes: less to prepare. */
  packed: number;
  /** Sizes of Winograd's tiles that convolutions may use, and what they count beside other ways, whose price is 1. */
  tiles: readonly number[];
  tilePrice: number;
  /** The same for products of a convolution through the system's BLAS. */
  blasPrice: number;
  /** The same for convolutions without patches. */
  directPrice: number;
  /** Milliseconds after which a thread that does not finish its task is given up. */
  patience: number;
}

export const thresholds: Readonly<Thresholds> = {
  products: 128,
  scattered: 2048,
  convolutions: 4096,
  recurrences: 2048,
  formulas: 128,
  compiled: 50_000,
  transposes: 1024,
  reductions: 512,
  lines: 64,
  windows: 256,
  indices: 64,
  sharedProducts: 2 ** 20,
  sharedFormulas: 2 ** 16,
};

export const policy: Thresholds & Limits = {
  ...thresholds,
  memory: 2 ** 30,
  tile: 2 ** 17,
  packed: 1024,
  tiles: [2, 4],
  tilePrice: 1,
  blasPrice: 1,
  directPrice: 1,
  patience: 30_000,
};
