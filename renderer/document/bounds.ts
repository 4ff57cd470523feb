/** Boxes around things. All are conservative: nothing is drawn outside, though not every pixel inside need be. */
import { transformRect } from './matrix.ts';
import type { CanvasDocument, Item, Layer, Rect } from './records.ts';

/** The smallest box around both; null is the empty box. */
export function union(a: Rect | null, b: Rect | null): Rect | null {
  if (a === null || b === null) return a ?? b;
  const x = Math.min(a.x, b.x);
  const y = Math.min(a.y, b.y);
  return { x, y, width: Math.max(a.x + a.width, b.x + b.width) - x, height: Math.max(a.y + a.height, b.y + b.height) - y };
}

/** What both have in common; null where they only touch or not even that. */
export function intersection(a: Rect, b: Rect): Rect | null {
  const x = Math.max(a.x, b.x);
  const y = Math.max(a.y, b.y);
  const width = Math.min(a.x + a.width, b.x + b.width) - x;
  const height = Math.min(a.y + a.height, b.y + b.height) - y;
  return width > 0 && height > 0 ? { x, y, width, height } : null;
}

export function contains(outer: Rect, inner: Rect): boolean {
  return inner.x >= outer.x && inner.y >= outer.y && inner.x + inner.width <= outer.x + outer.width && inner.y + inner.height <= outer.y + outer.height;
}

/** The box on whole pixels that covers a box. Rounding errors of a transform do not add a pixel. */
export function outwards({ x, y, width, height }: Rect): Rect {
  const slack = 1e-6;
  const left = Math.floor(x + slack);
  const top = Math.floor(y + slack);
  return { x: left + 0, y: top + 0, width: Math.ceil(x + width - slack) - left, height: Math.ceil(y + height - slack) - top };
}

/** The box around flat coordinates, every `stride` numbers a point. */
export function pointsBounds(points: readonly number[], stride: number): Rect | null {
  let left = Infinity;
  let top = Infinity;
  let right = -Infinity;
  let bottom = -Infinity;
  for (let i = 0; i + 1 < points.length; i += stride) {
    const x = points[i] ?? 0;
    const y = points[i + 1] ?? 0;
    if (x < left) left = x;
    if (x > right) right = x;
    if (y < top) top = y;
    if (y > bottom) bottom = y;
  }
  return right < left ? null : { x: left, y: top, width: right - left, height: bottom - top };
}

// Boxes of strokes are asked for on every repaint, and a stroke never changes.
const known = new WeakMap<Item, Rect | null>();

/** Where an item may change pixels, in layer pixels; null for one that has no place of its own (clear). */
export function itemBounds(item: Item): Rect | null {
  const before = known.get(item);
  if (before !== undefined) return before;
  const bounds = measure(item);
  known.set(item, bounds);
  return bounds;
}

function measure(item: Item): Rect | null {
  const whole = measureWhole(item);
  const clip = 'clip' in item ? item.clip : undefined;
  return whole && clip ? intersection(whole, transformRect(clip.transform, clip.rect)) : whole;
}

function measureWhole(item: Item): Rect | null {
  switch (item.type) {
    case 'stroke': {
      const line = pointsBounds(item.points, 3);
      // A pixel more for the soft edge of antialiasing.
      const pad = item.size / 2 + 1;
      return line && { x: line.x - pad, y: line.y - pad, width: line.width + 2 * pad, height: line.height + 2 * pad };
    }
    case 'polygon': return pointsBounds(item.points, 2);
    case 'rectangle':
    case 'ellipse':
    case 'image':
    case 'invert': return item.rect;
    case 'clear': return null;
  }
}

/** The box around what a layer shows, in layer pixels; null when it is empty. */
export function contentBounds(layer: Layer): Rect | null {
  let bounds: Rect | null = layer.kind === 'control' && layer.size !== null ? { x: 0, y: 0, ...layer.size } : null;
  for (const item of layer.items) {
    if (item.type === 'clear') bounds = null;
    // Erasing adds nothing.
    else if (item.type === 'invert' || item.blend === 'add') bounds = union(bounds, itemBounds(item));
  }
  return bounds;
}

/** The box around what a layer shows, in canvas pixels (not rounded); null when it is empty. */
export function layerBounds(layer: Layer): Rect | null {
  const content = contentBounds(layer);
  return content && transformRect(layer.transform, content);
}

/** The box of several layers, on whole canvas pixels. */
export function layersBounds(layers: readonly Layer[]): Rect | null {
  const bounds = layers.reduce<Rect | null>((box, layer) => union(box, layerBounds(layer)), null);
  return bounds && outwards(bounds);
}

/** Layers in the order of drawing, lowest first. */
export function orderedLayers(document: CanvasDocument): readonly Layer[] {
  return document.order.flatMap((id) => document.layers[id] ?? []);
}

/** What is seen and exported: visible pictures and paint, on whole canvas pixels. */
export function documentBounds(document: CanvasDocument): Rect | null {
  return layersBounds(orderedLayers(document).filter((layer) => layer.visible && (layer.kind === 'picture' || layer.kind === 'paint')));
}

/** Visible masks, on whole canvas pixels. */
export function masksBounds(document: CanvasDocument): Rect | null {
  return layersBounds(orderedLayers(document).filter((layer) => layer.visible && layer.kind === 'mask'));
}
