/** Masks: growing, feathering, and the two masks that a selection becomes. 255 = repaint, 0 = keep. */

import { EngineError } from '../errors.ts';
import type { MaskImage } from '../types.ts';
import { boxBlur3 } from './boxBlur.ts';
import { squaredDistances } from './distance.ts';

/** From this value up a pixel counts as selected. */
const selected = 128;

export interface Rect {
  readonly left: number;
  readonly top: number;
  readonly width: number;
  readonly height: number;
}

/**
 * A mask of one value.
 */
export function solidMask(width: number, height: number, value: number): MaskImage {
  return { width, height, data: new Uint8Array(width * height).fill(value) };
}

function checkMask(mask: MaskImage): void {
  if (mask.data.length !== mask.width * mask.height) {
    throw new EngineError('REQUEST_INVALID', `A ${mask.width}x${mask.height} mask needs one byte a pixel.`, {
      expected: mask.width * mask.height,
      got: mask.data.length,
    });
  }
}

function checkPixels(name: string, value: number): void {
  if (!Number.isFinite(value) || value < 0) {
    throw new EngineError('REQUEST_INVALID', `${name} must be a number of pixels from 0 up, got ${value}.`, { [name]: String(value) });
  }
}

/**
 * Turns selected into not selected: 255 − value.
 */
export function invertMask(mask: MaskImage): MaskImage {
  return { ...mask, data: mask.data.map((v) => 255 - v) };
}

/**
 * The smallest rectangle around every pixel above 0, in pixels; undefined for an empty mask.
 */
export function maskBounds(mask: MaskImage): Rect | undefined {
  checkMask(mask);
  const { width, height, data } = mask;
  let left = width;
  let right = -1;
  let top = height;
  let bottom = -1;
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      if (data[y * width + x] === 0) continue;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  return right < 0 ? undefined : { left, top, width: right - left + 1, height: bottom - top + 1 };
}

/**
 * Grows a mask by a Euclidean distance: every pixel within `radius` of one that is at least half selected becomes 255,
 * the others keep their value. Pixels. REQUEST_INVALID for a negative radius.
 */
export function growMask(mask: MaskImage, radius: number): MaskImage {
  checkMask(mask);
  checkPixels('radius', radius);
  if (radius === 0) return { ...mask, data: mask.data.slice() };
  const distances = squaredDistances(mask, (v) => v >= selected);
  const limit = radius * radius;
  return { ...mask, data: mask.data.map((v, i) => (distances[i]! <= limit ? 255 : v)) };
}

/**
 * Shrinks a mask by a Euclidean distance: growing what is not selected. The picture's border does not eat into the mask.
 * Pixels. REQUEST_INVALID for a negative radius.
 */
export function shrinkMask(mask: MaskImage, radius: number): MaskImage {
  return invertMask(growMask(invertMask(mask), radius));
}

/**
 * Softens a mask's edge over a band `width` pixels wide, half on either side: three box blurs, close to a Gaussian of
 * sigma width/6, and nothing farther than width/2 from an edge changes. REQUEST_INVALID for a negative width.
 */
export function featherMask(mask: MaskImage, width: number): MaskImage {
  checkMask(mask);
  checkPixels('width', width);
  return { ...mask, data: boxBlur3(mask.data, mask.width, mask.height, 1, Math.floor(width / 2)) };
}

/**
 * The mask in latent pixels: the mean of each 8×8 block, 1 = repaint. in [H,W] → out [H/8,W/8].
 * REQUEST_INVALID unless both sides are multiples of 8.
 */
export function maskToLatent(mask: MaskImage): Float32Array {
  checkMask(mask);
  const { width, height, data } = mask;
  if (width % 8 !== 0 || height % 8 !== 0) {
    throw new EngineError('REQUEST_INVALID', `A mask of ${width}x${height} cannot be cut into 8x8 blocks.`, { width, height });
  }
  const columns = width / 8;
  const sums = new Uint32Array(columns * (height / 8));
  for (let y = 0; y < height; y++) {
    const row = (y >> 3) * columns;
    for (let x = 0; x < width; x++) sums[row + (x >> 3)]! += data[y * width + x]!;
  }
  return Float32Array.from(sums, (sum) => sum / (64 * 255));
}

/** Pixels by which a selection grows before its feather, and the widest blend. Source: krita-ai-diffusion. */
const margin = 4;
const maxBlend = 25;

/**
 * The feather that a selection gets when none is asked for: 10 % of its diagonal, in whole pixels; 0 when empty.
 */
export function defaultFeather(selection: MaskImage): number {
  const bounds = maskBounds(selection);
  return bounds ? Math.round(0.1 * Math.hypot(bounds.width, bounds.height)) : 0;
}

/**
 * Where the model may paint: the selection grown by 4 px + feather/2, then feathered. The whole selection stays at 255,
 * and beyond 4 px + feather the mask is 0. Pixels. Source: krita-ai-diffusion.
 */
export function denoiseMaskFrom(selection: MaskImage, feather: number = defaultFeather(selection)): MaskImage {
  return featherMask(growMask(selection, margin + feather / 2), feather);
}

/**
 * Through which the result is put onto the original: all that the denoise mask touches, shrunk by blend/2, feathered by
 * blend. It is 0 wherever the denoise mask is 0. `blend` in pixels, at most 25. Source: krita-ai-diffusion.
 */
export function compositeMaskFrom(denoise: MaskImage, blend: number = maxBlend): MaskImage {
  checkPixels('blend', blend);
  const width = Math.min(blend, maxBlend);
  const touched: MaskImage = { ...denoise, data: denoise.data.map((v) => (v > 0 ? 255 : 0)) };
  const soft = featherMask(shrinkMask(touched, width / 2), width);
  return { ...soft, data: soft.data.map((v, i) => (touched.data[i] === 0 ? 0 : v)) };
}

/**
 * The part of a picture to work on around a mask: its bounds, padded by 6 % of their diagonal and to at least 256 px,
 * sides rounded up to multiples of 32 as far as the picture reaches. Pixels; undefined for an empty mask.
 * Source: krita-ai-diffusion.
 */
export function contextRect(mask: MaskImage, options: { readonly padding?: number; readonly least?: number; readonly multiple?: number } = {}): Rect | undefined {
  const { padding = 0.06, least = 256, multiple = 32 } = options;
  const bounds = maskBounds(mask);
  if (!bounds) return undefined;
  const pad = padding * Math.hypot(bounds.width, bounds.height);
  const span = (start: number, length: number, whole: number): [number, number] => {
    const wish = Math.ceil(Math.max(length + 2 * pad, least) / multiple) * multiple;
    const size = Math.min(wish, whole);
    const first = Math.round(start + length / 2 - size / 2);
    return [Math.min(Math.max(first, 0), whole - size), size];
  };
  const [left, width] = span(bounds.left, bounds.width, mask.width);
  const [top, height] = span(bounds.top, bounds.height, mask.height);
  return { left, top, width, height };
}
