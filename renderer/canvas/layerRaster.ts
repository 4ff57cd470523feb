import type { Item, Rect } from '../document/records.ts';
import { thinned } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import { DabWalker, dabBounds } from './dabs.ts';
import { imageOf, isGone } from './images.ts';
import { colourFor, coverage, drawItem } from './rasterize.ts';
import type { RasterKind } from './rasterize.ts';
import { intersect, isEmpty, noRect, outward, union } from './rect.ts';
import { putDab, stampOf } from './stamp.ts';
import { copyTile, mapBounds, newTile, places, tileRect, tileSize } from './tiles.ts';
import type { Tile, TileMap } from './tiles.ts';

type Stroke = Extract<Item, { type: 'stroke' }>;

/** A stroke that may still grow: its touches by themselves, so that opacity holds for the stroke and not for each touch. */
interface OpenStroke {
  readonly walker: DabWalker;
  readonly buffer: TileMap;
}

/** Undo memory of one layer. */
const budgetBytes = 128 * 1024 * 1024;

/** Whether the points of `now` begin with those of `then`; told by the last one, as a stroke only ever grows or is drawn anew. */
function begins(then: readonly number[], now: readonly number[]): boolean {
  if (then === now) return true;
  const end = then.length;
  return now.length >= end && now[end - 1] === then[end - 1] && now[end - 2] === then[end - 2] && now[end - 3] === then[end - 3];
}

function grows(drawn: Item | undefined, wanted: Item | undefined): wanted is Stroke {
  return drawn?.type === 'stroke' && wanted?.type === 'stroke' && drawn.id === wanted.id && begins(drawn.points, wanted.points)
    && drawn.size === wanted.size && drawn.opacity === wanted.opacity;
}

function same(drawn: Item | undefined, wanted: Item | undefined): boolean {
  if (drawn === wanted) return true;
  if (drawn === undefined || wanted === undefined || drawn.id !== wanted.id || drawn.type !== wanted.type) return false;
  if ('points' in drawn && 'points' in wanted) return drawn.points.length === wanted.points.length && begins(drawn.points, wanted.points);
  if ('rect' in drawn && 'rect' in wanted) {
    const [a, b] = [drawn.rect, wanted.rect];
    return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
  }
  return true;
}

/**
 * A layer's items as tiles of pixels. Only what is new is drawn; what is undone comes back from checkpoints. The pixels are a pure
 * function of the items, however they came to be drawn.
 */
export class LayerRaster {
  readonly tiles: TileMap = new Map();
  readonly kind: RasterKind;
  private readonly applied: Item[] = [];
  private checkpoints: Checkpoint[] = [];
  private current: Checkpoint = { count: 0, before: new Map() };
  private open: OpenStroke | undefined;
  private dirty: Rect = noRect;

  constructor(kind: RasterKind) {
    this.kind = kind;
  }

  /** The pixels that may hold something. */
  get bounds(): Rect {
    return mapBounds(this.tiles);
  }

  /** Whether every item is drawn; a picture may still be on its way. */
  private complete = true;
  get isComplete(): boolean {
    return this.complete;
  }

  /** Draws what changed; `live` is what a tool is about to leave behind. Returns the layer pixels that are different now. */
  update(items: readonly Item[], live?: Item): Rect {
    this.dirty = noRect;
    const wanted = live === undefined ? items : [...items, live];
    const last = this.applied.length - 1;
    let common = 0;
    while (common <= last && common < wanted.length && same(this.applied[common], wanted[common])) common++;
    // The points of a live stroke are one array that grows.
    if (common > last && this.open !== undefined) common = last;
    if (common === last && this.open !== undefined && grows(this.applied[last], wanted[last])) {
      const stroke = wanted[last];
      this.extend(stroke, this.open);
      this.applied[last] = stroke;
      common++;
    }
    if (common <= last) this.rollBack(common);
    this.complete = true;
    for (let i = this.applied.length; i < wanted.length; i++) {
      if (!this.apply(wanted[i] as Item)) {
        this.complete = false;
        break;
      }
    }
    // A committed stroke does not grow any more.
    if (live === undefined) this.open = undefined;
    return this.dirty;
  }

  /** Forgets everything drawn, so that it is drawn again. */
  reset(): void {
    this.tiles.clear();
    this.applied.length = 0;
    this.checkpoints = [];
    this.open = undefined;
  }

