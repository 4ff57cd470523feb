import type { Colour, Item, Rect } from '../document/records.ts';
import { alphaOf } from './images.ts';
import type { Decoded } from './images.ts';
import { outward } from './rect.ts';
import { css } from './stamp.ts';
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

/** Draws an item onto a context that is set up in layer pixels. `image` is the decoded file of an image item. */
export function drawItem(context: Context, item: PlainItem, kind: RasterKind, image: Decoded | undefined): void {
  context.save();
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
      const { x, y, width, height } = item.rect;
      const part = item.part ?? { x: 0, y: 0, width: image.width, height: image.height };
      const own = width === part.width && height === part.height && Number.isInteger(x) && Number.isInteger(y);
      // At its own size on whole pixels nothing is resampled: the bytes that went in come out.
      context.imageSmoothingEnabled = !own;
      context.imageSmoothingQuality = 'high';
      context.drawImage(kind === 'alpha' ? alphaOf(image) : image.source, part.x, part.y, part.width, part.height, x, y, width, height);
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
