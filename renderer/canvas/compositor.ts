import { inverse, keepsPixels, sameMatrix, transformRect } from '../document/matrix.ts';
import type { CanvasDocument, Item, Layer, RasterLayer, Rect } from '../document/records.ts';
import { unhurried } from './budget.ts';
import type { Budget } from './budget.ts';
import { LayerRaster } from './layerRaster.ts';
import { Pyramid } from './pyramid.ts';
import { intersect, isEmpty, noRect, outward, padded, union } from './rect.ts';
import { drawTiles, newCanvas, newTile, tileKey, tileRect, tileSize } from './tiles.ts';
import type { Context, TileMap } from './tiles.ts';

/** What a tool is about to leave on a layer. */
export interface LiveItem {
  readonly layerId: string;
  readonly item: Item;
}

/** What is drawn beside the document: results that wait, above everything. */
export interface Scene {
  readonly document: CanvasDocument;
  readonly live?: LiveItem | undefined;
  readonly above?: readonly RasterLayer[];
}

const modes: Readonly<Record<RasterLayer['blendMode'], GlobalCompositeOperation>> = { normal: 'source-over', multiply: 'multiply', screen: 'screen', overlay: 'overlay' };

/** How often a layer that is being drawn shows what there is. */
const lookEveryMs = 200;
/** Tiles of what lies below the painted layer, and above: those of a stroke. */
const keptBeside = 64;
/** What all layers together may keep for undo; the one painted last has its own limit. */
const undoBytes = 256 * 1024 * 1024;

interface Whole {
  readonly canvas: OffscreenCanvas;
  readonly context: Context;
  readonly bounds: Rect;
}

interface Drawn {
  readonly layer: Layer;
  readonly raster: LayerRaster;
  /** The layer in one piece, for transforms that resample: tiles would show their seams. */
  whole?: Whole | undefined;
}

export function isRaster(layer: Layer): layer is RasterLayer {
  return layer.kind === 'picture' || layer.kind === 'paint';
}

/** A control map lies on the pictures while it is selected: to be looked at, and painted on. */
function isOpenMap(layer: Layer, document: CanvasDocument): boolean {
  return layer.kind === 'control' && document.selected === layer.id;
}

const mapItems = new WeakMap<Layer, readonly Item[]>();

/** What a layer draws: of a control its map, and what was painted on it. */
function itemsOf(layer: Layer): readonly Item[] {
  if (layer.kind !== 'control' || layer.map === null || layer.size === null) return layer.items;
  const known = mapItems.get(layer) ?? [{ type: 'image', id: layer.map, blend: 'add', hash: layer.map, rect: { x: 0, y: 0, ...layer.size } } satisfies Item, ...layer.items];
  mapItems.set(layer, known);
  return known;
}

function looksAlike(a: Layer, b: Layer): boolean {
  return a.visible === b.visible && a.opacity === b.opacity && sameMatrix(a.transform, b.transform)
    && (!isRaster(a) || !isRaster(b) || a.blendMode === b.blendMode);
}

/** Keeps the layers' pixels and their composite in step with the document, drawing again only what changed. */
export class Compositor {
  readonly pyramid = new Pyramid((context, rect) => this.paintTile(context, rect));
  /** The layer painted last, and what lies below and above it as one each: a stroke on one of ten layers costs no more than on one of two. */
  private readonly beside: { layerId: string | undefined; readonly below: TileMap; readonly above: TileMap } = { layerId: undefined, below: new Map(), above: new Map() };
  private readonly drawn = new Map<string, Drawn>();
  /** Visible pictures and paint, lowest first. */
  private stack: readonly Drawn[] = [];
  private order = '';
  /** Bounds of all pictures and paint that are seen, in canvas pixels. */
  bounds: Rect = noRect;
  private readonly donor: Compositor | undefined;
  /** Changed, and not yet told to the pyramid. */
  private unseen: Rect = noRect;
  private seenAt = -Infinity;

  /** `donor`: whose pixels are taken over where they are the same. */
  constructor(donor?: Compositor) {
    this.donor = donor;
  }

  raster(layerId: string): LayerRaster | undefined {
    return this.drawn.get(layerId)?.raster;
  }

