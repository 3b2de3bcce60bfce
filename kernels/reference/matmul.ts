import type { View } from '../types.js';
import { positions } from '../view.js';
import { arithmetic, converter, reader } from './access.js';
import { setElement } from './element.js';

/** `Kernels.matmul`: three loops for each matrix of the batch. */
export function matmul(output: View, a: View, b: View): void {
  const batch = output.shape.length - 2;
  const [rows, columns] = output.shape.slice(batch);
  const depth = a.shape[batch + 1];
  const { add, multiply } = arithmetic(output.dtype);
  const convert = converter(output.dtype);
  const [readA, readB] = [reader(a), reader(b)];
  const [outputs, as, bs] = [output, a, b].map(({ offset, shape, strides }) =>
    positions({ offset, shape: shape.slice(0, batch), strides: strides.slice(0, batch) }),
  );
  for (let matrix = 0; matrix < outputs.length; matrix++) {
    for (let m = 0; m < rows; m++) {
      for (let n = 0; n < columns; n++) {
        let sum = convert(0);
        for (let k = 0; k < depth; k++) {
          const x = readA(as[matrix] + m * a.strides[batch] + k * a.strides[batch + 1]);
          const y = readB(bs[matrix] + k * b.strides[batch] + n * b.strides[batch + 1]);
          sum = add(sum, multiply(convert(x), convert(y)));
        }
        setElement(output, outputs[matrix] + m * output.strides[batch] + n * output.strides[batch + 1], sum);
      }
    }
  }
}
