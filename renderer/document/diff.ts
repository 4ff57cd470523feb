/** What changed between two documents, as records that can be applied, reversed, joined and stored. A stroke costs its own size. */
import type { CanvasDocument, Item, Layer, Rect, Selection } from './records.ts';

export type Change<T> = readonly [before: T, after: T];

/** From index `at` on, `removed` give way to `added`. */
export interface ItemsChange {
  readonly at: number;
  readonly removed: readonly Item[];
  readonly added: readonly Item[];
}

export type LayerChange =
  | { readonly type: 'added'; readonly layer: Layer }
  | { readonly type: 'removed'; readonly layer: Layer }
  | { readonly type: 'replaced'; readonly before: Layer; readonly after: Layer }
  /** Fields by name, without `items`; `items` are applied in order. */
  | { readonly type: 'changed'; readonly fields: Readonly<Record<string, Change<unknown>>>; readonly items: readonly ItemsChange[] };

export interface Diff {
  readonly order?: Change<readonly string[]>;
  readonly frame?: Change<Rect>;
  readonly selected?: Change<string | null>;
  readonly selection?: Change<Selection | null>;
  readonly layers: Readonly<Record<string, LayerChange>>;
}

export function isNoChange(diff: Diff): boolean {
  return diff.order === undefined && diff.frame === undefined && diff.selected === undefined && diff.selection === undefined && Object.keys(diff.layers).length === 0;
}

/** Equality of plain records: what JSON would write is the same. */
export function equal(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null || Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length
    && keys.every((key) => Object.hasOwn(b, key) && equal((a as Record<string, unknown>)[key], (b as Record<string, unknown>)[key]));
}

/** What leads from one document to the other. Items are compared by identity, as operations never change one. */
export function diff(before: CanvasDocument, after: CanvasDocument): Diff {
  const layers: Record<string, LayerChange> = {};
  if (before.layers !== after.layers) {
    for (const id of new Set([...Object.keys(before.layers), ...Object.keys(after.layers)])) {
      const change = layerDiff(before.layers[id], after.layers[id]);
      if (change !== undefined) layers[id] = change;
    }
  }
  return {
    layers,
    ...(equal(before.order, after.order) ? {} : { order: [before.order, after.order] as const }),
    ...(equal(before.frame, after.frame) ? {} : { frame: [before.frame, after.frame] as const }),
    ...(before.selected === after.selected ? {} : { selected: [before.selected, after.selected] as const }),
    ...(equal(before.selection, after.selection) ? {} : { selection: [before.selection ?? null, after.selection ?? null] as const }),
  };
}

function layerDiff(before: Layer | undefined, after: Layer | undefined): LayerChange | undefined {
  if (before === after) return undefined;
  if (before === undefined) return after && { type: 'added', layer: after };
  if (after === undefined) return { type: 'removed', layer: before };
  const old = before as unknown as Record<string, unknown>;
  const now = after as unknown as Record<string, unknown>;
  const names = Object.keys(before).filter((name) => name !== 'items');
  if (names.length !== Object.keys(after).length - 1 || names.some((name) => !Object.hasOwn(after, name))) return { type: 'replaced', before, after };
  const fields = Object.fromEntries(names.filter((name) => !equal(old[name], now[name])).map((name) => [name, [old[name], now[name]] as const]));
  const items = itemsDiff(before.items, after.items);
  return Object.keys(fields).length === 0 && items === undefined ? undefined : { type: 'changed', fields, items: items === undefined ? [] : [items] };
}

function itemsDiff(before: readonly Item[], after: readonly Item[]): ItemsChange | undefined {
  if (before === after) return undefined;
  const most = Math.min(before.length, after.length);
  let head = 0;
  while (head < most && before[head] === after[head]) head++;
  let tail = 0;
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail++;
  const removed = before.slice(head, before.length - tail);
  const added = after.slice(head, after.length - tail);
  return removed.length === 0 && added.length === 0 ? undefined : { at: head, removed, added };
}

/** A diff that does not fit the document it is applied to: a damaged journal. */
export class DiffMismatch extends Error {
  override readonly name = 'DiffMismatch';
}

/** The document after a diff. Throws DiffMismatch where it speaks of layers or items that are not there. */
export function applyDiff(document: CanvasDocument, change: Diff): CanvasDocument {
  const entries = Object.entries(change.layers);
  let layers = document.layers;
  if (entries.length > 0) {
    const next = new Map(Object.entries(document.layers));
    for (const [id, one] of entries) {
      const layer = applyToLayer(id, next.get(id), one);
      if (layer === undefined) next.delete(id);
      else next.set(id, layer);
    }
    layers = Object.fromEntries(next);
  }
  const order = change.order?.[1] ?? document.order;
  if (order.length !== Object.keys(layers).length || new Set(order).size !== order.length || order.some((id) => !Object.hasOwn(layers, id))) {
    throw new DiffMismatch('the order does not name every layer once');
  }
  const selected = change.selected === undefined ? document.selected : change.selected[1];
  const selection = change.selection === undefined ? document.selection : change.selection[1] ?? undefined;
  return {
    version: document.version, order, layers, frame: change.frame?.[1] ?? document.frame,
    // Selecting is outside history, so what was selected since may be gone.
    selected: selected !== null && Object.hasOwn(layers, selected) ? selected : null,
    ...(selection && { selection }),
  };
}

