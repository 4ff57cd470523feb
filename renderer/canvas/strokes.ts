import type { Item, Rect } from '../document/records.ts';
import { cutToClip } from './clip.ts';
import type { ClipPixels } from './clip.ts';
import type { Dab, DabWalker } from './dabs.ts';
import { colourFor } from './rasterize.ts';
import type { RasterKind } from './rasterize.ts';
import { intersect } from './rect.ts';
import { putDab, stampOf, stampSize } from './stamp.ts';
import type { Stamp } from './stamp.ts';
import { newTile, tileRect, tileSize } from './tiles.ts';
import type { Tile, TileMap } from './tiles.ts';

export type Stroke = Extract<Item, { type: 'stroke' }>;

/** A stroke that may still grow. */
export interface OpenStroke {
  readonly walker: DabWalker;
  /** Its touches by themselves where it is not opaque: opacity holds for the stroke and not for each touch. */
  readonly buffer: TileMap;
  /** The selection that it is kept within. */
  readonly clip: ClipPixels | undefined;
}

/** A touch with the bitmap that draws it, and how far from its middle it may change a pixel. */
export interface Touch {
  readonly dab: Dab;
  readonly stamp: Stamp;
  readonly reach: number;
}

const touchesAtOnce = 40;

/** Touches in lists that are drawn in a moment. */
export function* pieces(dabs: Iterable<Dab>): Generator<readonly Dab[]> {
  let piece: Dab[] = [];
  for (const dab of dabs) {
    piece.push(dab);
    if (piece.length < touchesAtOnce) continue;
    yield piece;
    piece = [];
  }
  if (piece.length > 0) yield piece;
}

export function touchesOf(stroke: Stroke, kind: RasterKind, dabs: readonly Dab[]): readonly Touch[] {
  const colour = colourFor(kind, stroke.blend === 'subtract' ? { r: 255, g: 255, b: 255, a: 1 } : stroke.colour);
  return dabs.map((dab) => ({ dab, stamp: stampOf(stampSize(stroke.size, dab.size), stroke.hardness, colour), reach: dab.size / 2 + 3 }));
}

export function within(touches: readonly Touch[], { x, y }: Rect): readonly Touch[] {
  return touches.filter(({ dab, reach }) => dab.x + reach >= x && dab.x - reach <= x + tileSize && dab.y + reach >= y && dab.y - reach <= y + tileSize);
}

/** Draws new touches of a stroke on a tile. `before`: the tile without the stroke; `area`: what the touches cover. */
export function drawTouches(tile: Tile, key: number, before: Tile | undefined, stroke: Stroke, { buffer, clip }: Pick<OpenStroke, 'buffer' | 'clip'>, touches: readonly Touch[], area: Rect): void {
  const { context } = tile;
  const own = tileRect(tile);
  const alpha = stroke.opacity * stroke.colour.a;
  const mode = stroke.blend === 'subtract' ? 'destination-out' : 'source-over';
  context.save();
  // Opaque touches may as well fall where they belong.
  if (alpha === 1 && clip === undefined) {
    context.globalCompositeOperation = mode;
    for (const { dab, stamp } of touches) putDab(context, stamp, dab, own.x, own.y);
  } else {
    const over = buffer.get(key) ?? newTile(tile.tx, tile.ty);
    buffer.set(key, over);
    for (const { dab, stamp } of touches) putDab(over.context, stamp, dab, own.x, own.y);
    const part = intersect(area, own);
    const [x, y, w, h] = [part.x - own.x, part.y - own.y, part.width, part.height];
    const shown = clip === undefined ? over.canvas : cutToClip(clip, own, part, (sheet) => sheet.drawImage(over.canvas, x, y, w, h, x, y, w, h));
    context.clearRect(x, y, w, h);
    if (before !== undefined) context.drawImage(before.canvas, x, y, w, h, x, y, w, h);
    context.globalAlpha = alpha;
    context.globalCompositeOperation = mode;
    context.drawImage(shown, x, y, w, h, x, y, w, h);
  }
  context.restore();
}
