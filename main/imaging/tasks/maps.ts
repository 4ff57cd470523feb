/** Control maps and masks, from files to files. */
import { cannyMap } from '../../../native/image/canny.ts';
import { decodeDepth, decodeImage, decodeMask, decodeRgba, encodePng } from '../../../native/image/codec.ts';
import { depthMap } from '../../../native/image/depth.ts';
import { featherMask, growMask, invertMask, maskBounds, shrinkMask } from '../../../native/image/mask.ts';
import { alphaOf } from '../../../native/image/rgba.ts';
import { smartSelect } from '../../../native/image/smartSelect.ts';
import type { MaskImage } from '../../engine/protocol.ts';
import type { ImagingTask, MadeMask, MadePicture, MaskFilterTask } from '../messages.ts';
import { naming } from './naming.ts';

type Task<Type extends ImagingTask['type']> = Extract<ImagingTask, { type: Type }>;

export async function controlMapOf({ path, map }: Task<'controlMap'>): Promise<MadePicture> {
  const made = map.control === 'canny' ? await cannyMap(await naming(path, () => decodeImage(path)), map) : depthMap(await naming(path, () => decodeDepth(path)), map.invert);
  return { image: await encodePng(made), width: made.width, height: made.height };
}

export async function smartSelectOf({ path, x, y, tolerance }: Task<'smartSelect'>): Promise<MadeMask> {
  return maskFile(smartSelect(await naming(path, () => decodeImage(path)), x, y, { tolerance }));
}

export async function filterMaskOf({ path, from, filters }: Task<'filterMask'>): Promise<MadeMask> {
  const mask = await naming(path, async () => (from === 'alpha' ? alphaOf(await decodeRgba(path)) : decodeMask(path)));
  return maskFile(filters.reduce(filtered, mask));
}

function filtered(mask: MaskImage, filter: MaskFilterTask): MaskImage {
  switch (filter.type) {
    case 'grow': return growMask(mask, filter.radius);
    case 'shrink': return shrinkMask(mask, filter.radius);
    case 'feather': return featherMask(mask, filter.width);
    case 'invert': return invertMask(mask);
  }
}

async function maskFile(mask: MaskImage): Promise<MadeMask> {
  const { width, height, data } = mask;
  return { image: await encodePng(mask), width, height, bounds: maskBounds(mask), selectedPixels: data.reduce((sum, value) => sum + (value >= 128 ? 1 : 0), 0) };
}