function applyToLayer(id: string, layer: Layer | undefined, change: LayerChange): Layer | undefined {
  if (change.type === 'added') {
    if (layer !== undefined) throw new DiffMismatch(`layer ${id} is there already`);
    return change.layer;
  }
  if (layer === undefined) throw new DiffMismatch(`layer ${id} is missing`);
  switch (change.type) {
    case 'removed': return undefined;
    case 'replaced': return change.after;
    case 'changed': return changedLayer(layer, change);
  }
}

function changedLayer(layer: Layer, change: Extract<LayerChange, { type: 'changed' }>): Layer {
  const fields = Object.fromEntries(Object.entries(change.fields).map(([name, [, after]]) => [name, after]));
  let items = layer.items;
  for (const { at, removed, added } of change.items) {
    if (at > items.length || removed.some((item, i) => items[at + i]?.id !== item.id)) throw new DiffMismatch(`layer ${layer.id} holds other items`);
    items = items.toSpliced(at, removed.length, ...added);
  }
  return { ...layer, ...fields, items };
}

/** The way back. */
export function invert(change: Diff): Diff {
  return {
    layers: Object.fromEntries(Object.entries(change.layers).map(([id, one]) => [id, invertLayer(one)])),
    ...(change.order && { order: [change.order[1], change.order[0]] as const }),
    ...(change.frame && { frame: [change.frame[1], change.frame[0]] as const }),
    ...(change.selected && { selected: [change.selected[1], change.selected[0]] as const }),
    ...(change.selection && { selection: [change.selection[1], change.selection[0]] as const }),
  };
}

function invertLayer(change: LayerChange): LayerChange {
  switch (change.type) {
    case 'added': return { type: 'removed', layer: change.layer };
    case 'removed': return { type: 'added', layer: change.layer };
    case 'replaced': return { type: 'replaced', before: change.after, after: change.before };
    case 'changed': return {
      type: 'changed',
      fields: Object.fromEntries(Object.entries(change.fields).map(([name, [before, after]]) => [name, [after, before] as const])),
      items: change.items.toReversed().map(({ at, removed, added }) => ({ at, removed: added, added: removed })),
    };
  }
}

/** Two diffs that follow each other, as one. */
export function compose(first: Diff, second: Diff): Diff {
  const layers: Record<string, LayerChange> = { ...first.layers };
  for (const [id, change] of Object.entries(second.layers)) {
    const before = Object.hasOwn(layers, id) ? layers[id] : undefined;
    const joined = before === undefined ? change : composeLayer(before, change);
    if (joined === undefined) delete layers[id];
    else layers[id] = joined;
  }
  const order = composeChange(first.order, second.order);
  const frame = composeChange(first.frame, second.frame);
  const selected = composeChange(first.selected, second.selected);
  const selection = composeChange(first.selection, second.selection);
  return { layers, ...(order && { order }), ...(frame && { frame }), ...(selected && { selected }), ...(selection && { selection }) };
}

function composeChange<T>(first: Change<T> | undefined, second: Change<T> | undefined): Change<T> | undefined {
  if (first === undefined || second === undefined) return first ?? second;
  return equal(first[0], second[1]) ? undefined : [first[0], second[1]];
}

function composeLayer(first: LayerChange, second: LayerChange): LayerChange | undefined {
  if (first.type === 'changed' && second.type === 'changed') {
    const fields: Record<string, Change<unknown>> = { ...first.fields };
    for (const [name, change] of Object.entries(second.fields)) {
      const joined = composeChange(fields[name], change);
      if (joined === undefined) delete fields[name];
      else fields[name] = joined;
    }
    const items = [...first.items, ...second.items];
    return Object.keys(fields).length === 0 && items.length === 0 ? undefined : { type: 'changed', fields, items };
  }
  const before = first.type === 'added' ? undefined : first.type === 'changed' ? undoneFrom(second, first) : first.type === 'removed' ? first.layer : first.before;
  const after = second.type === 'removed' ? undefined : second.type === 'changed' ? changedAfter(first, second) : second.type === 'added' ? second.layer : second.after;
  if (before === undefined) return after && { type: 'added', layer: after };
  return after === undefined ? { type: 'removed', layer: before } : { type: 'replaced', before, after };
}

/** The layer as it was before `first`, known from what `second` took away. */
function undoneFrom(second: LayerChange, first: Extract<LayerChange, { type: 'changed' }>): Layer {
  const middle = second.type === 'removed' ? second.layer : second.type === 'replaced' ? second.before : undefined;
  if (middle === undefined) throw new DiffMismatch('a layer that was changed cannot be added');
  return changedLayer(middle, invertLayer(first) as typeof first);
}

function changedAfter(first: LayerChange, second: Extract<LayerChange, { type: 'changed' }>): Layer {
  const middle = first.type === 'added' ? first.layer : first.type === 'replaced' ? first.after : undefined;
  if (middle === undefined) throw new DiffMismatch('a layer that was removed cannot be changed');
  return changedLayer(middle, second);
}

/** Bytes that a diff keeps in memory, about: eight a number, two a character. */
export function sizeOf(value: unknown): number {
  if (typeof value === 'number') return 8;
  if (typeof value === 'string') return 2 * value.length + 16;
  if (typeof value !== 'object' || value === null) return 8;
  if (Array.isArray(value)) return value.length > 0 && typeof value[0] === 'number' ? 8 * value.length + 16 : value.reduce<number>((sum, one) => sum + sizeOf(one), 16);
  return Object.entries(value).reduce<number>((sum, [key, one]) => sum + 2 * key.length + 16 + sizeOf(one), 16);
}