  /** Brings everything up to date, as far as the budget goes. Returns the canvas pixels of pictures, and of masks, that look different now. */
  update({ document, live, above = [] }: Scene, budget: Budget = unhurried): { readonly pictures: Rect; readonly masks: Rect } {
    let pictures = noRect;
    let masks = noRect;
    let othersChanged = false;
    if (live !== undefined && live.layerId !== this.beside.layerId) {
      this.beside.layerId = live.layerId;
      othersChanged = true;
    }
    const layers = [...document.order.flatMap((id) => document.layers[id] ?? []), ...above];
    const present = new Set(layers.map((layer) => layer.id));
    for (const [id, { layer, raster }] of this.drawn) {
      if (present.has(id)) continue;
      this.drawn.delete(id);
      raster.discard();
      const gone = transformRect(layer.transform, raster.bounds);
      othersChanged = true;
      if (isRaster(layer)) pictures = union(pictures, gone);
      else masks = union(masks, gone);
    }
    for (const layer of layers) {
      if (layer.kind === 'reference') continue;
      const changed = this.updateLayer(layer, live?.layerId === layer.id ? live.item : undefined, budget);
      if (layer.id !== this.beside.layerId && layer.kind !== 'mask' && !isEmpty(changed)) othersChanged = true;
      if (isRaster(layer) || layer.kind === 'control') pictures = union(pictures, changed);
      else masks = union(masks, changed);
    }
    const stack = layers.filter((layer) => (isRaster(layer) || isOpenMap(layer, document)) && layer.visible && layer.opacity > 0).map((layer) => this.drawn.get(layer.id) as Drawn);
    const order = stack.map(({ layer }) => layer.id).join();
    this.stack = stack;
    this.bounds = stack.reduce((sum, { layer, raster }) => union(sum, outward(transformRect(layer.transform, raster.bounds))), noRect);
    // A layer that went elsewhere in the order changes all that it touches.
    if (order !== this.order) {
      pictures = union(pictures, this.moved(this.order.split(','), stack));
      othersChanged = true;
    }
    this.order = order;
    if (othersChanged) {
      this.beside.below.clear();
      this.beside.above.clear();
    }
    this.relieve();
    // A layer that takes many frames to draw is looked at now and then: between, the time is its own.
    this.unseen = union(this.unseen, pictures);
    if (!isEmpty(this.unseen) && (performance.now() - this.seenAt > lookEveryMs || live !== undefined || !this.wantsTime)) {
      pictures = this.unseen;
      this.pyramid.invalidate(pictures);
      this.unseen = noRect;
      this.seenAt = performance.now();
      return { pictures, masks };
    }
    return { pictures: noRect, masks };
  }

  /** Draws pictures and paint, or only these layers, of a rectangle of the canvas, pixel by pixel. */
  paint(context: Context, rect: Rect, only?: (layer: Layer) => boolean): boolean {
    let drawn = false;
    for (const entry of this.stack) if (only === undefined || only(entry.layer)) drawn = this.paintLayer(context, entry, rect) || drawn;
    return drawn;
  }

  /** The same for a part of one tile of the composite, with what lies beside the painted layer kept as pictures. */
  private paintTile(context: Context, rect: Rect): boolean {
    const at = this.stack.findIndex(({ layer }) => layer.id === this.beside.layerId);
    if (at < 0) return this.paint(context, rect);
    const above = this.stack.slice(at + 1);
    this.paintTogether(context, rect, this.stack.slice(0, at), this.beside.below);
    this.paintLayer(context, this.stack[at] as Drawn, rect);
    // Together they look the same only where each simply covers what is below.
    if (above.every(({ layer }) => !isRaster(layer) || layer.blendMode === 'normal')) this.paintTogether(context, rect, above, this.beside.above);
    else for (const entry of above) this.paintLayer(context, entry, rect);
    return true;
  }

  private paintTogether(context: Context, rect: Rect, entries: readonly Drawn[], kept: TileMap): void {
    // One layer is drawn as fast as its copy.
    if (entries.length < 2) {
      for (const entry of entries) this.paintLayer(context, entry, rect);
      return;
    }
    const [tx, ty] = [Math.floor(rect.x / tileSize), Math.floor(rect.y / tileSize)];
    const key = tileKey(tx, ty);
    let one = kept.get(key);
    if (one === undefined) {
      one = newTile(tx, ty);
      for (const entry of entries) this.paintLayer(one.context, entry, tileRect(one));
      kept.set(key, one);
      for (const old of [...kept.keys()].slice(0, Math.max(0, kept.size - keptBeside))) kept.delete(old);
    }
    context.drawImage(one.canvas, rect.x - tx * tileSize, rect.y - ty * tileSize, rect.width, rect.height, 0, 0, rect.width, rect.height);
  }

  /** Whether something waits for time and not for a picture. */
  get wantsTime(): boolean {
    return [...this.drawn.values()].some(({ raster }) => raster.wantsTime);
  }

  /** Finds tiles that need no pixels of their own; false = not done within the budget. */
  compact(budget: Budget): boolean {
    for (const { raster } of this.drawn.values()) if (!raster.compact(budget)) return false;
    return true;
  }

