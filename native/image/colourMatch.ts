/** Removing a colour drift between a result and the original it must fit into. */

import type { MaskImage, RgbImage } from '../types.ts';
import { checkSameSize } from './composite.ts';
import { squaredDistances } from './distance.ts';
import { deltaE2000, labToRgb, rgbToLab } from './lab.ts';
import type { Lab } from './lab.ts';

/** Fewer pixels than this say nothing about a drift. */
const fewest = 64;
/** A drift changes contrast little: a larger ratio means that the two pictures show different things. */
const maxContrast = 1.25;

interface Moments {
  readonly mean: Lab;
  readonly deviation: Lab;
}

function moments(image: RgbImage, pixels: readonly number[]): Moments {
  const sum: Lab = [0, 0, 0];
  const squares: Lab = [0, 0, 0];
  for (const i of pixels) {
    const lab = rgbToLab(image.data[i * 3]!, image.data[i * 3 + 1]!, image.data[i * 3 + 2]!);
    for (const c of [0, 1, 2] as const) {
      sum[c] += lab[c];
      squares[c] += lab[c] * lab[c];
    }
  }
  const n = pixels.length;
  const of = (c: 0 | 1 | 2) => Math.sqrt(Math.max(0, squares[c] / n - (sum[c] / n) ** 2));
  return { mean: [sum[0] / n, sum[1] / n, sum[2] / n], deviation: [of(0), of(1), of(2)] };
}

/** Kept pixels within `band` of the mask. */
function ring(mask: MaskImage, band: number): number[] {
  const distances = squaredDistances(mask, (v) => v > 0);
  const pixels: number[] = [];
  for (let i = 0; i < distances.length; i++) {
    const d = distances[i]!;
    if (d > 0 && d <= band * band) pixels.push(i);
  }
  return pixels;
}

/**
 * Gives a result the original's colours: mean and deviation of each Lab channel are compared over the kept pixels within
 * `band` px of the mask, where both show the same, and the difference is applied to the whole result.
 * The result comes back as it is where the mask leaves fewer than 64 such pixels. REQUEST_INVALID where sizes differ.
 * Source: Reinhard et al. 2001, Color Transfer between Images.
 */
export function matchColours(generated: RgbImage, original: RgbImage, mask: MaskImage, band = 32): RgbImage {
  checkSameSize(generated, original, mask);
  const pixels = ring(mask, band);
  if (pixels.length < fewest) return generated;
  const from = moments(generated, pixels);
  const to = moments(original, pixels);
  const ratio = ([0, 1, 2] as const).map((c) => {
    const r = from.deviation[c] < 1e-3 ? 1 : to.deviation[c] / from.deviation[c];
    return Math.min(maxContrast, Math.max(1 / maxContrast, r));
  }) as Lab;
  const data = new Uint8Array(generated.data.length);
  for (let p = 0; p < data.length; p += 3) {
    const lab = rgbToLab(generated.data[p]!, generated.data[p + 1]!, generated.data[p + 2]!);
    for (const c of [0, 1, 2] as const) lab[c] = (lab[c] - from.mean[c]) * ratio[c] + to.mean[c];
    data.set(labToRgb(lab), p);
  }
  return { width: generated.width, height: generated.height, data };
}

/**
 * The median CIEDE2000 difference between neighbours of which one is kept (mask 0) and the other is not: how visible the
 * seam is. It counts the picture's own edges too, so compare it with the original's. Undefined without a seam.
 * REQUEST_INVALID where sizes differ.
 */
export function seamDeltaE(image: RgbImage, mask: MaskImage): number | undefined {
  checkSameSize(image, mask);
  const { width, height, data } = mask;
  const lab = (i: number) => rgbToLab(image.data[i * 3]!, image.data[i * 3 + 1]!, image.data[i * 3 + 2]!);
  const differences: number[] = [];
  const compare = (i: number, j: number) => {
    if ((data[i] === 0) !== (data[j] === 0)) differences.push(deltaE2000(lab(i), lab(j)));
  };
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      const i = y * width + x;
      if (x + 1 < width) compare(i, i + 1);
      if (y + 1 < height) compare(i, i + width);
    }
  }
  if (differences.length === 0) return undefined;
  differences.sort((a, b) => a - b);
  const middle = differences.length >> 1;
  return differences.length % 2 ? differences[middle]! : (differences[middle - 1]! + differences[middle]!) / 2;
}
