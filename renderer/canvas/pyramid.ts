import type { Rect } from '../document/records.ts';
import { intersect, isEmpty, outward, union } from './rect.ts';
import { newTile, places, tileKey, tileRect, tileSize } from './tiles.ts';
import type { Context, Tile, TileMap } from './tiles.ts';

/** The coarsest level: 2⁻⁴, below the smallest zoom. */
export const topLevel = 4;

interface Level {
  readonly tiles: TileMap;
  /** What has to be drawn again, by tile, in this level's pixels. */
  readonly dirty: Map<number, Rect>;
}

/** Draws level 0 within a rectangle whose corner lies at the context's origin; false = there is nothing. */
export type PaintBase = (context: Context, rect: Rect) => boolean;

/** A picture without edges in tiles, with halved copies of itself, each drawn when it is looked at. */
export class Pyramid {
  private readonly levels: readonly Level[] = Array.from({ length: topLevel + 1 }, () => ({ tiles: new Map(), dirty: new Map() }));
  private readonly paint: PaintBase;

  constructor(paint: PaintBase) {
    this.paint = paint;
  }

  /** These pixels of level 0 are old. */
  invalidate(rect: Rect): void {
    let area = outward(rect);
    for (const level of this.levels) {
      for (const place of places(area)) {
        const part = intersect(area, tileRect(place));
        level.dirty.set(place.key, union(level.dirty.get(place.key) ?? part, part));
      }
      area = outward({ x: area.x / 2, y: area.y / 2, width: area.width / 2, height: area.height / 2 });
    }
  }

  clear(): void {
    for (const { tiles, dirty } of this.levels) {
      tiles.clear();
      dirty.clear();
    }
  }

  /** The tile at a place of a level, up to date; undefined = nothing there. */
  tile(level: number, tx: number, ty: number): Tile | undefined {
    const at = this.levels[level];
    if (at === undefined) return undefined;
    const key = tileKey(tx, ty);
    const dirty = at.dirty.get(key);
    if (dirty !== undefined) {
      at.dirty.delete(key);
      this.redraw(level, at, tx, ty, key, dirty);
    }
    return at.tiles.get(key);
  }

  private redraw(level: number, at: Level, tx: number, ty: number, key: number, rect: Rect): void {
    const known = at.tiles.get(key);
    const tile = known ?? newTile(tx, ty);
    const [x, y] = [rect.x - tx * tileSize, rect.y - ty * tileSize];
    const { context } = tile;
    context.clearRect(x, y, rect.width, rect.height);
    let drawn: boolean;
    if (level === 0) {
      context.save();
      context.beginPath();
      context.rect(x, y, rect.width, rect.height);
      context.clip();
      context.translate(x, y);
      drawn = this.paint(context, rect);
      context.restore();
    } else {
      drawn = this.halve(context, level, tx, ty, rect);
    }
    if (drawn) at.tiles.set(key, tile);
    else if (rect.width === tileSize && rect.height === tileSize) at.tiles.delete(key);
  }

  /** Two by two pixels become one: at exactly half the size, bilinear sampling is their mean. */
  private halve(context: Context, level: number, tx: number, ty: number, rect: Rect): boolean {
    let drawn = false;
    const half = tileSize / 2;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'low';
    for (let j = 0; j < 2; j++) {
      for (let i = 0; i < 2; i++) {
        const child: Rect = { x: tx * tileSize + i * half, y: ty * tileSize + j * half, width: half, height: half };
        const part = intersect(child, rect);
        if (isEmpty(part)) continue;
        const source = this.tile(level - 1, tx * 2 + i, ty * 2 + j);
        if (source === undefined) continue;
        drawn = true;
        context.drawImage(
          source.canvas, (part.x - child.x) * 2, (part.y - child.y) * 2, part.width * 2, part.height * 2,
          part.x - tx * tileSize, part.y - ty * tileSize, part.width, part.height,
        );
      }
    }
    context.imageSmoothingEnabled = false;
    return drawn;
  }
}
