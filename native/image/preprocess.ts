/** From pictures to the tensors that the vision encoder and the VAE read, and back to bytes. */

import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';
import { resizeBicubic } from './resizeBicubic.ts';
import { smartResize, smartResizeDefaults } from './smartResize.ts';
import type { Size } from './smartResize.ts';

/** What `preprocessor_config.json` says, in our words. */
export interface VisionPreprocessor {
  /** Side of a patch, in pixels. */
  readonly patchSize: number;
  /** Patches along one side of a merged cell. */
  readonly hiddenStride: number;
  readonly mean: readonly [number, number, number];
  readonly std: readonly [number, number, number];
  /** Area limits, in pixels. */
  readonly minPixels: number;
  readonly maxPixels: number;
}

export interface PixelValues {
  /** [gridH*gridW, 3*patchSize²], merge order, each patch flattened channel, y, x. */
  readonly pixelValues: Float32Array;
  /** Patches, not merged cells. */
  readonly gridH: number;
  readonly gridW: number;
}

/** Multiples to which an edited picture's sides are brought, in pixels. */
export const editFactor = 32;

/** One table of 256 entries per channel, with the reference's roundings: ×1/255 in double, then float32 throughout. */
function normaliseTable(mean: number, std: number): Float32Array {
  const table = new Float32Array(256);
  const m = Math.fround(mean);
  const s = Math.fround(std);
  for (let v = 0; v < 256; v++) {
    table[v] = Math.fround(Math.fround(Math.fround(v * (1 / 255)) - m) / s);
  }
  return table;
}

/**
 * Normalises a picture and cuts it into patches in merge order: block row, block column, row and column in the block.
 * in RGB [H,W] → out [H/ps*W/ps, 3*ps²]. REQUEST_INVALID unless both sides are multiples of patchSize*hiddenStride.
 * Source: Ovis-U1 image processor.
 */
export function patchify(image: RgbImage, p: Omit<VisionPreprocessor, 'minPixels' | 'maxPixels'>): PixelValues {
  const { patchSize, hiddenStride } = p;
  const cell = patchSize * hiddenStride;
  if (image.width % cell !== 0 || image.height % cell !== 0 || image.width < cell || image.height < cell) {
    throw new EngineError('REQUEST_INVALID', `A picture of ${image.width}x${image.height} cannot be cut into ${cell}-pixel cells.`, {
      width: image.width,
      height: image.height,
      cell,
    });
  }
  const gridH = image.height / patchSize;
  const gridW = image.width / patchSize;
  const tables = [0, 1, 2].map((c) => normaliseTable(p.mean[c as 0 | 1 | 2], p.std[c as 0 | 1 | 2]));
  const out = new Float32Array(gridH * gridW * 3 * patchSize * patchSize);
  const { data, width } = image;
  let o = 0;
  for (let blockRow = 0; blockRow < gridH; blockRow += hiddenStride) {
    for (let blockCol = 0; blockCol < gridW; blockCol += hiddenStride) {
      for (let row = blockRow; row < blockRow + hiddenStride; row++) {
        for (let col = blockCol; col < blockCol + hiddenStride; col++) {
          for (let c = 0; c < 3; c++) {
            const table = tables[c]!;
            for (let y = 0; y < patchSize; y++) {
              let i = ((row * patchSize + y) * width + col * patchSize) * 3 + c;
              for (let x = 0; x < patchSize; x++, i += 3) out[o++] = table[data[i]!]!;
            }
          }
        }
      }
    }
  }
  return { pixelValues: out, gridH, gridW };
}

/**
 * The size that a picture gets for understanding. Pixels in, pixels out.
 */
export function understandingSize(size: Size, p: VisionPreprocessor): Size {
  return smartResize(size.height, size.width, { factor: p.patchSize * p.hiddenStride, minPixels: p.minPixels, maxPixels: p.maxPixels });
}

/**
 * The two sizes through which a condition picture goes: the first floors below minPixels, the second ceils above it.
 * Pixels in, pixels out. Source: Ovis-U1 `smart_resize(max_pixels=min_pixels)` followed by its image processor.
 */
export function conditionSizes(size: Size, p: VisionPreprocessor): { readonly first: Size; readonly second: Size } {
  const first = smartResize(size.height, size.width, { ...smartResizeDefaults, maxPixels: p.minPixels });
  return { first, second: understandingSize(first, p) };
}

/**
 * Resizes a picture for understanding (once) and cuts it into patches. See `patchify`.
 */
export function understandingPixels(image: RgbImage, p: VisionPreprocessor): PixelValues {
  const { width, height } = understandingSize(image, p);
  return patchify(resizeBicubic(image, width, height), p);
}

/**
 * Resizes a condition picture (twice) as the reference does, leaving patches to `patchify`.
 */
export function conditionImage(image: RgbImage, p: VisionPreprocessor): RgbImage {
  const { first, second } = conditionSizes(image, p);
  return resizeBicubic(resizeBicubic(image, first.width, first.height), second.width, second.height);
}

/**
 * Resizes a condition picture (twice) and cuts it into patches. See `patchify`.
 */
export function conditionPixels(image: RgbImage, p: VisionPreprocessor): PixelValues {
  return patchify(conditionImage(image, p), p);
}

