/** preprocessor_config.json → how pictures become patches. */
import { Fields } from './fields.ts';
import { parsePixelLimits } from './vision.ts';

export interface PreprocessorConfig {
  /** Pixels. */
  readonly patchSize: number;
  /** Patches merged into one token, per axis. */
  readonly hiddenStride: number;
  readonly imageMean: readonly [number, number, number];
  readonly imageStd: readonly [number, number, number];
  readonly minPixels: number;
  readonly maxPixels: number;
  readonly rescaleFactor: number;
}

/**
 * Reads preprocessor_config.json.
 * CONFIG_INVALID for steps that this engine does not do: no resize, no rescale, no normalisation, a crop, another filter than bicubic.
 * Source: Ovis-U1 preprocessor_config.json and Aimv2 image processing.
 */
export function parsePreprocessor(json: unknown, source = 'preprocessor_config.json'): PreprocessorConfig {
  const fields = new Fields(json, source);
  fields.fixed('do_resize', true, 'optional');
  fields.fixed('do_rescale', true, 'optional');
  fields.fixed('do_normalize', true, 'optional');
  fields.fixed('do_center_crop', false, 'optional');
  fields.fixed('temporal_patch_size', 1, 'optional');
  fields.fixed('resample', 3, 'optional');
  return {
    patchSize: fields.integer('patch_size', { min: 1, max: 256 }),
    hiddenStride: fields.integer('hidden_stride', { min: 1, max: 16 }),
    imageMean: fields.numbers('image_mean', { length: 3, min: -16, max: 16 }) as [number, number, number],
    imageStd: fields.numbers('image_std', { length: 3, min: 1e-4, max: 16 }) as [number, number, number],
    ...parsePixelLimits(fields),
    rescaleFactor: fields.number('rescale_factor', { min: 1e-6, max: 1, fallback: 1 / 255 }),
  };
}
