/** What lies on a layer: strokes, shapes, pictures; clearing and inverting. */
import { newId } from '../make.ts';
import { done, refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import type { CanvasDocument, Item, Layer, Rect } from '../records.ts';
import { isArea, isPlace, onLayer, patched, within, withLayer, wrongKind } from './support.ts';
import { isSoundSelection } from './selection.ts';

/** Whether an item can be drawn at all: finite numbers, whole triples and pairs, something to see. */
export function isSoundItem(item: Item): boolean {
  if ('clip' in item && item.clip !== undefined && !isSoundSelection(item.clip)) return false;
  switch (item.type) {
    case 'stroke':
      return item.points.length >= 3 && item.points.length % 3 === 0 && item.points.every(isPlace)
        && within(item.size, 0.01, 10_000) && within(item.hardness, 0, 1) && within(item.opacity, 0, 1);
    case 'polygon': return item.points.length >= 6 && item.points.length % 2 === 0 && item.points.every(isPlace);
    case 'image': return isArea(item.rect) && (item.part === undefined || (isArea(item.part) && item.part.x >= 0 && item.part.y >= 0));
    case 'rectangle':
    case 'ellipse':
    case 'invert': return isArea(item.rect);
    case 'clear': return true;
  }
}

/** Lays an item on a layer. HIDDEN where the layer is not seen: nobody should paint blind. References hold no items. */
export function addItem(id: string, item: Item): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind === 'reference') return wrongKind(layer, 'a layer to paint on');
    if (!layer.visible) return refuse('HIDDEN', `${layer.name} is hidden`, id);
    if (item.type === 'invert' && layer.kind !== 'mask') return wrongKind(layer, 'a mask');
    if (!isSoundItem(item)) return refuse('INVALID', 'Nothing there to draw', id);
    return done(withItem(document, layer, item));
  });
}

function withItem(document: CanvasDocument, layer: Layer, item: Item): CanvasDocument {
  return withLayer(document, { ...layer, items: [...layer.items, item] });
}

/** Empties a layer. What was there stays in the record, so undo costs nothing. */
export function clearLayer(id: string): Op {
  const item: Item = { type: 'clear', id: newId() };
  return onLayer(id, (layer, document) => isEmpty(layer) ? refuse('NOTHING', `${layer.name} is empty already`, id) : done(withItem(document, layer, item)));
}

/** A mask within `rect` (layer pixels) becomes its opposite. */
export function invertMask(id: string, rect: Rect): Op {
  return addItem(id, { type: 'invert', id: newId(), rect });
}

/** The items that still matter: those after the last clear. */
export function liveItems(layer: Layer): readonly Item[] {
  const last = layer.items.findLastIndex((item) => item.type === 'clear');
  return last < 0 ? layer.items : layer.items.slice(last + 1);
}

export function isEmpty(layer: Layer): boolean {
  return layer.items.length === 0 || layer.items.at(-1)?.type === 'clear';
}

/** Pixels over which a mask fades, 0–1,000; null = a tenth of the selection's diagonal. */
export function setFeather(id: string, feather: number | null): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind !== 'mask') return wrongKind(layer, 'a mask');
    return feather === null || within(feather, 0, 1_000) ? patched(document, layer, { feather }) : refuse('INVALID', 'Feather goes from 0 to 1,000 px', id);
  });
}

/** Pixels by which a mask grows, or shrinks below 0; −1,000 to 1,000. */
export function setGrow(id: string, grow: number): Op {
  return onLayer(id, (layer, document) => {
    if (layer.kind !== 'mask') return wrongKind(layer, 'a mask');
    return within(grow, -1_000, 1_000) ? patched(document, layer, { grow: grow + 0 }) : refuse('INVALID', 'Grow goes from −1,000 to 1,000 px', id);
  });
}
