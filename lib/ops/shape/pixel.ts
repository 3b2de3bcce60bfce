import { type Fn, fn } from '../../core/define.js';
import { ShapeError, showShape, ValueError } from '../../core/errors.js';
import type { Tensor } from '../../core/tensor.js';

function check(name: string, { shape }: Tensor, factor: number): void {
  if (shape.length < 3)
    throw new ShapeError(`${name}: needs at least 3 dimensions (..., C, H, W), got ${showShape(shape)}`);
  if (!Number.isInteger(factor) || factor < 1)
    throw new ValueError(`${name}: the factor must be a positive integer, got ${factor}`);
}

/** (..., C r^2, H, W) becomes (..., C, H r, W r): channels become pixels. PyTorch: torch.nn.functional.pixel_shuffle. */
export const pixelShuffle: Fn<[input: Tensor, upscaleFactor: number], { upscaleFactor?: number }, Tensor> = fn(
  'pixelShuffle(input, upscaleFactor)',
  (input, r) => {
    check('pixelShuffle', input, r);
    const lead = input.shape.slice(0, -3);
    const [c, h, w] = input.shape.slice(-3);
    if (c % (r * r) !== 0) {
      throw new ShapeError(`pixelShuffle: ${c} channels of ${showShape(input.shape)} are no multiple of ${r} x ${r}`);
    }
    const n = lead.length;
    return input
      .reshape([...lead, c / (r * r), r, r, h, w])
      .permute([...lead.map((_, d) => d), n, n + 3, n + 1, n + 4, n + 2])
      .reshape([...lead, c / (r * r), h * r, w * r]);
  },
  { samples: (m) => [[m(1, 8, 2, 3), 2]], errors: (m) => [[[m(1, 3, 2, 2), 2], 'no multiple']] },
);

/** (..., C, H r, W r) becomes (..., C r^2, H, W): pixels become channels. PyTorch: torch.nn.functional.pixel_unshuffle. */
export const pixelUnshuffle: Fn<[input: Tensor, downscaleFactor: number], { downscaleFactor?: number }, Tensor> = fn(
  'pixelUnshuffle(input, downscaleFactor)',
  (input, r) => {
    check('pixelUnshuffle', input, r);
    const lead = input.shape.slice(0, -3);
    const [c, h, w] = input.shape.slice(-3);
    if (h % r !== 0 || w % r !== 0) {
      throw new ShapeError(`pixelUnshuffle: height and width of ${showShape(input.shape)} are no multiples of ${r}`);
    }
    const n = lead.length;
    return input
      .reshape([...lead, c, h / r, r, w / r, r])
      .permute([...lead.map((_, d) => d), n, n + 2, n + 4, n + 1, n + 3])
      .reshape([...lead, c * r * r, h / r, w / r]);
  },
  { samples: (m) => [[m(1, 2, 4, 2), 2]], errors: (m) => [[[m(1, 3, 3, 2), 2], 'no multiples']] },
);
