/** Exact Euclidean distances, in two passes. */

import type { MaskImage } from '../types.ts';

/**
 * The squared distance, in pixels, from each pixel to the nearest one that `isInside`; Infinity where there is none.
 * in [H,W] → out [H,W]. Source: Felzenszwalb and Huttenlocher, Distance Transforms of Sampled Functions.
 */
export function squaredDistances(mask: MaskImage, isInside: (value: number) => boolean): Float64Array {
  const { width, height, data } = mask;
  const out = new Float64Array(width * height);
  // Down and up each column: distance to the nearest inside pixel of the column.
  for (let x = 0; x < width; x++) {
    let distance = Infinity;
    for (let y = 0, i = x; y < height; y++, i += width) {
      distance = isInside(data[i]!) ? 0 : distance + 1;
      out[i] = distance;
    }
    distance = Infinity;
    for (let y = height - 1, i = (height - 1) * width + x; y >= 0; y--, i -= width) {
      distance = Math.min(out[i]!, distance + 1);
      out[i] = distance * distance;
    }
  }
  // Along each row: the lower envelope of the parabolas that stand on the column distances.
  const feet = new Int32Array(width);
  const from = new Float64Array(width + 1);
  const row = new Float64Array(width);
  for (let y = 0; y < height; y++) {
    const start = y * width;
    row.set(out.subarray(start, start + width));
    let last = -1;
    for (let x = 0; x < width; x++) {
      const value = row[x]!;
      if (value === Infinity) continue;
      let cross = -Infinity;
      while (last >= 0) {
        const foot = feet[last]!;
        cross = (value + x * x - row[foot]! - foot * foot) / (2 * (x - foot));
        if (cross > from[last]!) break;
        last--;
        cross = -Infinity;
      }
      last++;
      feet[last] = x;
      from[last] = cross;
    }
    if (last < 0) {
      out.fill(Infinity, start, start + width);
      continue;
    }
    let k = 0;
    for (let x = 0; x < width; x++) {
      while (k < last && from[k + 1]! < x) k++;
      const foot = feet[k]!;
      out[start + x] = (x - foot) ** 2 + row[foot]!;
    }
  }
  return out;
}
