/** For every pixel, which known one lies nearest. */

import type { MaskImage } from '../types.ts';

/**
 * The index of the nearest pixel that `isInside`, by exact Euclidean distance; −1 everywhere where there is none.
 * in [H,W] → out [H,W]. Source: Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions, keeping the feet.
 */
export function nearestInside(mask: MaskImage, isInside: (value: number) => boolean): Int32Array {
  const { width, height, data } = mask;
  // Down and up each column: the row of the nearest inside pixel of the column.
  const rows = new Int32Array(width * height).fill(-1);
  for (let x = 0; x < width; x++) {
    let last = -1;
    for (let y = 0; y < height; y++) {
      if (isInside(data[y * width + x]!)) last = y;
      rows[y * width + x] = last;
    }
    last = -1;
    for (let y = height - 1; y >= 0; y--) {
      const i = y * width + x;
      if (isInside(data[i]!)) last = y;
      if (last >= 0 && (rows[i]! < 0 || last - y < y - rows[i]!)) rows[i] = last;
    }
  }
  // Along each row: the lower envelope of the parabolas that stand on the column distances.
  const out = new Int32Array(width * height).fill(-1);
  const feet = new Int32Array(width);
  const from = new Float64Array(width + 1);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    const value = (x: number): number => (rows[start + x]! - y) ** 2;
    let last = -1;
    for (let x = 0; x < width; x++) {
      if (rows[start + x]! < 0) continue;
      let cross = -Infinity;
      while (last >= 0) {
        const foot = feet[last]!;
        cross = (value(x) + x * x - value(foot) - foot * foot) / (2 * (x - foot));
        if (cross > from[last]!) break;
        last--;
        cross = -Infinity;
      }
      last++;
      feet[last] = x;
      from[last] = cross;
    }
    if (last < 0) continue;
    for (let x = 0, k = 0; x < width; x++) {
      while (k < last && from[k + 1]! < x) k++;
      const foot = feet[k]!;
      out[start + x] = rows[start + foot]! * width + foot;
    }
  }
  return out;
}
