/** Layers laid over each other into one picture. */

import type { RgbaImage } from './rgba.ts';

export type BlendMode = 'normal' | 'multiply' | 'screen' | 'overlay';

export interface PlacedLayer {
  readonly image: RgbaImage;
  /** Of its top left corner, in pixels of the whole; may lie outside. */
  readonly x: number;
  readonly y: number;
  /** 0–1. */
  readonly opacity: number;
  readonly blendMode: BlendMode;
}

/** Backdrop and source, both 0–1 → their mix. Source: W3C Compositing and Blending, 9.1. */
const mixes: Readonly<Record<BlendMode, (backdrop: number, source: number) => number>> = {
  normal: (_b, s) => s,
  multiply: (b, s) => b * s,
  screen: (b, s) => b + s - b * s,
  overlay: (b, s) => (b <= 0.5 ? 2 * b * s : 2 * (b + s - b * s) - 1),
};

/** Lays one layer over `onto`, in place. */
function lay(onto: RgbaImage, { image, x, y, opacity, blendMode }: PlacedLayer): void {
  const mix = mixes[blendMode];
  const top = Math.max(0, y);
  const bottom = Math.min(onto.height, y + image.height);
  const left = Math.max(0, x);
  const right = Math.min(onto.width, x + image.width);
  for (let v = top; v < bottom; v++) {
    for (let u = left; u < right; u++) {
      const p = ((v - y) * image.width + (u - x)) * 4;
      const o = (v * onto.width + u) * 4;
      const source = (image.data[p + 3]! / 255) * opacity;
      if (source === 0) continue;
      const backdrop = onto.data[o + 3]! / 255;
      // An opaque pixel in normal mode is copied, byte for byte.
      if (source === 1 && blendMode === 'normal') {
        onto.data.set(image.data.subarray(p, p + 4), o);
        continue;
      }
      const alpha = source + backdrop * (1 - source);
      for (let c = 0; c < 3; c++) {
        const s = image.data[p + c]! / 255;
        const b = onto.data[o + c]! / 255;
        const mixed = (1 - backdrop) * s + backdrop * mix(b, s);
        onto.data[o + c] = Math.round((255 * (source * mixed + (1 - source) * backdrop * b)) / alpha);
      }
      onto.data[o + 3] = Math.round(255 * alpha);
    }
  }
}

/** Layers, lowest first → one picture, transparent where nothing lies. in any [h,w,4] → out RGBA [H,W]. Source: W3C Compositing and Blending, source-over. */
export function flatten(width: number, height: number, layers: readonly PlacedLayer[]): RgbaImage {
  const onto: RgbaImage = { width, height, data: new Uint8Array(width * height * 4) };
  for (const layer of layers) lay(onto, layer);
  return onto;
}
