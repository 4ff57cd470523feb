import type { Item, Rect } from '../document/records.ts';
import { unhurried } from './budget.ts';
import type { Budget } from './budget.ts';
import { checkpointBytes, thinned } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import { DabWalker, dabBounds } from './dabs.ts';
import type { Dab } from './dabs.ts';
import { borrow, giveBack, imageOf, isGone } from './images.ts';
import type { Decoded } from './images.ts';
import { coverage, drawItem } from './rasterize.ts';
import type { PlainItem, RasterKind } from './rasterize.ts';
import { intersect, isEmpty, noRect, outward, union } from './rect.ts';
import { alike, grows, same } from './sameItem.ts';
import { drawTouches, pieces, touchesOf, within } from './strokes.ts';
import type { OpenStroke, Stroke } from './strokes.ts';
import { carryOut, colourOf, copyTile, mapBounds, newTile, places, plainTile, tileRect, tileSize } from './tiles.ts';
import type { Tile, TileMap } from './tiles.ts';
import { Undone } from './undone.ts';

/** An item that is being drawn, a piece at a time. */
interface Unfinished {
  readonly item: Item;
  readonly image: Decoded | undefined;
  readonly pieces: Generator<void, void>;
}

/** Undo memory of one layer. */
const budgetBytes = 128 * 1024 * 1024;

/**
 * A layer's items as tiles of pixels. Only what is new is drawn; what is undone comes back from checkpoints. The pixels are a pure
 * function of the items, however they came to be drawn.
 */
export class LayerRaster {
  readonly tiles: TileMap = new Map();
  readonly kind: RasterKind;
  private applied: Item[] = [];
  private checkpoints: Checkpoint[] = [];
  private readonly undone = new Undone(budgetBytes);
  private current: Checkpoint = { count: 0, before: new Map() };
  private open: OpenStroke | undefined;
  private unfinished: Unfinished | undefined;
  private dirty: Rect = noRect;
  /** Tiles that nobody has looked at for being of one colour. */
  private readonly unread = new Set<number>();

  constructor(kind: RasterKind) {
    this.kind = kind;
  }

  /** The pixels that may hold something. */
  get bounds(): Rect {
    return mapBounds(this.tiles);
  }

  /** Whether every item is drawn; a picture may still be on its way, or time may have run out. */
  private complete = true;
  get isComplete(): boolean {
    return this.complete;
  }

  /** Whether a stroke is growing on it. */
  get isLive(): boolean {
    return this.open !== undefined;
  }

  /** The picture that has to come before anything more can be drawn. */
  waitsFor: string | undefined;

  /** Whether there is something to draw as soon as there is time. */
  get wantsTime(): boolean {
    return !this.complete && this.waitsFor === undefined;
  }

  /** When something was last drawn, by the page's clock. */
  touched = 0;

  /** Whether nothing was drawn yet, and so all can still be taken over. */
  get isBare(): boolean {
    return this.applied.length === 0 && this.unfinished === undefined;
  }

  /** Nobody will draw it on. */
  discard(): void {
    this.letGo();
  }

  /** Bytes kept for undo. */
  get undoBytes(): number {
    return this.checkpoints.reduce((sum, one) => sum + checkpointBytes(one), this.undone.bytes);
  }

  /** Undo will draw the items again. */
  forgetUndo(): void {
    this.checkpoints = [];
    this.undone.clear();
  }

  /** Takes over what another raster has drawn of the same items: a copied layer, or one that is drawn for a file, costs no pixels until it differs. False = there is none. */
  adopt(items: readonly Item[], others: Iterable<LayerRaster>): boolean {
    let best: LayerRaster | undefined;
    let most = 0;
    for (const other of others) {
      if (other.kind !== this.kind || other.unfinished !== undefined) continue;
      let common = 0;
      while (common < items.length && common < other.applied.length && alike(items[common] as Item, other.applied[common] as Item)) common++;
      if (common > most) [best, most] = [other, common];
    }
    if (best === undefined) return false;
    this.undone.clear();
    this.tiles.clear();
    for (const [key, tile] of best.tiles) this.tiles.set(key, tile);
    for (const key of best.unread) this.unread.add(key);
    this.applied = [...best.applied];
    // A growing stroke goes on writing into its own checkpoint.
    this.checkpoints = best.checkpoints.map(({ count, before }) => ({ count, before: new Map(before) }));
    return true;
  }

  /** Draws what changed, as far as the budget goes; `live` is what a tool is about to leave behind. Returns the layer pixels that are different now. */
  update(items: readonly Item[], live?: Item, budget: Budget = unhurried): Rect {
    this.dirty = noRect;
    const wanted = live === undefined ? items : [...items, live];
    const last = this.applied.length - 1;
    let common = 0;
    while (common <= last && common < wanted.length && same(this.applied[common], wanted[common])) common++;
    // The points of a live stroke are one array that grows.
    if (common > last && this.open !== undefined && this.unfinished === undefined) common = last;
    if (common === last && this.open !== undefined && this.unfinished === undefined && grows(this.applied[last], wanted[last])) {
      const stroke = wanted[last];
      this.stamp(stroke, this.open.buffer, [...this.open.walker.walk(stroke.points)]);
      this.applied[last] = stroke;
      common++;
    }
    if (this.unfinished !== undefined && (common <= last || !same(this.unfinished.item, wanted[common]))) this.drop();
    if (common <= last) this.rollBack(common);
    this.complete = true;
    for (let i = this.applied.length; i < wanted.length; i++) {
      const item = wanted[i] as Item;
      // What is under the pointer is drawn at once.
      if (!this.apply(item, item === live ? unhurried : budget)) {
        this.complete = false;
        break;
      }
    }
    // A committed stroke does not grow any more.
    if (live === undefined && this.unfinished === undefined) this.open = undefined;
    return this.dirty;
  }

