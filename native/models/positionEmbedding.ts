import type { VisionConfig } from '../config.ts';
import { mergeOrder } from '../nn/ropeTable.ts';

/** The vision encoder's learned position table, stretched to a picture's grid. */

const CUBIC_A = -0.75;

/** Cubic convolution weights of the four neighbours at fraction t. */
function cubicWeights(t: number): [number, number, number, number] {
  const near = (x: number): number => ((CUBIC_A + 2) * x - (CUBIC_A + 3)) * x * x + 1;
  const far = (x: number): number => ((CUBIC_A * x - 5 * CUBIC_A) * x + 8 * CUBIC_A) * x - 4 * CUBIC_A;
  return [far(t + 1), near(t), near(1 - t), far(2 - t)];
}

interface Tap {
  readonly index: number;
  readonly weight: number;
}

const clamp = (value: number, size: number): number => Math.min(Math.max(value, 0), size - 1);

/** Source indices and weights of one output sample: half-pixel centres, borders clamped. */
function cubicTaps(out: number, outSize: number, inSize: number): Tap[] {
  const at = (out + 0.5) * (inSize / outSize) - 0.5;
  const base = Math.floor(at);
  return cubicWeights(at - base).map((weight, i) => ({ index: clamp(base - 1 + i, inSize), weight }));
}

function linearTaps(out: number, outSize: number, inSize: number): Tap[] {
  const at = Math.max((out + 0.5) * (inSize / outSize) - 0.5, 0);
  const base = Math.min(Math.floor(at), inSize - 1);
  return [{ index: base, weight: 1 - (at - base) }, { index: clamp(base + 1, inSize), weight: at - base }];
}

/** Resamples rows of `width` values along one axis: in [outer, inSize, width] → out [outer, outSize, width]. */
function resample(
  source: Float32Array, outer: number, inSize: number, outSize: number, width: number, taps: (out: number, outSize: number, inSize: number) => Tap[],
): Float32Array {
  const out = new Float32Array(outer * outSize * width);
  for (let o = 0; o < outSize; o++) {
    const neighbours = taps(o, outSize, inSize);
    for (let row = 0; row < outer; row++) {
      const target = (row * outSize + o) * width;
      for (let d = 0; d < width; d++) {
        let value = 0;
        for (const { index, weight } of neighbours) value += weight * (source[(row * inSize + index) * width + d] as number);
        out[target + d] = value;
      }
    }
  }
  return out;
}

/**
 * The position table for a grid of patches, in merge order.
 * table [side², D] → out [gridH·gridW, D]. `two_dim`: bicubic (a = −0.75, half-pixel centres); `one_dim`: linear over the flattened table.
 * Source: AIMv2 preprocessor in Ovis-U1.
 */
export function positionEmbedding(table: Float32Array, config: VisionConfig, gridH: number, gridW: number): Float32Array {
  const width = config.hiddenSize;
  const side = config.imageSize / config.patchSize;
  let rowMajor: Float32Array;
  if (config.interpolatePe === 'one_dim') {
    rowMajor = resample(table, 1, side * side, gridH * gridW, width, linearTaps);
  } else {
    // Columns first: rows stay contiguous vectors of gridW·D values for the second pass.
    const columns = resample(table, side, side, gridW, width, cubicTaps);
    rowMajor = resample(columns, 1, side, gridH, gridW * width, cubicTaps);
  }
  const out = new Float32Array(rowMajor.length);
  mergeOrder(gridH, gridW, config.hiddenStride).forEach((from, to) => out.set(rowMajor.subarray(from * width, (from + 1) * width), to * width));
  return out;
}
