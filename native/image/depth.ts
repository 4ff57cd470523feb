/** Depth maps as a model follows them. */

import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';

/** One value a pixel, of any range. */
export interface DepthValues {
  readonly width: number;
  readonly height: number;
  readonly data: Uint8Array | Uint16Array;
}

/**
 * Stretches depth to the whole range of a byte: the nearest point white, the farthest black; `invert` for maps where near is dark.
 * A map of one depth becomes mid grey. in [H,W] → out RGB [H,W]. REQUEST_INVALID for data of another length.
 */
export function depthMap(depth: DepthValues, invert = false): RgbImage {
  const { width, height, data } = depth;
  if (data.length !== width * height) throw new EngineError('REQUEST_INVALID', `A ${width}x${height} depth map needs one value a pixel.`, { expected: width * height, got: data.length });
  let low = Infinity;
  let high = -Infinity;
  for (const value of data) {
    if (value < low) low = value;
    if (value > high) high = value;
  }
  const span = high - low;
  const out = new Uint8Array(width * height * 3);
  for (let i = 0, p = 0; i < data.length; i++, p += 3) {
    const share = span === 0 ? 0.5 : (data[i]! - low) / span;
    out[p] = out[p + 1] = out[p + 2] = Math.round(255 * (invert ? 1 - share : share));
  }
  return { width, height, data: out };
}
