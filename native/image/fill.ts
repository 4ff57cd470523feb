/** Hiding what is to be repainted under a neutral colour, as the model saw it in training. */

import type { MaskImage, RgbImage } from '../types.ts';
import { checkSameSize } from './composite.ts';

export type Colour = readonly [red: number, green: number, blue: number];

/** Mid grey: the fill of checkpoints that name none. */
export const neutralGrey: Colour = [128, 128, 128];

/**
 * Paints a colour over every pixel whose mask is at least `threshold`; the edge is hard. REQUEST_INVALID where sizes differ.
 */
export function fillUnderMask(image: RgbImage, mask: MaskImage, colour: Colour = neutralGrey, threshold = 128): RgbImage {
  checkSameSize(image, mask);
  const data = image.data.slice();
  for (let i = 0; i < mask.data.length; i++) if (mask.data[i]! >= threshold) data.set(colour, i * 3);
  return { width: image.width, height: image.height, data };
}
