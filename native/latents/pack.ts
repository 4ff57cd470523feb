/** Between the VAE's latents and the visual decoder's tokens. */

import { EngineError } from '../errors.ts';

/** Sides are latent pixels: an eighth of the picture's. */
export interface LatentShape {
  readonly channels: number;
  readonly height: number;
  readonly width: number;
}

/** Latent pixels along one side of a token. */
export const patch = 2;

function check(values: Float32Array, { channels, height, width }: LatentShape): void {
  if (height % patch !== 0 || width % patch !== 0 || height < patch || width < patch || channels < 1) {
    throw new EngineError('REQUEST_INVALID', `Latents of ${channels}x${height}x${width} cannot be cut into 2x2 patches.`, {
      channels,
      height,
      width,
    });
  }
  if (values.length !== channels * height * width) {
    throw new EngineError('REQUEST_INVALID', `Latents of ${channels}x${height}x${width} need ${channels * height * width} values.`, {
      expected: channels * height * width,
      got: values.length,
    });
  }
}

/**
 * Packs latents into 2×2 patches. in [C,H/8,W/8] → out [(H/16)(W/16),4C], row-major, each token flattened (c, row, column).
 * REQUEST_INVALID unless H and W are multiples of 16. Source: Ovis-U1 visual generator.
 */
export function packLatents(latents: Float32Array, shape: LatentShape): Float32Array {
  check(latents, shape);
  const { channels, height, width } = shape;
  const out = new Float32Array(latents.length);
  let o = 0;
  for (let y = 0; y < height; y += patch) {
    for (let x = 0; x < width; x += patch) {
      for (let c = 0; c < channels; c++) {
        const i = (c * height + y) * width + x;
        out[o] = latents[i]!;
        out[o + 1] = latents[i + 1]!;
        out[o + 2] = latents[i + width]!;
        out[o + 3] = latents[i + width + 1]!;
        o += 4;
      }
    }
  }
  return out;
}

/**
 * Undoes `packLatents`. in [(H/16)(W/16),4C] → out [C,H/8,W/8]. REQUEST_INVALID unless H and W are multiples of 16.
 */
export function unpackLatents(tokens: Float32Array, shape: LatentShape): Float32Array {
  check(tokens, shape);
  const { channels, height, width } = shape;
  const out = new Float32Array(tokens.length);
  let o = 0;
  for (let y = 0; y < height; y += patch) {
    for (let x = 0; x < width; x += patch) {
      for (let c = 0; c < channels; c++) {
        const i = (c * height + y) * width + x;
        out[i] = tokens[o]!;
        out[i + 1] = tokens[o + 1]!;
        out[i + width] = tokens[o + 2]!;
        out[i + width + 1] = tokens[o + 3]!;
        o += 4;
      }
    }
  }
  return out;
}

/**
 * The rotary position of every token: (axis0, row, column). Sides in latent pixels. out [(H/16)(W/16),3].
 * `axis0` is 0 for the picture being drawn, 1 for its first context picture, and so on. Source: Ovis-U1 `prepare_img_ids`.
 */
export function tokenIds(height: number, width: number, axis0 = 0): Float32Array {
  const rows = height / patch;
  const cols = width / patch;
  const out = new Float32Array(rows * cols * 3);
  let o = 0;
  for (let row = 0; row < rows; row++) {
    for (let col = 0; col < cols; col++) {
      out[o++] = axis0;
      out[o++] = row;
      out[o++] = col;
    }
  }
  return out;
}
