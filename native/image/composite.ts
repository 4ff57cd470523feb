/** Putting a result onto the original through a mask, and proving that nothing else changed. */

import { EngineError } from '../errors.ts';
import type { MaskImage, RgbImage } from '../types.ts';

/** Refuses pictures and masks of different sizes. */
export function checkSameSize(...images: readonly { readonly width: number; readonly height: number }[]): void {
  const [first, ...rest] = images;
  for (const image of rest) {
    if (image.width === first!.width && image.height === first!.height) continue;
    throw new EngineError('REQUEST_INVALID', `Sizes differ: ${first!.width}x${first!.height} and ${image.width}x${image.height}.`, {
      expected: [first!.width, first!.height],
      got: [image.width, image.height],
    });
  }
}

/**
 * Lays `generated` over `original` through a mask: the original's bytes where it is 0, the generated ones where it is 255,
 * between them the nearest byte to (o·(255−m) + g·m)/255. REQUEST_INVALID where sizes differ.
 */
export function composite(original: RgbImage, generated: RgbImage, mask: MaskImage): RgbImage {
  checkSameSize(original, generated, mask);
  const data = original.data.slice();
  for (let i = 0, p = 0; i < mask.data.length; i++, p += 3) {
    const m = mask.data[i]!;
    if (m === 0) continue;
    for (let c = p; c < p + 3; c++) {
      // 255 is odd, so there are no ties: adding half of it and flooring is rounding to nearest.
      data[c] = Math.floor((data[c]! * (255 - m) + generated.data[c]! * m + 127) / 255);
    }
  }
  return { width: original.width, height: original.height, data };
}

/**
 * How many pixels differ where the mask is 0. REQUEST_INVALID where sizes differ.
 */
export function changedOutside(original: RgbImage, result: RgbImage, mask: MaskImage): number {
  checkSameSize(original, result, mask);
  let changed = 0;
  for (let i = 0, p = 0; i < mask.data.length; i++, p += 3) {
    if (mask.data[i] !== 0) continue;
    const a = original.data;
    const b = result.data;
    if (a[p] !== b[p] || a[p + 1] !== b[p + 1] || a[p + 2] !== b[p + 2]) changed++;
  }
  return changed;
}
