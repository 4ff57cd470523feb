/** Pillow's bicubic resize for 8-bit RGB, to the bit. */

import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';

/** Fixed-point bits of a weight: 32 minus 8 for the pixel minus 2 for overshoot. */
const precisionBits = 22;
const half = 1 << (precisionBits - 1);
const cubicA = -0.5;
const cubicSupport = 2;

function cubic(x: number): number {
  const d = Math.abs(x);
  if (d < 1) return ((cubicA + 2) * d - (cubicA + 3)) * d * d + 1;
  if (d < 2) return (((d - 5) * d + 8) * d - 4) * cubicA;
  return 0;
}

interface Taps {
  /** First source index of each output index. */
  readonly first: Int32Array;
  /** Number of source pixels of each output index. */
  readonly count: Int32Array;
  /** Fixed-point weights, `stride` per output index. */
  readonly weights: Int32Array;
  readonly stride: number;
}

/** The support widens when shrinking (antialias), so every source pixel keeps its share. */
function computeTaps(inSize: number, outSize: number): Taps {
  const scale = inSize / outSize;
  const filterScale = Math.max(scale, 1);
  const support = cubicSupport * filterScale;
  const stride = Math.ceil(support) * 2 + 1;
  const inverse = 1 / filterScale;
  const first = new Int32Array(outSize);
  const count = new Int32Array(outSize);
  const weights = new Int32Array(outSize * stride);
  const row = new Float64Array(stride);
  for (let out = 0; out < outSize; out++) {
    const center = (out + 0.5) * scale;
    const min = Math.max(Math.trunc(center - support + 0.5), 0);
    const taps = Math.min(Math.trunc(center + support + 0.5), inSize) - min;
    let sum = 0;
    for (let x = 0; x < taps; x++) {
      const w = cubic((x + min - center + 0.5) * inverse);
      row[x] = w;
      sum += w;
    }
    for (let x = 0; x < taps; x++) {
      const w = (sum === 0 ? row[x]! : row[x]! / sum) * (1 << precisionBits);
      weights[out * stride + x] = Math.trunc(w < 0 ? w - 0.5 : w + 0.5);
    }
    first[out] = min;
    count[out] = taps;
  }
  return { first, count, weights, stride };
}

function clip8(value: number): number {
  const v = value >> precisionBits;
  return v < 0 ? 0 : v > 255 ? 255 : v;
}

/** Rows `from`..`to` only: the vertical pass may not need the rest. */
function horizontal(src: Uint8Array, inWidth: number, outWidth: number, from: number, to: number): Uint8Array {
  const { first, count, weights, stride } = computeTaps(inWidth, outWidth);
  const out = new Uint8Array((to - from) * outWidth * 3);
  let o = 0;
  for (let y = from; y < to; y++) {
    const rowStart = y * inWidth * 3;
    for (let x = 0; x < outWidth; x++) {
      let r = half;
      let g = half;
      let b = half;
      let p = rowStart + first[x]! * 3;
      let k = x * stride;
      for (let n = count[x]!; n > 0; n--) {
        const w = weights[k++]!;
        r = (r + Math.imul(src[p]!, w)) | 0;
        g = (g + Math.imul(src[p + 1]!, w)) | 0;
        b = (b + Math.imul(src[p + 2]!, w)) | 0;
        p += 3;
      }
      out[o] = clip8(r);
      out[o + 1] = clip8(g);
      out[o + 2] = clip8(b);
      o += 3;
    }
  }
  return out;
}

/** Whole rows are accumulated at once: memory is walked in order. */
function vertical(src: Uint8Array, rowOffset: number, taps: Taps, width: number, outHeight: number): Uint8Array {
  const rowBytes = width * 3;
  const out = new Uint8Array(outHeight * rowBytes);
  const sums = new Int32Array(rowBytes);
  for (let y = 0; y < outHeight; y++) {
    sums.fill(half);
    const first = taps.first[y]! - rowOffset;
    const count = taps.count[y]!;
    for (let n = 0; n < count; n++) {
      const w = taps.weights[y * taps.stride + n]!;
      const start = (first + n) * rowBytes;
      for (let i = 0; i < rowBytes; i++) sums[i] = (sums[i]! + Math.imul(src[start + i]!, w)) | 0;
    }
    const o = y * rowBytes;
    for (let i = 0; i < rowBytes; i++) out[o + i] = clip8(sums[i]!);
  }
  return out;
}

/**
 * Resizes 8-bit RGB bit for bit as Pillow's BICUBIC does: horizontal pass first, bytes in between, equal size = copy.
 * Sides in pixels. REQUEST_INVALID for target sides that are no positive integers or data of another length.
 * Source: Pillow `Resample.c`.
 */
export function resizeBicubic(image: RgbImage, width: number, height: number): RgbImage {
  if (!Number.isInteger(width) || !Number.isInteger(height) || width < 1 || height < 1) {
    throw new EngineError('REQUEST_INVALID', `Cannot resize to ${width}x${height}.`, { width, height });
  }
  if (image.data.length !== image.width * image.height * 3) {
    throw new EngineError('REQUEST_INVALID', `A ${image.width}x${image.height} picture needs 3 bytes a pixel.`, {
      expected: image.width * image.height * 3,
      got: image.data.length,
    });
  }
  if (width === image.width && height === image.height) return { width, height, data: image.data.slice() };
  if (height === image.height) {
    return { width, height, data: horizontal(image.data, image.width, width, 0, height) };
  }
  const taps = computeTaps(image.height, height);
  const from = taps.first[0]!;
  const to = taps.first[height - 1]! + taps.count[height - 1]!;
  if (width === image.width) return { width, height, data: vertical(image.data, 0, taps, width, height) };
  const middle = horizontal(image.data, image.width, width, from, to);
  return { width, height, data: vertical(middle, from, taps, width, height) };
}
