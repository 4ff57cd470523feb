import type { Colour, Item, Rect } from '../document/records.ts';
import type { Decoded } from './images.ts';
import { outward } from './rect.ts';
import { css } from './stamp.ts';
import { tileSize } from './tiles.ts';
import type { Context } from './tiles.ts';

/** What a layer keeps of its items: colours, or alpha alone. */
export type RasterKind = 'colour' | 'alpha';

const white: Colour = { r: 255, g: 255, b: 255, a: 1 };

export function colourFor(kind: RasterKind, colour: Colour): Colour {
  return kind === 'alpha' ? { ...white, a: colour.a } : colour;
}

/** Everything but strokes and `clear`, which need more than one look at the canvas. */
export type PlainItem = Extract<Item, { type: 'polygon' | 'rectangle' | 'ellipse' | 'image' | 'invert' }>;

/** What an item covers, in whole layer pixels. */
export function coverage(item: PlainItem): Rect {
  if (item.type !== 'polygon') return outward(item.rect);
  const xs = item.points.filter((_, index) => index % 2 === 0);
  const ys = item.points.filter((_, index) => index % 2 === 1);
  const [x, y] = [Math.min(...xs), Math.min(...ys)];
  return xs.length === 0 ? { x: 0, y: 0, width: 0, height: 0 } : outward({ x: x - 1, y: y - 1, width: Math.max(...xs) - x + 2, height: Math.max(...ys) - y + 2 });
}

function trace(context: Context, item: PlainItem): void {
  context.beginPath();
  if (item.type === 'polygon') {
    for (let i = 0; i + 1 < item.points.length; i += 2) context.lineTo(item.points[i] ?? 0, item.points[i + 1] ?? 0);
    context.closePath();
  } else if (item.type === 'ellipse') {
    const { x, y, width, height } = item.rect;
    context.ellipse(x + width / 2, y + height / 2, Math.abs(width) / 2, Math.abs(height) / 2, 0, 0, 2 * Math.PI);
  } else {
    context.rect(item.rect.x, item.rect.y, item.rect.width, item.rect.height);
  }
}

let brightness: Context | undefined;

/** A part of a picture, a tile large, with its brightness as alpha, white: how a mask file is drawn. */
function asAlpha(draw: (context: Context) => void): OffscreenCanvas {
  if (brightness === undefined) {
    const canvas = new OffscreenCanvas(tileSize, tileSize);
    const context = canvas.getContext('2d', { willReadFrequently: true });
    if (context === null) throw new Error('the browser refuses a 2D canvas');
    brightness = context;
  }
  brightness.clearRect(0, 0, tileSize, tileSize);
  brightness.save();
  draw(brightness);
  brightness.restore();
  const pixels = brightness.getImageData(0, 0, tileSize, tileSize);
  const { data } = pixels;
  for (let i = 0; i < data.length; i += 4) {
    const [r, g, b, a] = [data[i] ?? 0, data[i + 1] ?? 0, data[i + 2] ?? 0, data[i + 3] ?? 0];
    data[i + 3] = Math.round(((r * 0.2126 + g * 0.7152 + b * 0.0722) * a) / 255);
    data[i] = data[i + 1] = data[i + 2] = 255;
  }
  brightness.putImageData(pixels, 0, 0);
  return brightness.canvas;
}

/** Draws an item onto the context of a tile whose left top corner lies at (ox, oy) of the layer. `image` is the decoded file of an image item. */
export function drawItem(context: Context, item: PlainItem, kind: RasterKind, image: Decoded | undefined, ox: number, oy: number): void {
  context.save();
  context.translate(-ox, -oy);
  switch (item.type) {
    case 'polygon': case 'rectangle': case 'ellipse':
      context.globalCompositeOperation = item.blend === 'add' ? 'source-over' : 'destination-out';
      context.fillStyle = css(item.blend === 'add' ? colourFor(kind, item.colour) : { ...white, a: item.colour.a });
      trace(context, item);
      context.fill('evenodd');
      break;
    case 'image': {
      if (image === undefined) break;
      context.globalCompositeOperation = item.blend === 'add' ? 'source-over' : 'destination-out';
      if (kind === 'alpha') context.drawImage(asAlpha((alone) => { alone.translate(-ox, -oy); drawPicture(alone, item, image); }), ox, oy);
      else drawPicture(context, item, image);
      break;
    }
    case 'invert':
      // Opaque white, xor: alpha becomes 1 − alpha, soft edges included.
      context.globalCompositeOperation = 'xor';
      context.fillStyle = '#fff';
      context.fillRect(item.rect.x, item.rect.y, item.rect.width, item.rect.height);
      break;
  }
  context.restore();
}

function drawPicture(context: Context, { rect, part }: Extract<PlainItem, { type: 'image' }>, image: Decoded): void {
  const { x, y, width, height } = rect;
  const from = part ?? { x: 0, y: 0, width: image.width, height: image.height };
  const own = width === from.width && height === from.height && Number.isInteger(x) && Number.isInteger(y);
  // At its own size on whole pixels nothing is resampled: the bytes that went in come out.
  context.imageSmoothingEnabled = !own;
  context.imageSmoothingQuality = 'high';
  context.drawImage(image.source, from.x, from.y, from.width, from.height, x, y, width, height);
}
