/** Edges as a control map. */

import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';
import { withOpenCv } from './opencv.ts';

export interface CannyOptions {
  /** Gradients, 0 to 1530 (the sum of two Sobel derivatives' sizes). Defaults 100 and 200. */
  readonly low?: number;
  readonly high?: number;
  /** Gaussian blur before, sigma in pixels; 0 = none. Default 0. */
  readonly blur?: number;
}

/**
 * White one-pixel edges on black. in RGB [H,W] → out RGB [H,W], every byte 0 or 255.
 * REQUEST_INVALID unless 0 ≤ low ≤ high and blur ≥ 0; RUNTIME_LOAD where OpenCV cannot be loaded.
 * Source: OpenCV Canny, 3×3 Sobel, L1 gradient, on the picture's grey.
 */
export async function cannyMap(image: RgbImage, options: CannyOptions = {}): Promise<RgbImage> {
  const { low = 100, high = 200, blur = 0 } = options;
  if (!(low >= 0 && high >= low && blur >= 0 && Number.isFinite(high) && Number.isFinite(blur))) {
    throw new EngineError('REQUEST_INVALID', `Canny needs 0 <= low <= high and blur >= 0, got ${low}, ${high}, ${blur}.`, {
      low: String(low),
      high: String(high),
      blur: String(blur),
    });
  }
  const { width, height } = image;
  return withOpenCv((cv, keep) => {
    const colour = keep(cv.matFromArray(height, width, cv.CV_8UC3, image.data));
    const grey = keep(new cv.Mat());
    const edges = keep(new cv.Mat());
    cv.cvtColor(colour, grey, cv.COLOR_RGB2GRAY);
    if (blur > 0) cv.GaussianBlur(grey, grey, new cv.Size(0, 0), blur, blur, cv.BORDER_DEFAULT);
    cv.Canny(grey, edges, low, high, 3, false);
    const grey8 = edges.data;
    const data = new Uint8Array(width * height * 3);
    for (let i = 0, p = 0; i < grey8.length; i++, p += 3) data[p] = data[p + 1] = data[p + 2] = grey8[i]!;
    return { width, height, data };
  });
}
