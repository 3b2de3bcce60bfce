import type { View } from '../../types.js';
import { count, isContiguous } from '../../view.js';
import { policy } from '../policy.js';
import { folding, runningExtreme } from './lineSteps.js';
import { walkLines } from './lines.js';

const walks = {
  sum: walkLines(folding('sum', false)),
  prod: walkLines(folding('prod', false)),
  max: walkLines(runningExtreme('max')),
  min: walkLines(runningExtreme('min')),
};
const sumBackwards = walkLines(folding('sum', true));

/** The same elements from the other end of a dimension. */
function turned({ buffer, offset, shape, strides, dtype }: View, dim: number): View {
  const last = (shape[dim] - 1) * strides[dim];
  return { buffer, offset: offset + last, shape, strides: strides.with(dim, -strides[dim]), dtype };
}

/** `Kernels.scan` of float32 in vectors; false where JavaScript is the way. */
export function scanVectors(
  kind: 'sum' | 'prod' | 'max' | 'min',
  output: View,
  indices: View | null,
  input: View,
  dim: number,
): boolean {
  const { shape } = input;
  const folds = kind === 'sum' || kind === 'prod';
  if (!(count(shape) >= policy.lines) || shape.length === 0) return false;
  if (input.dtype !== 'float32' || output.dtype !== 'float32' || (!folds && indices?.dtype !== 'int32')) return false;
  const backwards = kind === 'sum' && input.strides[dim] < 0;
  const outputs = folds ? [output] : [output, indices as View];
  const [x, ...y] = [input, ...outputs].map((view) => (backwards ? turned(view, dim) : view));
  const inner = count(shape.slice(dim + 1));
  // What is written beyond the end of so short a row would be over the row behind it, which is done.
  if (backwards && inner > 1 && inner < 4) return false;
  if ([x, ...y].some(({ strides }) => !isContiguous(shape, strides))) return false;
  return (backwards ? sumBackwards : walks[kind])(y, [], x, dim);
}
