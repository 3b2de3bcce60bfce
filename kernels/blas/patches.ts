import type { Floats } from '../cpu/gemm.js';
import { specialize } from '../cpu/specialize.js';

/**
 * Goes through the patches of some rows of places of one image, tap by tap, a row of the patches' matrix for each; what lies in
 * the padding is zero. `back` adds the patches up into the image instead. The numbers of `g` are, for depth, height and width
 * each: kernel, input, stride, padding, dilation and the input's stride in memory; then channels and their stride, and of the
 * output plane the height and width.
 */
function patchesLoop(
  patches: Floats,
  image: Floats,
  offset: number,
  g: readonly number[],
  firstRow: number,
  rows: number,
  back: boolean,
): void {
  const [kd, kh, kw, id, ih, iw, sd, sh, sw, pd, ph, pw, dd, dh, dw, md, mh, mw, channels, mc, high, wide] = g;
  let to = 0;
  for (let c = 0; c < channels; c++) {
    for (let a = 0; a < kd; a++) {
      for (let b = 0; b < kh; b++) {
        for (let e = 0; e < kw; e++) {
          const shift = e * dw - pw;
          // Whole numbers for the engine too: -0, say, would make the loops below count in double.
          let low = Math.ceil(-shift / sw) | 0;
          low = low < 0 ? 0 : low > wide ? wide : low;
          let end = (Math.floor((iw - 1 - shift) / sw) + 1) | 0;
          end = end < low ? low : end > wide ? wide : end;
          const step = sw * mw;
          for (let r = firstRow; r < firstRow + rows; r++, to += wide) {
            const z = ((r / high) | 0) * sd - pd + a * dd;
            const y = (r % high) * sh - ph + b * dh;
            const inside = z >= 0 && z < id && y >= 0 && y < ih;
            let at = (offset + c * mc + z * md + y * mh + (low * sw + shift) * mw) | 0;
            if (back) {
              if (inside) for (let x = to + low; x < to + end; x++, at += step) image[at] += patches[x];
              continue;
            }
            if (!inside) {
              for (let x = to; x < to + wide; x++) patches[x] = 0;
              continue;
            }
            for (let x = to; x < to + low; x++) patches[x] = 0;
            for (let x = to + low; x < to + end; x++, at += step) patches[x] = image[at];
            for (let x = to + end; x < to + wide; x++) patches[x] = 0;
          }
        }
      }
    }
  }
}

/** The loop over patches, keyed by bytes per element. */
export const patchesFor: (key: number) => typeof patchesLoop = specialize(patchesLoop);
