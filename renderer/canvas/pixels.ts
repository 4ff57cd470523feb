import { documentBounds } from '../document/bounds.ts';
import type { MaskPlan } from '../document/plan.ts';
import type { CanvasDocument, Colour, Layer, Rect } from '../document/records.ts';
import { studio } from '../studio/current.ts';
import { Compositor, isRaster } from './compositor.ts';
import { loadImage } from './images.ts';
import { isEmpty, outward } from './rect.ts';
import { newCanvas } from './tiles.ts';

/** The canvas as pixels for others: rasters for the studio, files, single colours. Never the screen's scaled copy. */

/** One compositor for the page; the stage draws with it, and so does everything here. */
export const compositor = new Compositor();

/**
 * Draws layers of a document at their own pixels, sharing those that the page has drawn already. Its own compositor, since results that
 * wait and gestures are no part of it.
 */
async function fresh(document: CanvasDocument): Promise<Compositor> {
  const other = new Compositor(compositor);
  for (;;) {
    // What is selected shows on screen only.
    other.update({ document: { ...document, selected: null } });
    const waiting = document.order.flatMap((id) => other.raster(id)?.waitsFor ?? []);
    if (waiting.length === 0) return other;
    // As they come: all at once would be more than is kept decoded.
    await Promise.race(waiting.map(loadImage));
  }
}

export interface Raster {
  readonly canvas: OffscreenCanvas;
  readonly rect: Rect;
}

function sheet(rect: Rect): { readonly canvas: OffscreenCanvas; readonly context: OffscreenCanvasRenderingContext2D } {
  return newCanvas(rect.width, rect.height);
}

/** Pictures and paint within a rectangle of the canvas; transparent where there is nothing. */
export async function pictureRaster(document: CanvasDocument, rect: Rect, only?: (layer: Layer) => boolean): Promise<Raster> {
  const drawn = await fresh(document);
  const { canvas, context } = sheet(rect);
  drawn.paint(context, rect, only);
  return { canvas, rect };
}

/** A layer by itself, cut to what it covers; undefined for an empty one. */
export async function layerRaster(document: CanvasDocument, layer: Layer): Promise<Raster | undefined> {
  const shown = { ...document, order: [layer.id], layers: { [layer.id]: { ...layer, visible: true } } };
  const drawn = await fresh(shown);
  const bounds = documentBounds(shown) ?? drawn.bounds;
  const rect = isRaster(layer) ? outward(bounds) : outward(boundsOf(drawn, layer));
  if (isEmpty(rect)) return undefined;
  const { canvas, context } = sheet(rect);
  drawn.paintAlone(context, layer.id, rect);
  return { canvas, rect };
}

function boundsOf(drawn: Compositor, layer: Layer): Rect {
  return drawn.raster(layer.id)?.bounds ?? { x: 0, y: 0, width: 0, height: 0 };
}

/** Masks within a rectangle, joined: white on black, opaque. A mask with a `grow` of its own is grown by the studio first. */
export async function maskRaster(document: CanvasDocument, plan: MaskPlan): Promise<Raster> {
  const drawn = await fresh(document);
  const { canvas, context } = sheet(plan.rect);
  for (const { id, grow } of plan.layers) {
    if (grow === 0) {
      drawn.paintAlone(context, id, plan.rect);
      continue;
    }
    const alone = sheet(plan.rect);
    drawn.paintAlone(alone.context, id, plan.rect);
    onBlack(alone.context, plan.rect);
    const hash = await upload({ canvas: alone.canvas, rect: plan.rect });
    const grown = await studio().canvas.filterMask({ hash, filters: [grow > 0 ? { type: 'grow', radius: grow } : { type: 'shrink', radius: -grow }] });
    const image = await loadImage(grown.hash);
    if (image === undefined) continue;
    context.globalCompositeOperation = 'lighten';
    context.drawImage(image.source, 0, 0);
    context.globalCompositeOperation = 'source-over';
  }
  onBlack(context, plan.rect);
  return { canvas, rect: plan.rect };
}

function onBlack(context: OffscreenCanvasRenderingContext2D, rect: Rect): void {
  context.globalCompositeOperation = 'destination-over';
  context.fillStyle = '#000';
  context.fillRect(0, 0, rect.width, rect.height);
  context.globalCompositeOperation = 'source-over';
}

/** A layer's pixels within a rectangle, opaque on black: a control map with what was painted on it. */
export async function mapRaster(document: CanvasDocument, layerId: string, rect: Rect): Promise<Raster> {
  const drawn = await fresh(document);
  const { canvas, context } = sheet(rect);
  drawn.paintAlone(context, layerId, rect);
  onBlack(context, rect);
  return { canvas, rect };
}

export function toPng({ canvas }: Raster): Promise<Blob> {
  return canvas.convertToBlob({ type: 'image/png' });
}

/** Stores a raster and answers its hash. The same pixels are the same file. */
export async function upload(raster: Raster): Promise<string> {
  const file = new File([await toPng(raster)], 'raster.png', { type: 'image/png' });
  return (await studio().assets.upload({ file })).hash;
}

/** What is opaque within a rectangle: whether all of it, and the box around it. */
export function measureCoverage({ canvas, rect }: Raster): { readonly solid: boolean; readonly bounds: Rect | null } {
  const context = canvas.getContext('2d');
  const pixels = context?.getImageData(0, 0, rect.width, rect.height).data ?? new Uint8ClampedArray();
  let [left, top, right, bottom, count] = [rect.width, rect.height, -1, -1, 0];
  for (let y = 0, at = 3; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++, at += 4) {
      if (pixels[at] !== 255) continue;
      count++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (count === 0) return { solid: false, bounds: null };
  const bounds = { x: rect.x + left, y: rect.y + top, width: right - left + 1, height: bottom - top + 1 };
  return { solid: count === bounds.width * bounds.height, bounds };
}

/** The colour seen at a point of the canvas; null beyond every picture. */
export function colourAt(point: { readonly x: number; readonly y: number }): Colour | null {
  const rect = { x: Math.floor(point.x), y: Math.floor(point.y), width: 1, height: 1 };
  const { context } = sheet(rect);
  compositor.paint(context, rect);
  const [r, g, b, a] = context.getImageData(0, 0, 1, 1).data;
  return a === undefined || a === 0 ? null : { r: r ?? 0, g: g ?? 0, b: b ?? 0, a: 1 };
}

