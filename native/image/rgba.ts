/** Pictures with transparency. */

import type { MaskImage, RgbImage } from '../types.ts';

/** 8-bit RGBA pixels, row-major, 4 bytes a pixel, colour not premultiplied. */
export interface RgbaImage {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array;
}

/** The alpha of a picture as a mask. in RGBA [H,W] → out [H,W]. */
export function alphaOf({ width, height, data }: RgbaImage): MaskImage {
  const alpha = new Uint8Array(width * height);
  for (let i = 0; i < alpha.length; i++) alpha[i] = data[i * 4 + 3]!;
  return { width, height, data: alpha };
}

/** The colours alone, as they are; what is transparent shows whatever stands there. in RGBA [H,W] → out RGB [H,W]. */
export function withoutAlpha({ width, height, data }: RgbaImage): RgbImage {
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0, p = 0; p < rgb.length; i += 4, p += 3) {
    rgb[p] = data[i]!;
    rgb[p + 1] = data[i + 1]!;
    rgb[p + 2] = data[i + 2]!;
  }
  return { width, height, data: rgb };
}

/** Makes a picture smaller until it fits into a square, by means of whole areas; one that fits already comes back as it is. */
export function fitWithin(image: RgbaImage, side: number): RgbaImage {
  const scale = Math.min(1, side / Math.max(image.width, image.height));
  if (scale === 1) return image;
  const width = Math.max(1, Math.round(image.width * scale));
  const height = Math.max(1, Math.round(image.height * scale));
  const data = new Uint8Array(width * height * 4);
  for (let y = 0; y < height; y++) {
    const [top, bottom] = span(y, height, image.height);
    for (let x = 0; x < width; x++) {
      const [left, right] = span(x, width, image.width);
      const sum = [0, 0, 0, 0];
      for (let v = top; v < bottom; v++) {
        for (let p = (v * image.width + left) * 4; p < (v * image.width + right) * 4; p += 4) {
          const alpha = image.data[p + 3]!;
          // Transparent pixels have no say in the colour.
          for (let c = 0; c < 3; c++) sum[c]! += image.data[p + c]! * alpha;
          sum[3]! += alpha;
        }
      }
      const o = (y * width + x) * 4;
      for (let c = 0; c < 3; c++) data[o + c] = sum[3] === 0 ? 0 : Math.round(sum[c]! / sum[3]!);
      data[o + 3] = Math.round(sum[3]! / ((bottom - top) * (right - left)));
    }
  }
  return { width, height, data };
}

function span(at: number, count: number, whole: number): [from: number, to: number] {
  const from = Math.floor((at * whole) / count);
  return [from, Math.max(from + 1, Math.floor(((at + 1) * whole) / count))];
}
