/** A repaint from end to end: from a painted selection to what the model gets, and from what it drew back onto the picture. */

import { EngineError } from '../errors.ts';
import type { MaskImage, OutpaintFill, RgbImage } from '../types.ts';
import { matchColours, seamDeltaE } from './colourMatch.ts';
import { changedOutside, checkSameSize, composite } from './composite.ts';
import { squaredDistances } from './distance.ts';
import { fillUnknown } from './fillUnknown.ts';
import { compositeMaskFrom, contextRect, defaultFeather, denoiseMaskFrom, growMask, maskBounds, solidMask } from './mask.ts';
import type { Rect } from './mask.ts';
import { crop } from './preprocess.ts';
import { withoutAlpha } from './rgba.ts';
import type { RgbaImage } from './rgba.ts';

export interface RepaintOptions {
  /** Pixels over which the selection fades; default a tenth of its diagonal. */
  readonly feather?: number;
  /** Pixels by which the selection grows first. */
  readonly grow?: number;
  /** Pixels over which the result fades into what is kept; default: as wide as leaves the selection whole, at most 25. */
  readonly blend?: number;
  /** Pixels of what is known, along its border, over which it may fade into what was unknown; default 0: hard-kept. */
  readonly unknownBlend?: number;
  readonly fill?: OutpaintFill;
  /** Whether the model works on the surroundings of the mask only; default true. */
  readonly crop?: boolean;
}

export interface Repaint {
  /** Opaque: unknown pixels filled, known ones as they were. */
  readonly image: RgbImage;
  readonly denoiseMask: MaskImage;
  /** 0 = these bytes stay. */
  readonly compositeMask: MaskImage;
  /** Where the model works; undefined = everywhere. */
  readonly crop: Rect | undefined;
  readonly unknownPixels: number;
  readonly blend: number;
}

/** 255 wherever a picture is not opaque. in RGBA [H,W] → out [H,W]. */
export function unknownOf(frame: RgbaImage): MaskImage {
  const { width, height, data } = frame;
  const unknown = new Uint8Array(width * height);
  for (let i = 0, p = 3; i < unknown.length; i++, p += 4) if (data[p] !== 255) unknown[i] = 255;
  return { width, height, data: unknown };
}

/** 255 on the mask; outside of it, falling to 0 over `blend` px: the nearest kept pixel still shows the new one a little. */
function fadeAround(mask: MaskImage, blend: number): MaskImage {
  if (blend < 1) return mask;
  const distances = squaredDistances(mask, (value) => value > 0);
  const data = mask.data.map((value, i) => (value > 0 ? 255 : Math.max(0, Math.round((255 * (blend + 1 - Math.sqrt(distances[i]!))) / (blend + 1)))));
  return { ...mask, data };
}

function maxOf(a: MaskImage, b: MaskImage): MaskImage {
  return { ...a, data: a.data.map((value, i) => Math.max(value, b.data[i]!)) };
}

/** As wide as leaves the whole selection at 255: the denoise mask reaches 4 px + feather beyond it, and blurs are square. */
function defaultBlend(feather: number): number {
  return Math.min(25, Math.floor(0.8 * (4 + feather)));
}

/**
 * Prepares a repaint of what is selected (white) and of what is unknown (not opaque). Pixels.
 * REQUEST_INVALID where sizes differ, where nothing is selected and everything known, or for numbers out of range.
 * Source of the two masks and the crop: krita-ai-diffusion.
 */
export async function prepareRepaint(frame: RgbaImage, selection: MaskImage | undefined, options: RepaintOptions = {}): Promise<Repaint> {
  const { width, height } = frame;
  if (selection) checkSameSize(frame, selection);
  const unknown = unknownOf(frame);
  const unknownPixels = unknown.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
  const selected = selection && maskBounds(selection) ? growMask(selection, options.grow ?? 0) : undefined;
  if (!selected && unknownPixels === 0) throw new EngineError('REQUEST_INVALID', 'Nothing is masked and nothing is unknown: there is nothing to repaint.', { field: 'mask' });
  const opaque = withoutAlpha(frame);
  const faded = fadeAround(unknown, options.unknownBlend ?? 0);
  const feather = selected ? (options.feather ?? defaultFeather(selected)) : 0;
  const blend = selected ? (options.blend ?? defaultBlend(feather)) : (options.unknownBlend ?? 0);
  const painted = selected ? denoiseMaskFrom(selected, feather) : solidMask(width, height, 0);
  const denoiseMask = maxOf(painted, faded);
  const compositeMask = selected ? maxOf(compositeMaskFrom(painted, blend), faded) : faded;
  return {
    image: await fillUnknown(opaque, unknown, options.fill),
    denoiseMask,
    compositeMask,
    crop: options.crop === false ? undefined : contextRect(denoiseMask),
    unknownPixels,
    blend,
  };
}

