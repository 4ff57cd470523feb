/** How far the pictures reach below the frame: what is known there, and what would have to be drawn. */
import { contains, contentBounds, documentBounds, intersection, layersBounds, orderedLayers } from './bounds.ts';
import { frameUnit } from './frameGeometry.ts';
import type { PlacedPixels } from './make.ts';
import { liveItems } from './ops/items.ts';
import { transformRect } from './matrix.ts';
import type { CanvasDocument, Item, Layer, RasterLayer, Rect } from './records.ts';

/** What of the frame is opaque. From the records it is an estimate (a picture may have holes); the page can measure it. */
export interface Coverage {
  /** Every pixel of the frame that lies within `bounds` is opaque. */
  readonly solid: boolean;
  /** The box around whatever is opaque, within the frame, on whole canvas pixels; null = nothing is there. */
  readonly bounds: Rect | null;
}

/** The visible pictures and paint that the frame shows, lowest first. */
export function framedLayers(document: CanvasDocument): readonly RasterLayer[] {
  return orderedLayers(document).filter((layer): layer is RasterLayer => {
    if (!layer.visible || layer.opacity === 0 || (layer.kind !== 'picture' && layer.kind !== 'paint')) return false;
    const bounds = layersBounds([layer]);
    return bounds !== null && intersection(bounds, document.frame) !== null;
  });
}

// The prompt asks with every letter that is typed.
const estimates = new WeakMap<CanvasDocument, Coverage>();

/** The coverage that the records promise. */
export function estimateCoverage(document: CanvasDocument): Coverage {
  const known = estimates.get(document) ?? estimate(document);
  estimates.set(document, known);
  return known;
}

function estimate(document: CanvasDocument): Coverage {
  const { frame } = document;
  const layers = framedLayers(document);
  const around = layersBounds(layers);
  const bounds = around && intersection(around, frame);
  if (bounds === null) return { solid: false, bounds: null };
  const opaque = layers.flatMap(opaqueRects).flatMap((rect) => intersection(rect, bounds) ?? []);
  return { solid: isCovered(bounds, opaque), bounds };
}

/** The boxes that a layer surely fills: upright, opaque pictures and rectangles on which nothing was erased. */
function opaqueRects(layer: Layer): readonly Rect[] {
  const [, b, c] = layer.transform;
  const items = liveItems(layer);
  if (layer.opacity < 1 || b !== 0 || c !== 0 || items.some((item) => item.type === 'invert' || (item.type !== 'clear' && item.blend === 'subtract'))) return [];
  return items.flatMap((item) => fillsItsBox(item) ? transformRect(layer.transform, item.rect) : []);
}

function fillsItsBox(item: Item): item is Extract<Item, { rect: Rect }> {
  if ('clip' in item && item.clip !== undefined) return false;
  return item.type === 'image' || (item.type === 'rectangle' && item.colour.a === 1);
}

/** Whether boxes together cover a box. */
export function isCovered(whole: Rect, rects: readonly Rect[]): boolean {
  let left: readonly Rect[] = [whole];
  // The largest first: most often one picture covers everything.
  for (const rect of rects.toSorted((a, b) => b.width * b.height - a.width * a.height)) {
    left = left.flatMap((piece) => without(piece, rect));
    if (left.length === 0) return true;
  }
  return left.length === 0;
}

/** What is left of a box beside another: up to four pieces. */
function without(piece: Rect, rect: Rect): readonly Rect[] {
  const cut = intersection(piece, rect);
  if (cut === null) return [piece];
  const { x, y, width, height } = piece;
  const pieces: readonly Rect[] = [
    { x, y, width, height: cut.y - y },
    { x, y: cut.y + cut.height, width, height: y + height - cut.y - cut.height },
    { x, y: cut.y, width: cut.x - x, height: cut.height },
    { x: cut.x + cut.width, y: cut.y, width: x + width - cut.x - cut.width, height: cut.height },
  ];
  return pieces.filter((one) => one.width > 0 && one.height > 0);
}

export interface Overhang {
  readonly left: number;
  readonly top: number;
  readonly right: number;
  readonly bottom: number;
}

/** By how many pixels a frame reaches beyond a box, per side. */
export function overhang(frame: Rect, bounds: Rect): Overhang {
  const beyond = (length: number): number => Math.max(0, length);
  return {
    left: beyond(bounds.x - frame.x), top: beyond(bounds.y - frame.y),
    right: beyond(frame.x + frame.width - bounds.x - bounds.width), bottom: beyond(frame.y + frame.height - bounds.y - bounds.height),
  };
}

/** Whether a frame reaches farther than the model's grid forces it to: a picture 1001 wide sits in a frame of 1024, which extends nothing. */
export function isExtension({ left, top, right, bottom }: Overhang): boolean {
  return left + right >= frameUnit || top + bottom >= frameUnit;
}

/**
 * What of a result belongs to the canvas, in canvas pixels: all of the frame, but where it hangs over the pictures by no more than the
 * grid, only as far as they reach. So a picture keeps its size whatever that is.
 */
export function keptRect(document: CanvasDocument, frame: Rect = document.frame): Rect {
  const around = documentBounds(document);
  const bounds = around && intersection(around, frame);
  return bounds === null || isExtension(overhang(frame, bounds)) ? frame : bounds;
}

/** A result's pixels cut to what belongs to the canvas; unscaled, so its own pixels count from its left top corner. */
export function cutToKept(pixels: PlacedPixels, keep: Rect): PlacedPixels {
  const rect = intersection(pixels.rect, keep);
  if (rect === null || contains(keep, pixels.rect)) return pixels;
  return { hash: pixels.hash, rect, part: { ...rect, x: rect.x - pixels.rect.x, y: rect.y - pixels.rect.y } };
}

/** Visible masks that hold something within the frame, lowest first. */
export function framedMasks(document: CanvasDocument, empty: ReadonlySet<string> = new Set()): readonly Extract<Layer, { kind: 'mask' }>[] {
  return orderedLayers(document).filter((layer): layer is Extract<Layer, { kind: 'mask' }> => {
    if (layer.kind !== 'mask' || !layer.visible || empty.has(layer.id) || contentBounds(layer) === null) return false;
    const bounds = layersBounds([layer]);
    return bounds !== null && intersection(bounds, document.frame) !== null;
  });
}
