/** Which layer a mark goes onto, and a mark's way from canvas pixels to that layer's own. */
import { inverse, meanScale, transformPoint } from '../document/matrix.ts';
import { freeName, newMaskLayer, newPaintLayer } from '../document/make.ts';
import { refuse, sequence } from '../document/outcome.ts';
import type { Op, Refusal } from '../document/outcome.ts';
import { addItem } from '../document/ops/items.ts';
import { addLayer, select } from '../document/ops/layers.ts';
import { itemBounds, orderedLayers } from '../document/bounds.ts';
import { identity } from '../document/records.ts';
import type { CanvasDocument, Item, Layer, Matrix, Point } from '../document/records.ts';
import type { ToolContext } from './tool.ts';

export interface Target {
  readonly layer: Layer;
  /** The layer is not in the document yet: the mark brings it along, as one step. */
  readonly isNew: boolean;
  /** From canvas pixels to the layer's. */
  readonly inward: Matrix;
  /** Layer pixels per canvas pixel. */
  readonly scale: number;
}

function fits(layer: Layer, target: 'paint' | 'mask'): boolean {
  return target === 'mask' ? layer.kind === 'mask' : layer.kind === 'paint' || layer.kind === 'picture' || layer.kind === 'control';
}

/**
 * The selected layer where it fits; else, for a mask, the topmost that can be painted; else a new one, unless `existing` asks for
 * one that is there (an eraser has nothing to take from a new one).
 */
export function findTarget(document: CanvasDocument, target: 'paint' | 'mask', existing = false): Target | Refusal {
  const selected = document.selected === null ? undefined : document.layers[document.selected];
  const layer = selected !== undefined && fits(selected, target) ? selected
    : target === 'mask' ? orderedLayers(document).findLast((one) => one.kind === 'mask' && one.visible && !one.locked) : undefined;
  if (layer === undefined) {
    if (existing) return { code: 'NOTHING', message: target === 'mask' ? 'There is no mask to erase' : 'Select a picture or paint layer to erase' };
    const made = target === 'mask' ? newMaskLayer(freeName(document, 'mask')) : newPaintLayer(freeName(document, 'paint'));
    return { layer: made, isNew: true, inward: identity, scale: 1 };
  }
  if (layer.locked) return { code: 'LOCKED', message: `${layer.name} is locked`, layerId: layer.id };
  if (!layer.visible) return { code: 'HIDDEN', message: `${layer.name} is hidden`, layerId: layer.id };
  const inward = inverse(layer.transform);
  if (inward === undefined) return { code: 'INVALID', message: `${layer.name} has no extent`, layerId: layer.id };
  return { layer, isNew: false, inward, scale: meanScale(inward) };
}

/** As `findTarget`, telling the person where there is none. */
export function targetFor(context: ToolContext, existing = false): Target | undefined {
  const found = findTarget(context.document(), context.options().target, existing);
  if ('code' in found) {
    context.refused(found);
    return undefined;
  }
  return found;
}

/** Keeps an item for a layer within what is selected. `inward`: from canvas pixels to the layer's. */
export function confined({ selection }: CanvasDocument, inward: Matrix, item: Item): Item {
  if (selection === undefined || item.type === 'clear' || item.type === 'invert') return item;
  return { ...item, clip: { ...selection, transform: inward } };
}

/** Lays an item on the target, as far as it is selected: with the layer itself where that is new, and chosen. */
export function layItem({ layer, isNew, inward }: Target, item: Item): Op {
  return (document) => {
    const mark = confined(document, inward, item);
    if (document.selection !== undefined && itemBounds(mark) === null) return refuse('INVALID', 'That lies outside of the selection. Ctrl+D deselects.', layer.id);
    // A new mask or paint layer belongs above everything.
    if (isNew) return sequence(addLayer(layer, document.order.at(-1) ?? null), addItem(layer.id, mark))(document);
    return document.selected === layer.id ? addItem(layer.id, mark)(document) : sequence(select(layer.id), addItem(layer.id, mark))(document);
  };
}

/** Applies and tells the person of a refusal. */
export function commitItem(context: ToolContext, target: Target, item: Item, mark: string): void {
  const outcome = context.apply(layItem(target, item), { mark });
  if (!outcome.ok) context.refused(outcome.refusal);
}

/** Two decimals: far below what is seen, and a stroke stays small on disk. */
export function round2(value: number): number {
  return Math.round(value * 100) / 100 + 0;
}

export function toLayer(target: Target, point: Point): Point {
  const { x, y } = transformPoint(target.inward, point);
  return { x: round2(x), y: round2(y) };
}

/** The preview of an item on its target. */
export function previewItem(context: ToolContext, target: Target, item: Item): void {
  context.preview({
    type: 'item', layerId: target.isNew ? null : target.layer.id, target: target.layer.kind === 'mask' ? 'mask' : 'paint', item: confined(context.document(), target.inward, item), transform: target.layer.transform,
  });
}
