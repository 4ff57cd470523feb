import { keepsPixels, transformRect } from '../document/matrix.ts';
import type { Clip, Rect } from '../document/records.ts';
import type { Decoded } from './images.ts';
import { outward } from './rect.ts';
import { newCanvas, tileSize } from './tiles.ts';
import type { Context } from './tiles.ts';

/** What keeps a mark within the selection of its time, ready to be drawn. */
export interface ClipPixels {
  readonly clip: Clip;
  /** Undefined where all of the rectangle was chosen, or the file is gone: then nothing was. */
  readonly image: Decoded | undefined;
}

/** What a clip can leave at all, in whole layer pixels. */
export function clipArea({ rect, transform }: Clip): Rect {
  return outward(transformRect(transform, rect));
}

let sheet: { readonly canvas: OffscreenCanvas; readonly context: Context } | undefined;

/** A part of a tile as `draw` draws it on nothing, cut to a clip; `own` and `part` in layer pixels. Good until the next call. */
export function cutToClip({ clip, image }: ClipPixels, own: Rect, part: Rect, draw: (context: Context) => void): OffscreenCanvas {
  sheet ??= newCanvas(tileSize, tileSize);
  const { canvas, context } = sheet;
  const [a, b, c, d, e, f] = clip.transform;
  const { rect } = clip;
  const [x, y] = [part.x - own.x, part.y - own.y];
  context.save();
  context.beginPath();
  context.rect(x, y, part.width, part.height);
  context.clip();
  context.clearRect(x, y, part.width, part.height);
  draw(context);
  context.globalCompositeOperation = 'destination-in';
  context.setTransform(a, b, c, d, e - own.x, f - own.y);
  context.imageSmoothingEnabled = !keepsPixels(clip.transform);
  if (image !== undefined) context.drawImage(image.source, rect.x, rect.y);
  else if (clip.hash === undefined) context.fillRect(rect.x, rect.y, rect.width, rect.height);
  else context.clearRect(rect.x, rect.y, rect.width, rect.height);
  context.restore();
  return canvas;
}
