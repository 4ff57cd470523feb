/** Classifier-free guidance: how the branches' velocities become one. */

import { EngineError } from '../errors.ts';

function checkLengths(lengths: Readonly<Record<string, number>>): void {
  if (new Set(Object.values(lengths)).size > 1) {
    throw new EngineError('REQUEST_INVALID', 'The guidance branches differ in length.', lengths);
  }
}

/**
 * Text guidance: v = u + scale·(c − u), into `out` (which may be one of the inputs). All arrays have one layout.
 * REQUEST_INVALID where lengths differ. Source: Ovis-U1 `generate_img`, one image.
 */
export function textGuidance(out: Float32Array, cond: Float32Array, uncond: Float32Array, scale: number): void {
  checkLengths({ out: out.length, cond: cond.length, uncond: uncond.length });
  for (let i = 0; i < out.length; i++) {
    const u = uncond[i]!;
    out[i] = u + scale * (cond[i]! - u);
  }
}

/**
 * Text and image guidance: v = b + imgScale·(n − b) + txtScale·(c − n), where b is the branch without text and picture and
 * n the one without text; into `out` (which may be one of the inputs). All arrays have one layout.
 * REQUEST_INVALID where lengths differ. Source: Ovis-U1 `generate_img`, edit.
 */
export function textImageGuidance(
  out: Float32Array,
  branches: { readonly cond: Float32Array; readonly noTxt: Float32Array; readonly noBoth: Float32Array },
  scales: { readonly txt: number; readonly img: number },
): void {
  const { cond, noTxt, noBoth } = branches;
  checkLengths({ out: out.length, cond: cond.length, noTxt: noTxt.length, noBoth: noBoth.length });
  const { txt, img } = scales;
  for (let i = 0; i < out.length; i++) {
    const b = noBoth[i]!;
    const n = noTxt[i]!;
    out[i] = b + img * (n - b) + txt * (cond[i]! - n);
  }
}
