/** A small picture straight from latents, without the VAE. */

import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';
import type { LatentShape } from './pack.ts';

/** A linear map from latent channels to RGB in [-1, 1]. */
export interface PreviewFactors {
  /** One row of three per latent channel. */
  readonly factors: readonly (readonly number[])[];
  readonly bias: readonly number[];
}

/** The map measured for the SDXL VAE's scaled latents, as ComfyUI ships it; a checkpoint's studio.json has its own. */
export const sdxlPreviewFactors: PreviewFactors = {
  factors: [
    [0.3651, 0.4232, 0.4341],
    [-0.2533, -0.0042, 0.1068],
    [0.1076, 0.1111, -0.0362],
    [-0.3165, -0.2492, -0.2188],
  ],
  bias: [0.1084, -0.0175, -0.0011],
};

/**
 * Maps latents to one pixel each. in [C,h,w], scaled as the sampler's state → out RGB [h,w].
 * REQUEST_INVALID where the factors are for another number of channels.
 */
export function latentPreview(latents: Float32Array, shape: LatentShape, preview: PreviewFactors = sdxlPreviewFactors): RgbImage {
  const { channels, height, width } = shape;
  const area = height * width;
  if (preview.factors.length !== channels || latents.length !== channels * area) {
    throw new EngineError('REQUEST_INVALID', `Preview factors for ${preview.factors.length} channels do not fit ${channels}-channel latents.`, {
      expected: channels,
      got: preview.factors.length,
    });
  }
  // Clamped rounds to nearest and holds NaN at 0: a preview must not end a run.
  const data = new Uint8ClampedArray(area * 3);
  for (let i = 0; i < area; i++) {
    for (let k = 0; k < 3; k++) {
      let v = preview.bias[k]!;
      for (let c = 0; c < channels; c++) v += latents[c * area + i]! * preview.factors[c]![k]!;
      data[i * 3 + k] = (v + 1) * 127.5;
    }
  }
  return { width, height, data: new Uint8Array(data.buffer) };
}

/**
 * The clean latents that a velocity points to: x − t·v, a new array. Previews of it are sharp long before the run ends.
 */
export function predictClean(x: Float32Array, v: Float32Array, t: number): Float32Array {
  const out = new Float32Array(x.length);
  for (let i = 0; i < out.length; i++) out[i] = x[i]! - t * v[i]!;
  return out;
}
