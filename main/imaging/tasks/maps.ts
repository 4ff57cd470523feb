/** Control maps and masks, from files to files. */
import { cannyMap } from '../../../native/image/canny.ts';
import { decodeDepth, decodeImage, decodeMask, decodeRgba, encodePng } from '../../../native/image/codec.ts';
import { depthMap } from '../../../native/image/depth.ts';
import { featherMask, growMask, invertMask, maskBounds, shrinkMask } from '../../../native/image/mask.ts';
import { alphaOf } from '../../../native/image/rgba.ts';
import { selectAt, selectable } from '../../../native/image/smartSelect.ts';
import type { SelectablePicture } from '../../../native/image/smartSelect.ts';
import { withOpenCv } from '../../../native/image/opencv.ts';
import type { MaskImage, RgbImage } from '../../engine/protocol.ts';
import type { ImagingTask, MadeMask, MadePicture, MaskFilterTask } from '../messages.ts';
import { naming } from './naming.ts';

type Task<Type extends ImagingTask['type']> = Extract<ImagingTask, { type: Type }>;

/** The picture looked at last: a slider that moves and clicks that follow each other ask for the same. Stored files never change. */
let last: { readonly path: string; readonly image: RgbImage; selectable?: SelectablePicture } | undefined;
const keptPixels = 4 * 1024 * 1024;

async function pictureOf(path: string): Promise<{ readonly image: RgbImage; selectable?: SelectablePicture }> {
  if (last?.path === path) return last;
  const image = await naming(path, () => decodeImage(path));
  const read = { path, image };
  last = image.width * image.height <= keptPixels ? read : undefined;
  return read;
}

export function warmEdges(): Promise<true> {
  return withOpenCv(() => true);
}

export async function controlMapOf({ path, map }: Task<'controlMap'>): Promise<MadePicture> {
  const made = map.control === 'canny' ? await cannyMap((await pictureOf(path)).image, map) : depthMap(await naming(path, () => decodeDepth(path)), map.invert);
  return { image: await encodePng(made), width: made.width, height: made.height };
}

/** Edge of the picture on which selecting is rehearsed where there is none: large enough that the code is compiled. */
const rehearsalEdge = 512;

/** What a first click would wait for: the picture read, and the code compiled on it. */
export async function prepareSelect({ path }: Task<'prepareSelect'>): Promise<true> {
  const edge = rehearsalEdge;
  const picture: { readonly image: RgbImage; selectable?: SelectablePicture } = path === undefined ? { image: { width: edge, height: edge, data: new Uint8Array(edge * edge * 3) } } : await pictureOf(path);
  picture.selectable ??= selectable(picture.image);
  const { width, height } = picture.image;
  await maskFile(selectAt(picture.selectable, width >> 1, height >> 1));
  return true;
}

export async function smartSelectOf({ path, x, y, tolerance }: Task<'smartSelect'>): Promise<MadeMask> {
  const picture = await pictureOf(path);
  picture.selectable ??= selectable(picture.image);
  return maskFile(selectAt(picture.selectable, x, y, { tolerance }));
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
  return { image: await encodePng(mask), width, height, bounds: maskBounds(mask), selectedPixels: countOf(data) };
}

function countOf(data: Uint8Array): number {
  let count = 0;
  for (let i = 0; i < data.length; i++) if (data[i]! >= 128) count++;
  return count;
}