export interface Drawing {
  readonly image: RgbImage;
  /** What the model drew: of the crop's size, or of the whole. */
  readonly raw: RgbImage;
  readonly compositeMask: MaskImage;
  readonly crop?: Rect | undefined;
  readonly colourMatch: boolean;
}

export interface Composited {
  readonly result: RgbImage;
  /** What changed, opaque, and nothing around it; undefined where the mask is empty. */
  readonly patch: { readonly image: RgbaImage; readonly rect: Rect } | undefined;
  readonly changedOutside: number;
  readonly keptPixels: number;
  /** Median CIEDE2000 across the composite mask's border, and that of the picture before; undefined without a border. */
  readonly seamDeltaE: number | undefined;
  readonly seamDeltaEBefore: number | undefined;
}

/** Lays a drawing onto the picture through the composite mask. REQUEST_INVALID where sizes do not fit. */
export function compositeRepaint({ image, raw, compositeMask, crop: rect, colourMatch }: Drawing): Composited {
  checkSameSize(image, compositeMask);
  const at = rect ?? { left: 0, top: 0, width: image.width, height: image.height };
  const before = crop(image, at);
  const mask = cropMask(compositeMask, at);
  checkSameSize(before, raw);
  const drawn = composite(before, colourMatch ? matchColours(raw, before, mask) : raw, mask);
  const result = paste(image, drawn, at);
  return {
    result,
    patch: patchOf(result, compositeMask),
    changedOutside: changedOutside(image, result, compositeMask),
    keptPixels: compositeMask.data.reduce((sum, value) => sum + (value === 0 ? 1 : 0), 0),
    seamDeltaE: seamDeltaE(result, compositeMask),
    seamDeltaEBefore: seamDeltaE(image, compositeMask),
  };
}

/** Cuts a rectangle out of a mask. REQUEST_INVALID where it leaves the mask. */
export function cropMask(mask: MaskImage, rect: Rect): MaskImage {
  const { left, top, width, height } = rect;
  if (left < 0 || top < 0 || left + width > mask.width || top + height > mask.height) {
    throw new EngineError('REQUEST_INVALID', `The crop ${width}x${height}+${left}+${top} leaves the ${mask.width}x${mask.height} mask.`, { left, top, width, height });
  }
  const data = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) data.set(mask.data.subarray((top + y) * mask.width + left, (top + y) * mask.width + left + width), y * width);
  return { width, height, data };
}

function paste(onto: RgbImage, part: RgbImage, { left, top }: Rect): RgbImage {
  const data = onto.data.slice();
  for (let y = 0; y < part.height; y++) {
    data.set(part.data.subarray(y * part.width * 3, (y + 1) * part.width * 3), ((top + y) * onto.width + left) * 3);
  }
  return { ...onto, data };
}

function patchOf(result: RgbImage, mask: MaskImage): Composited['patch'] {
  const rect = maskBounds(mask);
  if (!rect) return undefined;
  const data = new Uint8Array(rect.width * rect.height * 4);
  for (let y = 0, o = 0; y < rect.height; y++) {
    for (let x = 0, i = (rect.top + y) * mask.width + rect.left; x < rect.width; x++, i++, o += 4) {
      if (mask.data[i] === 0) continue;
      data[o] = result.data[i * 3]!;
      data[o + 1] = result.data[i * 3 + 1]!;
      data[o + 2] = result.data[i * 3 + 2]!;
      data[o + 3] = 255;
    }
  }
  return { image: { width: rect.width, height: rect.height, data }, rect };
}
