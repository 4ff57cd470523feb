import type { Rect } from '../document/records.ts';
import { unhurried } from './budget.ts';
import type { Budget } from './budget.ts';
import { intersect, isEmpty, outward, union } from './rect.ts';
import { carryOut, newTile, places, tileKey, tileRect, tileSize } from './tiles.ts';
import type { Context, Tile, TileMap } from './tiles.ts';

/** The coarsest level: 2⁻⁴, below the smallest zoom. */
export const topLevel = 4;

/** Tiles of level 0 that are kept while nothing of them is on the screen. */
const keptTiles = 96;

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

  /** The tile at a place of a level as it is, up to date or not; undefined = nothing there. */
  tile(level: number, tx: number, ty: number): Tile | undefined {
    return this.levels[level]?.tiles.get(tileKey(tx, ty));
  }

  /** Brings a tile up to date as far as the budget goes; false = it is still old, and what was done for it is kept. */
  refresh(level: number, tx: number, ty: number, budget: Budget = unhurried): boolean {
    const at = this.levels[level];
    const key = tileKey(tx, ty);
    const dirty = at?.dirty.get(key);
    if (at === undefined || dirty === undefined) return true;
    if (level > 0) {
      for (const { cx, cy } of childrenOf(tx, ty, dirty)) if (!this.refresh(level - 1, cx, cy, budget)) return false;
    } else if (!budget.next()) {
      return false;
    }
    at.dirty.delete(key);
    this.redraw(level, at, tx, ty, key, dirty);
    return true;
  }

  /** Lets go of full-size tiles that no one looks at, on canvases larger than what is worth keeping. `seen`: in pixels of level 0. */
  trim(level: number, seen: Rect): void {
    const base = this.levels[0];
    if (base === undefined || base.tiles.size <= keptTiles) return;
    for (const [key, tile] of base.tiles) {
      if (base.tiles.size <= keptTiles) return;
      if (level === 0 && !isEmpty(intersect(tileRect(tile), seen))) continue;
      base.tiles.delete(key);
      base.dirty.set(key, tileRect(tile));
    }
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
      carryOut(tile);
    } else {
      drawn = this.halve(context, level, tx, ty, rect);
    }
    if (drawn) at.tiles.set(key, tile);
    else if (rect.width === tileSize && rect.height === tileSize) at.tiles.delete(key);
  }

  /** Two by two pixels become one: at exactly half the size, bilinear sampling is their mean. */
  private halve(context: Context, level: number, tx: number, ty: number, rect: Rect): boolean {
    let drawn = false;
    context.imageSmoothingEnabled = true;
    context.imageSmoothingQuality = 'low';
    for (const { cx, cy, part, child } of childrenOf(tx, ty, rect)) {
      const source = this.tile(level - 1, cx, cy);
      if (source === undefined) continue;
      drawn = true;
      context.drawImage(
        source.canvas, (part.x - child.x) * 2, (part.y - child.y) * 2, part.width * 2, part.height * 2,
        part.x - tx * tileSize, part.y - ty * tileSize, part.width, part.height,
      );
    }
    context.imageSmoothingEnabled = false;
    return drawn;
  }
}

interface Child {
  readonly cx: number;
  readonly cy: number;
  /** The quarter of the tile that it fills, and what of that is asked for. */
  readonly child: Rect;
  readonly part: Rect;
}

/** The finer tiles that a rectangle of a tile is made from. */
function* childrenOf(tx: number, ty: number, rect: Rect): Generator<Child> {
  const half = tileSize / 2;
  for (let j = 0; j < 2; j++) {
    for (let i = 0; i < 2; i++) {
      const child: Rect = { x: tx * tileSize + i * half, y: ty * tileSize + j * half, width: half, height: half };
      const part = intersect(child, rect);
      if (!isEmpty(part)) yield { cx: tx * 2 + i, cy: ty * 2 + j, child, part };
    }
  }
}