  /** Finds tiles of one colour, which then cost nothing, as far as the budget goes; false = not done. Their pixels stay the same. */
  compact(budget: Budget): boolean {
    if (this.open !== undefined || this.unfinished !== undefined) return true;
    for (const key of this.unread) {
      const tile = this.tiles.get(key);
      if (tile !== undefined) {
        if (!budget.next()) return false;
        const colour = colourOf(tile);
        if (colour === 0) this.tiles.delete(key);
        else if (colour !== undefined) this.tiles.set(key, plainTile(tile, colour));
      }
      this.unread.delete(key);
    }
    return true;
  }

  private apply(item: Item, budget: Budget): boolean {
    this.waitsFor = undefined;
    if (this.unfinished === undefined) {
      if (this.repeat(item)) return true;
      const image = item.type === 'image' ? imageOf(item.hash) : undefined;
      if (item.type === 'image' && image === undefined && !isGone(item.hash)) {
        this.waitsFor = item.hash;
        return false;
      }
      // Others may need the picture's room until it is this one's turn.
      if (!budget.next()) return false;
      if (image !== undefined) borrow(image);
      this.current = { count: this.applied.length, before: new Map() };
      this.open = undefined;
      this.unfinished = { item, image, pieces: this.draw(item, image) };
    }
    const { pieces } = this.unfinished;
    while (pieces.next().done !== true) if (!budget.next()) return false;
    this.letGo();
    this.applyEnds(item);
    return true;
  }

  private applyEnds(item: Item): void {
    this.touched = performance.now();
    this.applied.push(item);
    this.checkpoints = thinned([...this.checkpoints, this.current], this.applied.length, budgetBytes);
  }

  /** Does again what was just taken back; false = it was something else. */
  private repeat(item: Item): boolean {
    const looks = this.undone.take(item);
    if (looks === undefined) return false;
    this.current = { count: this.applied.length, before: new Map([...looks.keys()].map((key) => [key, this.tiles.get(key)])) };
    this.restore({ count: 0, before: looks });
    this.applyEnds(item);
    return true;
  }

  /** Draws an item; may stop after every piece. */
  private *draw(item: Item, image: Decoded | undefined): Generator<void, void> {
    if (item.type === 'stroke') {
      this.open = { walker: new DabWalker(item), buffer: new Map() };
      for (const dabs of pieces(this.open.walker.walk(item.points))) {
        this.stamp(item, this.open.buffer, dabs);
        yield;
      }
    } else if (item.type === 'clear') {
      for (const [key, tile] of this.tiles) {
        this.current.before.set(key, tile);
        this.touch(tileRect(tile));
      }
      this.tiles.clear();
    } else {
      yield* this.lay(item, image);
    }
  }

  private *lay(item: PlainItem, image: Decoded | undefined): Generator<void, void> {
    const area = coverage(item);
    let first = true;
    for (const { tx, ty, key } of places(area)) {
      if (!this.tiles.has(key) && 'blend' in item && item.blend === 'subtract') continue;
      if (!first) yield;
      first = false;
      const tile = this.writable(tx, ty, key);
      drawItem(tile.context, item, this.kind, image, tx * tileSize, ty * tileSize);
      carryOut(tile);
      this.touch(intersect(area, tileRect(tile)));
    }
  }

  /** Takes back what was drawn of an unfinished item. */
  private drop(): void {
    this.letGo();
    this.open = undefined;
    this.restore(this.current);
  }

  private letGo(): void {
    const image = this.unfinished?.image;
    this.unfinished = undefined;
    if (image !== undefined) giveBack(image);
  }

  /** Draws touches of a stroke, and lays it over the pixels before it where they fell. */
  private stamp(stroke: Stroke, buffer: TileMap, dabs: readonly Dab[]): void {
    if (dabs.length === 0) return;
    const touches = touchesOf(stroke, this.kind, dabs);
    const area = outward(dabBounds(dabs));
    for (const { tx, ty, key } of places(area)) {
      if (stroke.blend === 'subtract' && !this.tiles.has(key)) continue;
      const here = within(touches, tileRect({ tx, ty }));
      if (here.length === 0) continue;
      const tile = this.writable(tx, ty, key);
      drawTouches(tile, key, this.current.before.get(key), stroke, buffer, here, area);
      carryOut(tile);
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
        this.undone.clear();
        return;
      }
      const item = this.applied.at(-1) as Item;
      if (checkpoint.count === this.applied.length - 1) this.undone.keep(item, checkpoint.before.keys(), this.tiles);
      else this.undone.clear();
      this.restore(checkpoint);
      this.applied.length = checkpoint.count;
    }
  }

  private restore({ before }: Checkpoint): void {
    for (const [key, tile] of before) {
      const now = this.tiles.get(key) ?? tile;
      if (now !== undefined) this.touch(tileRect(now));
      if (tile === undefined) this.tiles.delete(key);
      else this.tiles.set(key, tile);
    }
  }

  /** A tile to draw on, once for every item: how it looked before belongs to the checkpoint, and to whoever else shares it. */
  private writable(tx: number, ty: number, key: number): Tile {
    const known = this.tiles.get(key);
    if (known !== undefined && this.current.before.has(key)) return known;
    this.current.before.set(key, known);
    const made = known === undefined ? newTile(tx, ty) : copyTile(known);
    this.tiles.set(key, made);
    this.unread.add(key);
    return made;
  }

  private touch(rect: Rect): void {
    if (!isEmpty(rect)) this.dirty = union(this.dirty, rect);
  }
}
