import type { Item, Rect } from '../document/records.ts';
import { unhurried } from './budget.ts';
import type { Budget } from './budget.ts';
import { clipArea, cutToClip } from './clip.ts';
import type { ClipPixels } from './clip.ts';
import { DabWalker, dabBounds } from './dabs.ts';
import type { Dab } from './dabs.ts';
import { borrow, giveBack, imageOf, isGone } from './images.ts';
import type { Decoded } from './images.ts';
import { coverage, drawItem } from './rasterize.ts';
import type { PlainItem, RasterKind } from './rasterize.ts';
import { intersect, isEmpty, noRect, outward } from './rect.ts';
import { alike, grows, same } from './sameItem.ts';
import { drawTouches, pieces, touchesOf, within } from './strokes.ts';
import type { OpenStroke, Stroke } from './strokes.ts';
import { TileHistory } from './tileHistory.ts';
import { carryOut, mapBounds, places, tileRect, tileSize } from './tiles.ts';
import type { TileMap } from './tiles.ts';

/** The pictures that an item is drawn with. */
interface Sources {
  readonly image: Decoded | undefined;
  readonly clip: ClipPixels | undefined;
}

/** An item that is being drawn, a piece at a time. */
interface Unfinished {
  readonly item: Item;
  readonly pieces: Generator<void, void>;
}

/**
 * A layer's items as tiles of pixels. Only what is new is drawn; what is undone comes back from checkpoints. The pixels are a pure
 * function of the items, however they came to be drawn.
 */
export class LayerRaster {
  readonly kind: RasterKind;
  private readonly history = new TileHistory();
  private applied: Item[] = [];
  private open: OpenStroke | undefined;
  private unfinished: Unfinished | undefined;
  /** Kept open for the item under way: a growing stroke needs its clip with every touch. */
  private borrowed: readonly Decoded[] = [];

  constructor(kind: RasterKind) {
    this.kind = kind;
  }

  get tiles(): TileMap {
    return this.history.tiles;
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
    return this.history.bytes;
  }

  /** Undo will draw the items again. */
  forgetUndo(): void {
    this.history.forget();
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
    this.history.copy(best.history);
    this.applied = [...best.applied];
    return true;
  }