/**
 * Brings a picture to the size that the published edit script gives it. Sides become multiples of 32 pixels.
 * Source: Ovis-U1 `smart_resize(factor=32)` and PIL bicubic.
 */
export function editImagePublished(image: RgbImage): RgbImage {
  const { width, height } = editSizePublished(image);
  return resizeBicubic(image, width, height);
}

/**
 * The size that the published edit script gives a picture: 1024x1024 becomes 992x992. Pixels in, pixels out.
 */
export function editSizePublished(size: Size): Size {
  return smartResize(size.height, size.width, { ...smartResizeDefaults, factor: editFactor });
}

/**
 * The size that floors a wish to multiples of 16 pixels, as text→image does.
 * REQUEST_INVALID where a side would be empty.
 */
export function textToImageSize(size: Size): Size {
  const width = Math.floor(size.width / 16) * 16;
  const height = Math.floor(size.height / 16) * 16;
  if (!(width >= 16 && height >= 16)) {
    throw new EngineError('REQUEST_INVALID', `A picture needs at least 16 pixels a side, got ${size.width}x${size.height}.`, {
      width: size.width,
      height: size.height,
    });
  }
  return { width, height };
}

/**
 * Repeats the last column and row until both sides are multiples of `factor` pixels; nothing is resampled.
 */
export function padToMultiple(image: RgbImage, factor: number = editFactor): RgbImage {
  const width = Math.ceil(image.width / factor) * factor;
  const height = Math.ceil(image.height / factor) * factor;
  if (width === image.width && height === image.height) return image;
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const src = Math.min(y, image.height - 1) * image.width * 3;
    const row = y * width * 3;
    data.set(image.data.subarray(src, src + image.width * 3), row);
    const last = src + (image.width - 1) * 3;
    for (let x = image.width; x < width; x++) {
      data[row + x * 3] = image.data[last]!;
      data[row + x * 3 + 1] = image.data[last + 1]!;
      data[row + x * 3 + 2] = image.data[last + 2]!;
    }
  }
  return { width, height, data };
}

/**
 * Cuts a rectangle out of a picture. Pixels. REQUEST_INVALID where it leaves the picture.
 */
export function crop(image: RgbImage, rect: Size & { readonly left?: number; readonly top?: number }): RgbImage {
  const { width, height, left = 0, top = 0 } = rect;
  const whole = [width, height, left, top].every(Number.isInteger);
  if (!whole || width < 1 || height < 1 || left < 0 || top < 0 || left + width > image.width || top + height > image.height) {
    throw new EngineError('REQUEST_INVALID', `The crop ${width}x${height}+${left}+${top} leaves the ${image.width}x${image.height} picture.`, {
      width,
      height,
      left,
      top,
    });
  }
  const data = new Uint8Array(width * height * 3);
  for (let y = 0; y < height; y++) {
    const src = ((top + y) * image.width + left) * 3;
    data.set(image.data.subarray(src, src + width * 3), y * width * 3);
  }
  return { width, height, data };
}

/**
 * Maps bytes to [-1, 1] planes for the VAE. in RGB [H,W] → out [3,H,W] float32.
 * Source: (x/255 − 0.5)/0.5, each step rounded to float32.
 */
export function toVaeInput(image: RgbImage): Float32Array {
  const table = new Float32Array(256);
  for (let v = 0; v < 256; v++) table[v] = Math.fround(Math.fround(v / 255) - 0.5) / 0.5;
  const area = image.width * image.height;
  const out = new Float32Array(3 * area);
  for (let i = 0, p = 0; i < area; i++, p += 3) {
    out[i] = table[image.data[p]!]!;
    out[area + i] = table[image.data[p + 1]!]!;
    out[2 * area + i] = table[image.data[p + 2]!]!;
  }
  return out;
}

/**
 * Turns the VAE's planes into bytes: clamp to [-1, 1], 127.5·(x + 1) in float32, truncate. in [3,H,W] → out RGB [H,W].
 * REQUEST_INVALID for another length; NON_FINITE for NaN or infinity. Source: Ovis-U1 image processor.
 */
export function toBytes(planes: Float32Array, size: Size): RgbImage {
  const area = size.width * size.height;
  if (planes.length !== 3 * area) {
    throw new EngineError('REQUEST_INVALID', `Planes of ${size.width}x${size.height} need ${3 * area} values, got ${planes.length}.`, {
      expected: 3 * area,
      got: planes.length,
    });
  }
  const data = new Uint8Array(3 * area);
  for (let c = 0; c < 3; c++) {
    for (let i = 0, p = c, s = c * area; i < area; i++, p += 3, s++) {
      const v = planes[s]!;
      if (!Number.isFinite(v)) {
        throw new EngineError('NON_FINITE', 'The decoded picture holds values that are no numbers.', { channel: c, index: i });
      }
      const clamped = v < -1 ? -1 : v > 1 ? 1 : v;
      data[p] = Math.trunc(Math.fround(127.5 * Math.fround(clamped + 1)));
    }
  }
  return { width: size.width, height: size.height, data };
}

/**
 * A picture of one colour; white is what a condition without a picture of its own sees.
 */
export function solidImage(size: Size, colour: readonly [number, number, number] = [255, 255, 255]): RgbImage {
  const data = new Uint8Array(size.width * size.height * 3);
  for (let i = 0; i < data.length; i += 3) data.set(colour, i);
  return { width: size.width, height: size.height, data };
}