  private apply(item: Item): boolean {
    if (item.type === 'image' && imageOf(item.hash) === undefined && !isGone(item.hash)) return false;
    this.current = { count: this.applied.length, before: new Map() };
    this.open = undefined;
    if (item.type === 'stroke') {
      this.open = { walker: new DabWalker(item), buffer: new Map() };
      this.extend(item, this.open);
    } else if (item.type === 'clear') {
      for (const [key, tile] of this.tiles) {
        this.current.before.set(key, tile);
        this.touch(tileRect(tile));
      }
      this.tiles.clear();
    } else {
      const image = item.type === 'image' ? imageOf(item.hash) : undefined;
      const area = coverage(item);
      for (const { tx, ty, key } of places(area)) {
        if (!this.tiles.has(key) && 'blend' in item && item.blend === 'subtract') continue;
        const { context } = this.writable(tx, ty, key);
        context.setTransform(1, 0, 0, 1, -tx * tileSize, -ty * tileSize);
        drawItem(context, item, this.kind, image);
        context.setTransform(1, 0, 0, 1, 0, 0);
      }
      this.touch(area);
    }
    this.applied.push(item);
    this.checkpoints = thinned([...this.checkpoints, this.current], this.applied.length, budgetBytes);
    return true;
  }

  /** Draws the touches that a stroke has gained, and lays the whole stroke over the pixels before it where they fell. */
  private extend(stroke: Stroke, { walker, buffer }: OpenStroke): void {
    const dabs = [...walker.walk(stroke.points)];
    if (dabs.length === 0) return;
    const stamp = stampOf(stroke.size, stroke.hardness, colourFor(this.kind, stroke.blend === 'add' ? stroke.colour : { r: 255, g: 255, b: 255, a: 1 }));
    const area = outward(dabBounds(dabs));
    const alpha = stroke.opacity * stroke.colour.a;
    for (const { tx, ty, key } of places(area)) {
      if (stroke.blend === 'subtract' && !this.tiles.has(key)) continue;
      const own = tileRect({ tx, ty });
      let over = buffer.get(key);
      if (over === undefined) buffer.set(key, over = newTile(tx, ty));
      for (const dab of dabs) {
        const reach = dab.size / 2 + 2;
        if (dab.x + reach < own.x || dab.x - reach > own.x + tileSize || dab.y + reach < own.y || dab.y - reach > own.y + tileSize) continue;
        putDab(over.context, stamp, dab, own.x, own.y);
      }
      const tile = this.writable(tx, ty, key);
      const before = this.current.before.get(key);
      const part = intersect(area, own);
      const [x, y, w, h] = [part.x - own.x, part.y - own.y, part.width, part.height];
      tile.context.clearRect(x, y, w, h);
      if (before !== undefined) tile.context.drawImage(before.canvas, x, y, w, h, x, y, w, h);
      tile.context.globalAlpha = alpha;
      tile.context.globalCompositeOperation = stroke.blend === 'add' ? 'source-over' : 'destination-out';
      tile.context.drawImage(over.canvas, x, y, w, h, x, y, w, h);
      tile.context.globalAlpha = 1;
      tile.context.globalCompositeOperation = 'source-over';
    }
    this.touch(area);
  }

  private rollBack(count: number): void {
    this.open = undefined;
    while (this.applied.length > count) {
      const checkpoint = this.checkpoints.pop();
      if (checkpoint === undefined) {
        for (const tile of this.tiles.values()) this.touch(tileRect(tile));
        this.tiles.clear();
        this.applied.length = 0;
        return;
      }
      for (const [key, tile] of checkpoint.before) {
        const now = this.tiles.get(key) ?? tile;
        if (now !== undefined) this.touch(tileRect(now));
        if (tile === undefined) this.tiles.delete(key);
        else this.tiles.set(key, tile);
      }
      this.applied.length = checkpoint.count;
    }
  }

  /** A tile to draw on; how it looked before this item is kept. */
  private writable(tx: number, ty: number, key: number): Tile {
    const known = this.tiles.get(key);
    if (!this.current.before.has(key)) this.current.before.set(key, known === undefined ? undefined : copyTile(known));
    if (known !== undefined) return known;
    const made = newTile(tx, ty);
    this.tiles.set(key, made);
    return made;
  }

  private touch(rect: Rect): void {
    if (!isEmpty(rect)) this.dirty = union(this.dirty, rect);
  }
}
