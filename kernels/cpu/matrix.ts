/** The typed arrays that the product is written for. */
export type Floats = Float32Array | Float64Array;

/** A matrix in a typed array: element (i, j) lies at offset + i * row + j * column. */
export interface Matrix {
  readonly data: Floats;
  readonly offset: number;
  readonly row: number;
  readonly column: number;
}

/** The transposed matrix. */
export function turned({ data, offset, row, column }: Matrix): Matrix {
  return { data, offset, row: column, column: row };
}

/** A vector in a typed array: element i lies at offset + i * step. */
export interface Vector {
  readonly data: Floats;
  readonly offset: number;
  readonly step: number;
}
