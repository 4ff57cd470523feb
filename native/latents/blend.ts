/** Keeping latents outside a mask on the path that the original takes through the noise. */

import { EngineError } from '../errors.ts';

export interface InpaintBlend {
  /** [C,h,w] or tokens: what is being denoised; changed in place. */
  readonly x: Float32Array;
  /** The original's latents times the scaling factor, laid out as `x`. */
  readonly original: Float32Array;
  /** The noise that `x` started from, laid out as `x`. */
  readonly noise: Float32Array;
  /** 1 = repaint, 0 = keep; laid out as `x` (`maskChannels`, then `packLatents` for tokens). */
  readonly mask: Float32Array;
  /** Time of `x`, 1 = pure noise, 0 = clean. */
  readonly t: number;
}

/**
 * Blends in place: x ← M·x + (1−M)·((1−t)·original + t·noise). All four arrays have one layout.
 * REQUEST_INVALID where lengths differ. Source: flow matching's straight path between data and noise.
 */
export function blendInpaint({ x, original, noise, mask, t }: InpaintBlend): void {
  if (original.length !== x.length || noise.length !== x.length || mask.length !== x.length) {
    throw new EngineError('REQUEST_INVALID', 'Inpainting needs latents, original, noise and mask of one length.', {
      x: x.length,
      original: original.length,
      noise: noise.length,
      mask: mask.length,
    });
  }
  for (let i = 0; i < x.length; i++) {
    const m = mask[i]!;
    if (m === 1) continue;
    x[i] = m * x[i]! + (1 - m) * ((1 - t) * original[i]! + t * noise[i]!);
  }
}

/**
 * The noisy start of a partial run: (1−t)·original + t·noise, a new array. REQUEST_INVALID where lengths differ.
 */
export function noiseTo(original: Float32Array, noise: Float32Array, t: number): Float32Array {
  if (original.length !== noise.length) {
    throw new EngineError('REQUEST_INVALID', 'Latents and noise differ in length.', { original: original.length, noise: noise.length });
  }
  const out = new Float32Array(original.length);
  for (let i = 0; i < out.length; i++) out[i] = (1 - t) * original[i]! + t * noise[i]!;
  return out;
}

/**
 * Repeats a latent mask over the channels. in [h,w] → out [C,h,w], the layout that `packLatents` takes.
 */
export function maskChannels(mask: Float32Array, channels: number): Float32Array {
  const out = new Float32Array(mask.length * channels);
  for (let c = 0; c < channels; c++) out.set(mask, c * mask.length);
  return out;
}
