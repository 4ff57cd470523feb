/** Making room around a picture: what stands in the new pixels before the model paints them, and where they are. */

import { EngineError } from '../errors.ts';
import type { MaskImage, OutpaintFill, RgbImage } from '../types.ts';
import { boxBlur3 } from './boxBlur.ts';
import { neutralGrey } from './fill.ts';
import type { Colour } from './fill.ts';
import { maxPixels } from './limits.ts';
import { withOpenCv } from './opencv.ts';

/** Pixels to add on each side. */
export interface Sides {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

export interface Extended {
  readonly image: RgbImage;
  /** 255 where the picture is new; 0 on the original, but for the blend. */
  readonly unknownMask: MaskImage;
}

export interface ExtendOptions {
  /** What the new pixels show. Default `edge`. */
  readonly fill?: OutpaintFill;
  /** Default mid grey. */
  readonly neutral?: Colour;
  /** Pixels of the original, inside the sides that grow, over which the mask fades to 0. Default 0: a hard edge. */
  readonly blend?: number;
}

function check(image: RgbImage, sides: Sides, blend: number): void {
  for (const [name, value] of [...Object.entries(sides), ['blend', blend] as const]) {
    if (typeof value !== 'number' || !Number.isInteger(value) || value < 0) {
      throw new EngineError('REQUEST_INVALID', `${name} must be a whole number of pixels from 0 up, got ${String(value)}.`, {
        [name]: String(value),
      });
    }
  }
  const width = image.width + sides.left + sides.right;
  const height = image.height + sides.top + sides.bottom;
  if (width * height > maxPixels) {
    throw new EngineError('REQUEST_INVALID', `The extended picture of ${width}x${height} exceeds ${maxPixels / 1e6} megapixels.`, {
      width,
      height,
      maxPixels,
    });
  }
}

/** Repeats the border outwards. */
function repeatEdges(image: RgbImage, { left, top, right, bottom }: Sides): RgbImage {
  const width = image.width + left + right;
  const height = image.height + top + bottom;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const src = Math.min(Math.max(y - top, 0), image.height - 1) * image.width * 3;
    const row = data.subarray(y * width * 3, (y + 1) * width * 3);
    const last = src + (image.width - 1) * 3;
    for (let x = 0; x < left; x++) row.set(image.data.subarray(src, src + 3), x * 3);
    row.set(image.data.subarray(src, last + 3), left * 3);
    for (let x = left + image.width; x < width; x++) row.set(image.data.subarray(last, last + 3), x * 3);
  }
  return { width, height, data };
}

function paste(onto: Uint8Array, width: number, image: RgbImage, left: number, top: number): void {
  for (let y = 0; y < image.height; y++) {
    onto.set(image.data.subarray(y * image.width * 3, (y + 1) * image.width * 3), ((top + y) * width + left) * 3);
  }
}

/** A pixel's distance to the nearest side that grows, 0 for the outermost original pixels, decides its fade. */
function makeMask(image: RgbImage, { left, top, right, bottom }: Sides, blend: number): MaskImage {
  const width = image.width + left + right;
  const height = image.height + top + bottom;
  const data = new Uint8Array(width * height).fill(255);
  const depth = (at: number, length: number, before: number, after: number) =>
    Math.min(before > 0 ? at : Infinity, after > 0 ? length - 1 - at : Infinity);
  for (let y = 0; y < image.height; y++) {
    const dy = depth(y, image.height, top, bottom);
    for (let x = 0; x < image.width; x++) {
      const d = Math.min(dy, depth(x, image.width, left, right));
      data[(top + y) * width + left + x] = d < blend ? Math.round((255 * (blend - d)) / (blend + 1)) : 0;
    }
  }
  return { width, height, data };
}

/** Inpaints the new pixels from the border inwards; fine for narrow bands, smeared far out. */
async function telea(image: RgbImage, mask: MaskImage): Promise<Uint8Array> {
  return withOpenCv((cv, keep) => {
    const src = keep(cv.matFromArray(image.height, image.width, cv.CV_8UC3, image.data));
    const unknown = keep(cv.matFromArray(mask.height, mask.width, cv.CV_8UC1, mask.data));
    const out = keep(new cv.Mat());
    cv.inpaint(src, unknown, out, 3, cv.INPAINT_TELEA);
    return out.data.slice();
  });
}

/**
 * Extends a picture on any side; the original's bytes stay as they are.
 * Fills: `edge` repeats the border, `blur` softens that by an eighth of the longer new side, `neutral` is one colour, `telea`
 * inpaints. Pixels. REQUEST_INVALID for sides that are no whole numbers from 0 up, or more than 64 megapixels in all.
 */
export async function extend(image: RgbImage, sides: Sides, options: ExtendOptions = {}): Promise<Extended> {
  const { fill = 'edge', neutral = neutralGrey, blend = 0 } = options;
  check(image, sides, blend);
  const extended = repeatEdges(image, sides);
  const { width, height } = extended;
  let data = extended.data;
  if (fill === 'neutral') {
    for (let i = 0; i < data.length; i += 3) data.set(neutral, i);
  } else if (fill === 'blur') {
    data = boxBlur3(data, width, height, 3, Math.max(3, Math.round(Math.max(width, height) / 8)));
  } else if (fill === 'telea' && (width !== image.width || height !== image.height)) {
    data = await telea(extended, makeMask(image, sides, 0));
  }
  paste(data, width, image, sides.left, sides.top);
  return { image: { width, height, data }, unknownMask: makeMask(image, sides, blend) };
}
