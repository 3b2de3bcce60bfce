/** From this length on the platform's copy is faster than a loop. */
const longRun = 16;

/** Copies rows that start `stride` elements apart and have steps of 1 to where they follow each other without gaps. */
export function copyRows(
  target: Float32Array,
  to: number,
  source: Float32Array,
  from: number,
  stride: number,
  rows: number,
  columns: number,
): void {
  if (stride === columns || rows === 1) target.set(source.subarray(from, from + rows * columns), to);
  else if (columns >= longRun) {
    for (let i = 0; i < rows; i++, from += stride, to += columns) target.set(source.subarray(from, from + columns), to);
  } else {
    for (let i = 0; i < rows; i++, from += stride) {
      for (let j = 0; j < columns; j++) target[to++] = source[from + j];
    }
  }
}

/** Copies rows that follow each other without gaps to where they start `stride` elements apart. */
export function copyRowsOut(
  target: Float32Array,
  to: number,
  stride: number,
  source: Float32Array,
  from: number,
  rows: number,
  columns: number,
): void {
  if (stride === columns || rows === 1) target.set(source.subarray(from, from + rows * columns), to);
  else if (columns >= longRun) {
    for (let i = 0; i < rows; i++, to += stride, from += columns) target.set(source.subarray(from, from + columns), to);
  } else {
    for (let i = 0; i < rows; i++, to += stride) {
      for (let j = 0; j < columns; j++) target[to + j] = source[from++];
    }
  }
}
