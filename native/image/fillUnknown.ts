/** What stands in pixels of which nothing is known, whatever their shape, before a model paints them. */

import type { MaskImage, OutpaintFill, RgbImage } from '../types.ts';
import { boxBlur3 } from './boxBlur.ts';
import { checkSameSize } from './composite.ts';
import { fillUnderMask, neutralGrey } from './fill.ts';
import type { Colour } from './fill.ts';
import { nearestInside } from './nearest.ts';
import { withOpenCv } from './opencv.ts';

/** Every unknown pixel takes the colour of the nearest known one; mid grey where nothing is known at all. */
function fromNearest(image: RgbImage, unknown: MaskImage): RgbImage {
  const nearest = nearestInside(unknown, (value) => value === 0);
  if (nearest[0] === -1) return fillUnderMask(image, unknown, neutralGrey, 1);
  const data = image.data.slice();
  for (let i = 0; i < unknown.data.length; i++) {
    if (unknown.data[i] === 0) continue;
    const from = nearest[i]! * 3;
    data.copyWithin(i * 3, from, from + 3);
  }
  return { ...image, data };
}

function pasteKnown(onto: Uint8Array, image: RgbImage, unknown: MaskImage): RgbImage {
  for (let i = 0, p = 0; i < unknown.data.length; i++, p += 3) {
    if (unknown.data[i] !== 0) continue;
    onto[p] = image.data[p]!;
    onto[p + 1] = image.data[p + 1]!;
    onto[p + 2] = image.data[p + 2]!;
  }
  return { ...image, data: onto };
}

/**
 * Fills the unknown pixels (mask above 0) and leaves every known byte as it is. `edge` repeats the nearest known pixel, `blur` softens
 * that by an eighth of the longer side, `neutral` is one colour, `telea` inpaints from the border inwards.
 * REQUEST_INVALID where sizes differ; RUNTIME_LOAD where OpenCV cannot be loaded.
 */
export async function fillUnknown(image: RgbImage, unknown: MaskImage, fill: OutpaintFill = 'edge', neutral: Colour = neutralGrey): Promise<RgbImage> {
  checkSameSize(image, unknown);
  if (!unknown.data.some((value) => value > 0)) return image;
  if (fill === 'neutral') return fillUnderMask(image, unknown, neutral, 1);
  const edge = fromNearest(image, unknown);
  const { width, height } = image;
  if (fill === 'edge' || !unknown.data.includes(0)) return edge;
  if (fill === 'blur') return pasteKnown(boxBlur3(edge.data, width, height, 3, Math.max(3, Math.round(Math.max(width, height) / 8))), image, unknown);
  return withOpenCv((cv, keep) => {
    const src = keep(cv.matFromArray(height, width, cv.CV_8UC3, edge.data));
    const mask = keep(cv.matFromArray(height, width, cv.CV_8UC1, unknown.data));
    const out = keep(new cv.Mat());
    cv.inpaint(src, mask, out, 3, cv.INPAINT_TELEA);
    return pasteKnown(out.data.slice(), image, unknown);
  });
}
