import type { Device } from '../../core/device.js';
import type { DType } from '../../core/dtype.js';
import { ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';
import type { Generator } from '../../random.js';
import { drawn, integers, wideIntegers } from './draws.js';

/** The integers that a dtype holds exactly, both ends included; of int64 those that a number holds. */
const limits: Readonly<Record<DType, readonly [number, number]>> = {
  bool: [0, 1],
  uint8: [0, 255],
  int8: [-128, 127],
  int16: [-32768, 32767],
  int32: [-(2 ** 31), 2 ** 31 - 1],
  int64: [-(2 ** 53), 2 ** 53],
  float16: [-(2 ** 11), 2 ** 11],
  float32: [-(2 ** 24), 2 ** 24],
  float64: [-(2 ** 53), 2 ** 53],
};

/** One above the largest integer of a dtype that can be drawn. */
export const beyond = (dtype: DType): number => Math.min(limits[dtype][1] + 1, 2 ** 53);

/** Throws unless low < high are integers, and those from low to high - 1 fit the dtype. */
export function checkBounds(name: string, low: number, high: number, dtype: DType): void {
  if (!Number.isInteger(low) || !Number.isInteger(high)) {
    throw new ValueError(`${name}: the bounds must be integers, got ${low} and ${high}`);
  }
  if (low >= high) throw new ValueError(`${name}: the lower bound ${low} must be below the upper bound ${high}`);
  const [least, most] = limits[dtype];
  if (low < least || high - 1 > most || high - low > 2 ** 53) {
    throw new ValueError(`${name}: the bounds ${low} and ${high} do not fit ${dtype}, which takes ${least} to ${most}`);
  }
}

/** The largest range that a device without float64 draws from. */
const small = 2 ** 20;

/** Integers of [low, high), which have been checked. */
export function whole(
  low: number,
  high: number,
  shape: readonly number[],
  dtype: DType,
  device: Device,
  generator: Generator,
): Tensor {
  const range = high - low;
  if (range <= small) return drawn(integers, [low, range], shape, dtype, device, generator);
  return drawn(wideIntegers, [low, range], shape, dtype, 'cpu', generator).to(device);
}