  /** Draws what changed, as far as the budget goes; `live` is what a tool is about to leave behind. Returns the layer pixels that are different now. */
  update(items: readonly Item[], live?: Item, budget: Budget = unhurried): Rect {
    this.history.dirty = noRect;
    const wanted = live === undefined ? items : [...items, live];
    const last = this.applied.length - 1;
    let common = 0;
    while (common <= last && common < wanted.length && same(this.applied[common], wanted[common])) common++;
    // The points of a live stroke are one array that grows.
    if (common > last && this.open !== undefined && this.unfinished === undefined) common = last;
    if (common === last && this.open !== undefined && this.unfinished === undefined && grows(this.applied[last], wanted[last])) {
      const stroke = wanted[last];
      this.stamp(stroke, this.open, [...this.open.walker.walk(stroke.points)]);
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
    if (live === undefined && this.unfinished === undefined) this.letGo();
    return this.history.dirty;
  }

  /** Finds tiles of one colour, which then cost nothing, as far as the budget goes; false = not done. */
  compact(budget: Budget): boolean {
    return this.open !== undefined || this.unfinished !== undefined || this.history.compact(budget);
  }

  private apply(item: Item, budget: Budget): boolean {
    this.waitsFor = undefined;
    if (this.unfinished === undefined) {
      if (this.history.repeat(item, this.applied.length)) {
        this.applyEnds(item);
        return true;
      }
      const sources = this.sourcesOf(item);
      // Others may need the pictures' room until it is this one's turn.
      if (sources === undefined || !budget.next()) return false;
      this.letGo();
      this.borrowed = [sources.image, sources.clip?.image].filter((one) => one !== undefined);
      this.borrowed.forEach(borrow);
      this.history.begin(this.applied.length);
      this.unfinished = { item, pieces: this.draw(item, sources) };
    }
    const { pieces } = this.unfinished;
    while (pieces.next().done !== true) if (!budget.next()) return false;
    this.unfinished = undefined;
    if (this.open === undefined) this.letGo();
    this.applyEnds(item);
    this.history.end(this.applied.length);
    return true;
  }

  private applyEnds(item: Item): void {
    this.touched = performance.now();
    this.applied.push(item);
  }

  /** The pictures of an item; undefined = one of them is still on its way. */
  private sourcesOf(item: Item): Sources | undefined {
    const clip = 'clip' in item ? item.clip : undefined;
    const found = [item.type === 'image' ? item.hash : undefined, clip?.hash].map((hash) => {
      const image = hash === undefined ? undefined : imageOf(hash);
      if (hash !== undefined && image === undefined && !isGone(hash)) this.waitsFor ??= hash;
      return image;
    });
    return this.waitsFor === undefined ? { image: found[0], clip: clip && { clip, image: found[1] } } : undefined;
  }

  /** Draws an item; may stop after every piece. */
  private *draw(item: Item, { image, clip }: Sources): Generator<void, void> {
    if (item.type === 'stroke') {
      this.open = { walker: new DabWalker(item), buffer: new Map(), clip };
      for (const dabs of pieces(this.open.walker.walk(item.points))) {
        this.stamp(item, this.open, dabs);
        yield;
      }
    } else if (item.type === 'clear') {
      this.history.empty();
    } else {
      yield* this.lay(item, image, clip);
    }
  }

  private *lay(item: PlainItem, image: Decoded | undefined, clip: ClipPixels | undefined): Generator<void, void> {
    const area = clip === undefined ? coverage(item) : intersect(coverage(item), clipArea(clip.clip));
    let first = true;
    for (const { tx, ty, key } of places(area)) {
      if (!this.tiles.has(key) && 'blend' in item && item.blend === 'subtract') continue;
      if (!first) yield;
      first = false;
      const tile = this.history.writable(tx, ty, key);
      const own = tileRect(tile);
      const part = intersect(area, own);
      if (clip === undefined || item.type === 'invert') {
        drawItem(tile.context, item, this.kind, image, tx * tileSize, ty * tileSize);
      } else {
        const cut = cutToClip(clip, own, part, (sheet) => drawItem(sheet, { ...item, blend: 'add' }, this.kind, image, tx * tileSize, ty * tileSize));
        const [x, y] = [part.x - own.x, part.y - own.y];
        tile.context.globalCompositeOperation = item.blend === 'add' ? 'source-over' : 'destination-out';
        tile.context.drawImage(cut, x, y, part.width, part.height, x, y, part.width, part.height);
        tile.context.globalCompositeOperation = 'source-over';
      }
      carryOut(tile);
      this.history.touch(part);
    }
  }

  /** Takes back what was drawn of an unfinished item. */
  private drop(): void {
    this.letGo();
    this.history.drop();
  }

  private letGo(): void {
    this.unfinished = undefined;
    this.open = undefined;
    const images = this.borrowed;
    this.borrowed = [];
    images.forEach(giveBack);
  }

  /** Draws touches of a stroke, and lays it over the pixels before it where they fell. */
  private stamp(stroke: Stroke, { buffer, clip }: OpenStroke, dabs: readonly Dab[]): void {
    if (dabs.length === 0) return;
    const touches = touchesOf(stroke, this.kind, dabs);
    const fallen = outward(dabBounds(dabs));
    const area = clip === undefined ? fallen : intersect(fallen, clipArea(clip.clip));
    if (isEmpty(area)) return;
    for (const { tx, ty, key } of places(area)) {
      if (stroke.blend === 'subtract' && !this.tiles.has(key)) continue;
      const here = within(touches, tileRect({ tx, ty }));
      if (here.length === 0) continue;
      const tile = this.history.writable(tx, ty, key);
      drawTouches(tile, key, this.history.before(key), stroke, { buffer, clip }, here, area);
      carryOut(tile);
    }
    this.history.touch(area);
  }

  private rollBack(count: number): void {
    this.letGo();
    this.applied.length = this.history.rollBack(this.applied, count);
  }
}
