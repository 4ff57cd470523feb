/** Layers as a whole: adding, removing, order, names, locks, what is seen. */
import { copyLayer, imageItem, newId } from '../make.ts';
import { done, refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import type { CanvasDocument, Layer, RasterLayer, Rect } from '../records.ts';
import { identity } from '../records.ts';
import { isSoundItem } from './items.ts';
import { isRaster, layerOf, lockedRefusal, onLayer, patched, within, withLayer, wrongKind } from './support.ts';

/** As many as one document may hold; past it every panel and file would suffer. */
export const maxLayers = 1_000;

/** Adds a layer and selects it. It goes above `above`, by default the selected layer; null = at the bottom. */
export function addLayer(layer: Layer, above?: string | null): Op {
  return (document) => {
    if (layerOf(document, layer.id) !== undefined) return refuse('INVALID', 'A layer of that id is there already', layer.id);
    if (document.order.length >= maxLayers) return refuse('INVALID', `A canvas holds at most ${maxLayers} layers`);
    if (!layer.items.every(isSoundItem)) return refuse('INVALID', 'Nothing there to draw', layer.id);
    const anchor = above === undefined ? document.selected : above;
    const found = anchor === null ? -1 : document.order.indexOf(anchor);
    const at = above === null ? 0 : found < 0 ? document.order.length : found + 1;
    return done({ ...withLayer(document, layer), order: document.order.toSpliced(at, 0, layer.id), selected: layer.id });
  };
}

/** Removes a layer; the one below it (else above) is selected next. */
export function removeLayer(id: string): Op {
  return onLayer(id, (_layer, document) => done(without(document, id)));
}

/** The document without a layer, with a sensible selection. */
export function without(document: CanvasDocument, id: string): CanvasDocument {
  const at = document.order.indexOf(id);
  const order = document.order.filter((one) => one !== id);
  const { [id]: _gone, ...layers } = document.layers;
  const selected = document.selected === id ? order[Math.max(0, at - 1)] ?? null : document.selected;
  return { ...document, order, layers, selected };
}

/** A copy above the original, selected and unlocked; `copyId` names it so that the caller can go on with it. */
export function duplicateLayer(id: string, copyId: string = newId()): Op {
  return onLayer(id, (layer, document) => addLayer(copyLayer(layer, copyId, copyName(document, layer.name)), id)(document), { lockedToo: true });
}

function copyName(document: CanvasDocument, name: string): string {
  const taken = new Set(Object.values(document.layers).map((layer) => layer.name));
  const stem = name.replace(/ copy( \d+)?$/, '').slice(0, 180);
  let next = `${stem} copy`;
  for (let n = 2; taken.has(next); n++) next = `${stem} copy ${n}`;
  return next;
}

/** Names are trimmed, 1–200 characters. */
export function renameLayer(id: string, name: string): Op {
  return onLayer(id, (layer, document) => {
    const next = name.trim();
    if (next === '' || next.length > 200) return refuse('INVALID', 'A name has 1 to 200 characters', id);
    return patched(document, layer, { name: next });
  }, { lockedToo: true });
}

/** Moves a layer to a place in the drawing order, 0 = lowest; beyond the ends it stops there. */
export function reorderLayer(id: string, to: number): Op {
  return onLayer(id, (_layer, document) => {
    if (Number.isNaN(to)) return refuse('INVALID', 'That is no place in the order', id);
    const rest = document.order.filter((one) => one !== id);
    const at = Math.max(0, Math.min(rest.length, Math.round(to)));
    if (document.order.indexOf(id) === at) return refuse('NOTHING', 'It is there already', id);
    return done({ ...document, order: rest.toSpliced(at, 0, id) });
  }, { lockedToo: true });
}

/** Moves a layer up (+) or down (−) by places. */
export function nudgeLayer(id: string, by: number): Op {
  return (document) => reorderLayer(id, document.order.indexOf(id) + by)(document);
}

export function setVisible(id: string, visible: boolean): Op {
  return onLayer(id, (layer, document) => patched(document, layer, { visible }), { lockedToo: true });
}

export function setLocked(id: string, locked: boolean): Op {
  return onLayer(id, (layer, document) => patched(document, layer, { locked }), { lockedToo: true });
}

/** 0–1. */
export function setOpacity(id: string, opacity: number): Op {
  return onLayer(id, (layer, document) => within(opacity, 0, 1) ? patched(document, layer, { opacity: opacity + 0 }) : refuse('INVALID', 'Opacity goes from 0 to 100 %', id));
}

export function setBlendMode(id: string, blendMode: RasterLayer['blendMode']): Op {
  return onLayer(id, (layer, document) => 'blendMode' in layer ? patched(document, layer, { blendMode }) : wrongKind(layer, 'a picture or paint layer'));
}

/** Selecting is not an action to be undone: apply it without a mark. */
export function select(id: string | null): Op {
  return (document) => {
    if (id !== null && layerOf(document, id) === undefined) return refuse('NOT_FOUND', 'That layer is gone', id);
    return document.selected === id ? refuse('NOTHING', 'It is selected already') : done({ ...document, selected: id });
  };
}

/** Selects the layer above (+1) or below (−1), around the ends. */
export function cycleSelection(by: 1 | -1): Op {
  return (document) => {
    const { order, selected } = document;
    if (order.length === 0) return refuse('NOTHING', 'There are no layers yet');
    const at = selected === null ? (by > 0 ? -1 : 0) : order.indexOf(selected);
    return select(order[(at + by + order.length) % order.length] ?? null)(document);
  };
}

/** The layer that would take in `id` by merging down: the next below of the same family. */
export function mergeTarget(document: CanvasDocument, id: string): Layer | undefined {
  const layer = layerOf(document, id);
  const below = document.order[document.order.indexOf(id) - 1];
  const target = below === undefined ? undefined : layerOf(document, below);
  if (layer === undefined || target === undefined) return undefined;
  const fits = (isRaster(layer.kind) && isRaster(target.kind)) || (layer.kind === 'mask' && target.kind === 'mask');
  return fits ? target : undefined;
}

/**
 * Replaces a layer and the one below it by their common picture, which the page has made: `result.rect` in canvas pixels, the lower
 * layer drawn with its opacity and the upper one over it with its opacity and blend mode. The lower one's name, blend mode and place stay.
 */
export function mergeDown(id: string, result: { readonly hash: string; readonly rect: Rect }): Op {
  const item = imageItem(result.hash, result.rect);
  return onLayer(id, (layer, document) => {
    const target = mergeTarget(document, id);
    if (target === undefined) return refuse('WRONG_KIND', `There is no layer of the same kind below ${layer.name}`, id);
    if (target.locked) return lockedRefusal(target);
    if (!isSoundItem(item)) return refuse('INVALID', 'Nothing there to draw', id);
    const merged: Layer = { ...target, opacity: 1, transform: identity, visible: true, items: [item] };
    return done({ ...withLayer(without(document, id), merged), selected: target.id });
  });
}
