/** Steps that every operation on a layer takes. */
import { done, refuse } from '../outcome.ts';
import type { Op, Outcome } from '../outcome.ts';
import type { CanvasDocument, Layer, LayerKind, Rect } from '../records.ts';

/** The document with one layer in place of the one of the same id. */
export function withLayer(document: CanvasDocument, layer: Layer): CanvasDocument {
  return { ...document, layers: { ...document.layers, [layer.id]: layer } };
}

/** Reads a layer for a change. NOT_FOUND, or LOCKED unless `lockedToo`. */
export function onLayer(id: string, change: (layer: Layer, document: CanvasDocument) => Outcome, options: { readonly lockedToo?: boolean } = {}): Op {
  return (document) => {
    const layer = layerOf(document, id);
    if (layer === undefined) return refuse('NOT_FOUND', 'That layer is gone', id);
    if (layer.locked && options.lockedToo !== true) return lockedRefusal(layer);
    return change(layer, document);
  };
}

export function lockedRefusal(layer: Layer): Outcome {
  return refuse('LOCKED', `${layer.name} is locked`, layer.id);
}

/** Safe for ids that come from outside, such as `__proto__`. */
export function layerOf(document: CanvasDocument, id: string): Layer | undefined {
  return Object.hasOwn(document.layers, id) ? document.layers[id] : undefined;
}

/** Changes fields of a layer; NOTHING where all of them hold already. */
export function patched<T extends Layer>(document: CanvasDocument, layer: T, patch: Partial<T>): Outcome {
  const keys = Object.keys(patch) as (keyof T)[];
  if (keys.every((key) => Object.is(layer[key], patch[key]))) return refuse('NOTHING', 'Nothing would change', layer.id);
  return done(withLayer(document, { ...layer, ...patch }));
}

export function wrongKind(layer: Layer, wanted: string): Outcome {
  return refuse('WRONG_KIND', `${layer.name} is not ${wanted}`, layer.id);
}

export function isRaster(kind: LayerKind): kind is 'picture' | 'paint' {
  return kind === 'picture' || kind === 'paint';
}

/** Whether a number lies within bounds, both included; NaN does not. */
export function within(value: number, least: number, most: number): boolean {
  return value >= least && value <= most;
}

/** Coordinates beyond this cannot be told apart from damage. */
const far = 1_000_000;

export function isPlace(value: number): boolean {
  return within(value, -far, far);
}

export function isSoundRect({ x, y, width, height }: Rect): boolean {
  return isPlace(x) && isPlace(y) && within(width, 0, far) && within(height, 0, far);
}

/** A sound rectangle that holds something. */
export function isArea(rect: Rect): boolean {
  return isSoundRect(rect) && rect.width > 0 && rect.height > 0;
}
