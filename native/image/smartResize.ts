/** The reference's size rule: sides become multiples of a factor while the area stays within limits. */

import { EngineError } from '../errors.ts';

export interface SmartResizeLimits {
  /** Both returned sides are multiples of this, in pixels. */
  readonly factor: number;
  /** Least area, in pixels. */
  readonly minPixels: number;
  /** Greatest area, in pixels. */
  readonly maxPixels: number;
}

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The rule's own defaults: the reference uses them for edits whatever its config says. */
export const smartResizeDefaults: SmartResizeLimits = {
  factor: 28,
  minPixels: 56 * 56,
  maxPixels: 14 * 14 * 4 * 1280,
};

const maxRatio = 200;

/**
 * Rounds half to even, as Python's `round` does.
 */
export function roundHalfEven(value: number): number {
  const floor = Math.floor(value);
  const rest = value - floor;
  if (rest !== 0.5) return rest < 0.5 ? floor : floor + 1;
  return floor % 2 === 0 ? floor : floor + 1;
}

/**
 * Chooses the size to which a picture is resized: multiples of `factor`, area within the limits where the rule can.
 * Pixels in, pixels out. REQUEST_INVALID for sides that are no positive integers, or where the rule would give an empty side.
 * Source: Ovis-U1 `smart_resize`.
 */
export function smartResize(height: number, width: number, limits: SmartResizeLimits = smartResizeDefaults): Size {
  const { factor, minPixels, maxPixels } = limits;
  if (!Number.isInteger(height) || !Number.isInteger(width) || height < 1 || width < 1) {
    throw new EngineError('REQUEST_INVALID', `A picture needs positive whole sides, got ${width}x${height}.`, { width, height });
  }
  let h = height;
  let w = width;
  // The order of the branches and of each product is the reference's: another order rounds differently.
  if (h < factor || w < factor) {
    if (h < w) {
      w = roundHalfEven((factor / h) * w);
      h = factor;
    } else {
      h = roundHalfEven((factor / w) * h);
      w = factor;
    }
  } else if (Math.max(h, w) / Math.min(h, w) > maxRatio) {
    if (h > w) h = maxRatio * w;
    else w = maxRatio * h;
  }
  let hBar = roundHalfEven(h / factor) * factor;
  let wBar = roundHalfEven(w / factor) * factor;
  if (hBar * wBar > maxPixels) {
    const beta = Math.sqrt((h * w) / maxPixels);
    hBar = Math.floor(h / beta / factor) * factor;
    wBar = Math.floor(w / beta / factor) * factor;
  } else if (hBar * wBar < minPixels) {
    const beta = Math.sqrt(minPixels / (h * w));
    hBar = Math.ceil((h * beta) / factor) * factor;
    wBar = Math.ceil((w * beta) / factor) * factor;
  }
  if (hBar < 1 || wBar < 1) {
    throw new EngineError(
      'REQUEST_INVALID',
      `A ${width}x${height} picture is too elongated: its shorter side would vanish at ${maxPixels} pixels.`,
      { width, height, factor, maxPixels },
    );
  }
  return { width: wBar, height: hBar };
}
