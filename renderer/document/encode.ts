/** Records as JSON text. An item is written once and its text kept, so that a snapshot of thousands of strokes costs the page no more than joining them. */
import type { Diff, LayerChange } from './diff.ts';
import type { CanvasDocument, Item, Layer } from './records.ts';

// Items never change, and what is gone from the document and its undo is collected with them.
const texts = new WeakMap<Item, string>();

function itemText(item: Item): string {
  const known = texts.get(item);
  if (known !== undefined) return known;
  const text = JSON.stringify(item);
  texts.set(item, text);
  return text;
}

const itemsText = (items: readonly Item[]): string => `[${items.map(itemText).join(',')}]`;

/** An object's text with one more member, whose text is known. */
function withMember(value: object, name: string, text: string): string {
  const start = JSON.stringify(value).slice(0, -1);
  return `${start}${start.length > 1 ? ',' : ''}${JSON.stringify(name)}:${text}}`;
}

function objectText(members: readonly (readonly [name: string, text: string])[]): string {
  return `{${members.map(([name, text]) => `${JSON.stringify(name)}:${text}`).join(',')}}`;
}

function layerText(layer: Layer): string {
  const { items, ...rest } = layer;
  return withMember(rest, 'items', itemsText(items));
}

export function documentText(document: CanvasDocument): string {
  const { layers, ...rest } = document;
  return withMember(rest, 'layers', objectText(Object.entries(layers).map(([id, layer]) => [id, layerText(layer)])));
}

function changeText(change: LayerChange): string {
  switch (change.type) {
    case 'added':
    case 'removed': return objectText([['type', JSON.stringify(change.type)], ['layer', layerText(change.layer)]]);
    case 'replaced': return objectText([['type', '"replaced"'], ['before', layerText(change.before)], ['after', layerText(change.after)]]);
    case 'changed': {
      const items = change.items.map(({ at, removed, added }) => objectText([['at', String(at)], ['removed', itemsText(removed)], ['added', itemsText(added)]]));
      return withMember({ type: change.type, fields: change.fields }, 'items', `[${items.join(',')}]`);
    }
  }
}

/** The same, with what the change takes away only named: see `brief.ts`. */
function briefChangeText(change: LayerChange): string {
  switch (change.type) {
    case 'added': return changeText(change);
    case 'removed': return '{"type":"removed"}';
    case 'replaced': return objectText([['type', '"replaced"'], ['after', layerText(change.after)]]);
    case 'changed': {
      const items = change.items.map(({ at, removed, added }) => objectText([['at', String(at)], ['removed', JSON.stringify(removed.map((item) => item.id))], ['added', itemsText(added)]]));
      return withMember({ type: change.type, fields: change.fields }, 'items', `[${items.join(',')}]`);
    }
  }
}

export function diffText(diff: Diff): string {
  return textOf(diff, changeText);
}

/** A diff as the journal keeps it: its size is that of what it brings, not of what it takes away. */
export function briefText(diff: Diff): string {
  return textOf(diff, briefChangeText);
}

function textOf({ layers, ...rest }: Diff, text: (change: LayerChange) => string): string {
  return withMember(rest, 'layers', objectText(Object.entries(layers).map(([id, change]) => [id, text(change)])));
}