  /** Keeps undo within its share of memory: the layers whose turn was longest ago forget theirs first. */
  private relieve(): void {
    const keepers = [...this.drawn.values()].map(({ raster }) => raster).filter(({ undoBytes }) => undoBytes > 0).toSorted((a, b) => b.touched - a.touched);
    let bytes = 0;
    for (const [index, raster] of keepers.entries()) {
      bytes += raster.undoBytes;
      if (index > 0 && bytes > undoBytes) raster.forgetUndo();
    }
  }

  /** Draws one layer, whatever its kind and visibility, without opacity and blending. */
  paintAlone(context: Context, layerId: string, rect: Rect): boolean {
    const entry = this.drawn.get(layerId);
    return entry !== undefined && this.paintLayer(context, { ...entry, layer: { ...entry.layer, opacity: 1, ...(isRaster(entry.layer) ? { blendMode: 'normal' as const } : {}) } }, rect);
  }

  private updateLayer(layer: Exclude<Layer, { kind: 'reference' }>, live: Item | undefined, budget: Budget): Rect {
    const before = this.drawn.get(layer.id);
    const raster = before?.raster ?? new LayerRaster(layer.kind === 'mask' ? 'alpha' : 'colour');
    const items = itemsOf(layer);
    const oldBounds = before === undefined ? noRect : transformRect(before.layer.transform, raster.bounds);
    const taken = raster.isBare && items.length > 0 && raster.adopt(items, this.rasters());
    const drawn = raster.update(items, live, budget);
    const changed = taken ? union(drawn, raster.bounds) : drawn;
    const whole = before?.whole;
    if (whole !== undefined && !isEmpty(changed)) this.refreshWhole(whole, raster, changed);
    const entry: Drawn = { layer, raster, whole: whole !== undefined && sameBounds(whole.bounds, raster.bounds) ? whole : undefined };
    this.drawn.set(layer.id, entry);
    if (before === undefined || !looksAlike(before.layer, layer)) return outward(union(oldBounds, transformRect(layer.transform, raster.bounds)));
    return isEmpty(changed) ? noRect : outward(transformRect(layer.transform, keepsPixels(layer.transform) ? changed : padded(changed, 2)));
  }

  private rasters(): readonly LayerRaster[] {
    return [...this.drawn.values(), ...(this.donor?.drawn.values() ?? [])].map((one) => one.raster);
  }

  private moved(before: readonly string[], stack: readonly Drawn[]): Rect {
    return stack.reduce((sum, { layer, raster }, index) => (before[index] === layer.id ? sum : union(sum, outward(transformRect(layer.transform, raster.bounds)))), noRect);
  }

  private paintLayer(context: Context, entry: Drawn, rect: Rect): boolean {
    const { layer, raster } = entry;
    const back = inverse(layer.transform);
    if (back === undefined || raster.tiles.size === 0) return false;
    const own = intersect(outward(padded(transformRect(back, rect), 2)), raster.bounds);
    if (isEmpty(own)) return false;
    const [a, b, c, d, e, f] = layer.transform;
    context.save();
    context.globalAlpha = layer.opacity;
    context.globalCompositeOperation = isRaster(layer) ? modes[layer.blendMode] : 'source-over';
    if (a === 1 && b === 0 && c === 0 && d === 1 && Number.isInteger(e) && Number.isInteger(f)) {
      const part = { x: rect.x - e, y: rect.y - f, width: rect.width, height: rect.height };
      drawTiles(context, raster.tiles, part, 0, 0);
    } else {
      entry.whole ??= this.makeWhole(raster);
      context.translate(-rect.x, -rect.y);
      context.transform(a, b, c, d, e, f);
      context.imageSmoothingEnabled = !keepsPixels(layer.transform);
      context.imageSmoothingQuality = 'high';
      context.drawImage(entry.whole.canvas, entry.whole.bounds.x, entry.whole.bounds.y);
    }
    context.restore();
    return true;
  }

  private makeWhole(raster: LayerRaster): Whole {
    const { bounds } = raster;
    const whole = { ...newCanvas(bounds.width, bounds.height), bounds };
    drawTiles(whole.context, raster.tiles, bounds, 0, 0);
    return whole;
  }

  private refreshWhole({ context, bounds }: Whole, raster: LayerRaster, changed: Rect): void {
    const part = intersect(outward(changed), bounds);
    if (isEmpty(part)) return;
    context.clearRect(part.x - bounds.x, part.y - bounds.y, part.width, part.height);
    drawTiles(context, raster.tiles, part, part.x - bounds.x, part.y - bounds.y);
  }
}

function sameBounds(a: Rect, b: Rect): boolean {
  return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
}
