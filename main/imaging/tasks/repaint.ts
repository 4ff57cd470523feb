/** Repaints of the canvas, from files to files. */
import { decodeImage, decodeMask, decodeRgba, encodePng } from '../../../native/image/codec.ts';
import { fillUnknown } from '../../../native/image/fillUnknown.ts';
import { compositeRepaint, prepareRepaint, unknownOf } from '../../../native/image/repaint.ts';
import { withoutAlpha } from '../../../native/image/rgba.ts';
import type { CompositedPicture, ImagingTask, OpaqueFrame, PreparedRepaint } from '../messages.ts';
import { parametersKeyword, writePngText } from '../pngText.ts';
import { naming } from './naming.ts';

type Task<Type extends ImagingTask['type']> = Extract<ImagingTask, { type: Type }>;

export async function repaintOf({ raster, mask, settings }: Task<'repaint'>): Promise<PreparedRepaint> {
  const frame = await naming(raster, () => decodeRgba(raster));
  const selection = mask === undefined ? undefined : await naming(mask, () => decodeMask(mask));
  const { image, denoiseMask, compositeMask, crop, unknownPixels, blend } = await prepareRepaint(frame, selection, settings);
  return { image: await encodePng(image), denoiseMask: await encodePng(denoiseMask), compositeMask: await encodePng(compositeMask), crop, unknownPixels, blend };
}

export async function opaqueOf({ raster, fill }: Task<'opaque'>): Promise<OpaqueFrame> {
  const frame = await naming(raster, () => decodeRgba(raster));
  const unknown = unknownOf(frame);
  const image = await fillUnknown(withoutAlpha(frame), unknown, fill);
  const { width, height } = frame;
  return { image: await encodePng(image), width, height, unknownPixels: unknown.data.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0) };
}

export async function compositeOf({ work }: Task<'composite'>): Promise<CompositedPicture> {
  const { image, raw, compositeMask, crop, colourMatch, text } = work;
  const { result, patch, ...facts } = compositeRepaint({
    image: await naming(image, () => decodeImage(image)),
    raw: typeof raw === 'string' ? await naming(raw, () => decodeImage(raw)) : raw,
    compositeMask: await naming(compositeMask, () => decodeMask(compositeMask)),
    crop,
    colourMatch,
  });
  return {
    ...facts,
    result: writePngText(await encodePng(result), parametersKeyword, text),
    patch: patch && { image: await encodePng(patch.image), rect: patch.rect },
  };
}
