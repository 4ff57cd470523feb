/** A diff as the journal keeps it: what a change takes away stands in the document before it, and is only named. */
import { DiffMismatch } from './diff.ts';
import type { Change, Diff, ItemsChange, LayerChange } from './diff.ts';
import type { CanvasDocument, Item, Layer, Rect, Selection } from './records.ts';

/** `removed`: items, or the identities of items. */
export interface BriefItemsChange {
  readonly at: number;
  readonly removed: readonly (Item | string)[];
  readonly added: readonly Item[];
}

export type BriefLayerChange =
  | { readonly type: 'added'; readonly layer: Layer }
  | { readonly type: 'removed'; readonly layer?: Layer }
  | { readonly type: 'replaced'; readonly before?: Layer; readonly after: Layer }
  | { readonly type: 'changed'; readonly fields: Readonly<Record<string, Change<unknown>>>; readonly items: readonly BriefItemsChange[] };

export interface BriefDiff {
  readonly order?: Change<readonly string[]>;
  readonly frame?: Change<Rect>;
  readonly selected?: Change<string | null>;
  readonly selection?: Change<Selection | null>;
  readonly layers: Readonly<Record<string, BriefLayerChange>>;
}

/** The whole diff, from the document that it is about to change. Throws DiffMismatch where that does not hold what is named. */
export function inFull(document: CanvasDocument, brief: BriefDiff): Diff {
  return { ...brief, layers: Object.fromEntries(Object.entries(brief.layers).map(([id, change]) => [id, layerInFull(id, document.layers[id], change)])) };
}

function layerInFull(id: string, layer: Layer | undefined, change: BriefLayerChange): LayerChange {
  if (change.type === 'added') return change;
  if (layer === undefined) throw new DiffMismatch(`layer ${id} is missing`);
  switch (change.type) {
    case 'removed': return { type: 'removed', layer: change.layer ?? layer };
    case 'replaced': return { type: 'replaced', before: change.before ?? layer, after: change.after };
    case 'changed': return { ...change, items: itemsInFull(layer, change.items) };
  }
}

/** One after the other: the second counts in what the first has left. */
function itemsInFull(layer: Layer, changes: readonly BriefItemsChange[]): readonly ItemsChange[] {
  let { items } = layer;
  return changes.map(({ at, removed, added }) => {
    const found = items.slice(at, at + removed.length);
    if (at > items.length || found.length < removed.length || removed.some((one, i) => found[i]?.id !== (typeof one === 'string' ? one : one.id))) {
      throw new DiffMismatch(`layer ${layer.id} holds other items`);
    }
    items = items.toSpliced(at, removed.length, ...added);
    return { at, removed: found, added };
  });
}
