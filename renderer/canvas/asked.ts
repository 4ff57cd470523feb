import { documentBounds } from '../document/bounds.ts';
import type { CanvasDocument, Rect } from '../document/records.ts';
import type { CanvasPoint } from '../document/spaces.ts';
import { studio } from '../studio/current.ts';
import type { FillRequest, MadePixels } from '../tools/tool.ts';
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

/** The object under a point as a mask; null where there is no picture or no object. */
export async function smartSelect(document: CanvasDocument, point: CanvasPoint, tolerance: number, signal: AbortSignal): Promise<MadePixels | null> {
  const area = areaAround(document, point);
  if (area === undefined) return null;
  const hash = await upload(await pictureRaster(document, area));
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
