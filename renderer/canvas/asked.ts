import { documentBounds } from '../document/bounds.ts';
import type { CanvasDocument, Rect } from '../document/records.ts';
import { canvasPoint } from '../document/spaces.ts';
import type { CanvasPoint } from '../document/spaces.ts';
import { studio } from '../studio/current.ts';
import type { FillRequest, MadePixels } from '../tools/tool.ts';
import { isRaster } from './compositor.ts';
import { floodFill } from './floodFill.ts';
import { pictureRaster, upload } from './pixels.ts';
import { intersect, isEmpty, outward, union } from './rect.ts';
import { newCanvas } from './tiles.ts';

/** The widest look around a click: an object reaches no farther, and the answer comes at once. */
const lookEdge = 1536;

/** What a click may concern: the pictures and the frame, around the point. */
function areaAround(document: CanvasDocument, point: CanvasPoint): Rect | undefined {
  const whole = union(documentBounds(document) ?? document.frame, document.frame);
  const look = { x: point.x - lookEdge / 2, y: point.y - lookEdge / 2, width: lookEdge, height: lookEdge };
  const area = outward(intersect(whole, outward(look)));
  return isEmpty(area) || !contains(area, point) ? undefined : area;
}

function contains(rect: Rect, { x, y }: CanvasPoint): boolean {
  return x >= rect.x && y >= rect.y && x < rect.x + rect.width && y < rect.y + rect.height;
}

/** The most pixels of a stored picture that a click looks at as it is. */
const lookPixels = lookEdge ** 2;

interface StoredArea {
  readonly hash: string;
  readonly rect: Rect;
}

/** The stored picture that is all there is to see, where nothing was done to it: it need not be drawn and stored once more. */
async function untouched(document: CanvasDocument): Promise<StoredArea | undefined> {
  const [layer, ...others] = document.order.flatMap((id) => document.layers[id] ?? []).filter((one) => isRaster(one) && one.visible && one.opacity > 0);
  const [item] = layer?.items ?? [];
  if (layer === undefined || others.length > 0 || layer.opacity < 1 || layer.items.length !== 1 || item?.type !== 'image' || item.blend !== 'add' || item.part !== undefined) return undefined;
  const [a, b, c, d, e, f] = layer.transform;
  const rect = { ...item.rect, x: item.rect.x + e, y: item.rect.y + f };
  if (a !== 1 || b !== 0 || c !== 0 || d !== 1 || !Number.isInteger(rect.x) || !Number.isInteger(rect.y) || rect.width * rect.height > lookPixels) return undefined;
  const { width, height } = await studio().assets.info({ hash: item.hash });
  return width === rect.width && height === rect.height ? { hash: item.hash, rect } : undefined;
}

let drawn: { readonly document: CanvasDocument; readonly area: Rect; readonly hash: string } | undefined;

/** What is seen around a point as a stored picture; undefined where there is nothing. Clicks that follow each other ask for the same. */
async function storedAround(document: CanvasDocument, point: CanvasPoint): Promise<StoredArea | undefined> {
  const stored = await untouched(document);
  if (stored !== undefined && contains(stored.rect, point)) return stored;
  const area = areaAround(document, point);
  if (area === undefined) return undefined;
  if (drawn?.document !== document || !same(drawn.area, area)) drawn = { document, area, hash: await upload(await pictureRaster(document, area)) };
  return { hash: drawn.hash, rect: area };
}

function same(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}

/** Has the studio look at what a click is likely to be about, so that the first is answered as soon as the next. */
export async function prepareSelect(document: CanvasDocument): Promise<void> {
  const { x, y, width, height } = documentBounds(document) ?? document.frame;
  const stored = documentBounds(document) === null ? undefined : await storedAround(document, canvasPoint(x + width / 2, y + height / 2));
  await studio().canvas.prepareSelect(stored === undefined ? {} : { hash: stored.hash });
}

/** The object under a point as a mask; null where there is no picture or no object. */
export async function smartSelect(document: CanvasDocument, point: CanvasPoint, tolerance: number, signal: AbortSignal): Promise<MadePixels | null> {
  const stored = await storedAround(document, point);
  if (stored === undefined) return null;
  const { hash, rect: area } = stored;
  signal.throwIfAborted();
  const found = await studio().canvas.smartSelect({ hash, x: Math.floor(point.x - area.x), y: Math.floor(point.y - area.y), tolerance }, { signal });
  return found.bounds === null ? null : { hash: found.hash, rect: area };
}

/** The area of like colour around a point: white on black for a mask, in its colour for a picture. */
export async function fillArea(document: CanvasDocument, request: FillRequest, signal: AbortSignal): Promise<MadePixels | null> {
  const area = areaAround(document, request.point);
  if (area === undefined) return null;
  const { canvas } = await pictureRaster(document, area);
  const pixels = canvas.getContext('2d')?.getImageData(0, 0, area.width, area.height).data;
  if (pixels === undefined) return null;
  const { mask, bounds: [x, y, width, height] } = floodFill(pixels, area.width, area.height, Math.floor(request.point.x - area.x), Math.floor(request.point.y - area.y), request.tolerance);
  const out = newCanvas(width, height);
  const image = out.context.createImageData(width, height);
  const { r, g, b, a } = request.target === 'mask' ? { r: 255, g: 255, b: 255, a: 1 } : request.colour;
  for (let row = 0; row < height; row++) {
    for (let column = 0; column < width; column++) {
      const at = (row * width + column) * 4;
      const inside = mask[(row + y) * area.width + column + x] === 255;
      if (request.target === 'mask') image.data.set(inside ? [255, 255, 255, 255] : [0, 0, 0, 255], at);
      else if (inside) image.data.set([r, g, b, Math.round(a * 255)], at);
    }
  }
  out.context.putImageData(image, 0, 0);
  signal.throwIfAborted();
  const rect = { x: area.x + x, y: area.y + y, width, height };
  return { hash: await upload({ canvas: out.canvas, rect }), rect };
}
