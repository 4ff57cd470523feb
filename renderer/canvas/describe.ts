import { documentBounds, orderedLayers } from '../document/bounds.ts';
import type { CanvasDocument } from '../document/records.ts';
import { plural } from '../ui/format.ts';

/** The canvas in a sentence, for who cannot see it. */
export function describeCanvas(document: CanvasDocument): string {
  const layers = orderedLayers(document);
  const count = (kind: string): number => layers.filter((layer) => layer.kind === kind).length;
  const bounds = documentBounds(document);
  const selected = document.selected === null ? undefined : document.layers[document.selected];
  const parts = [
    bounds === null ? 'Empty canvas' : `Canvas of ${bounds.width} by ${bounds.height} pixels`,
    plural(count('picture') + count('paint'), 'picture layer'),
    ...(count('mask') > 0 ? [plural(count('mask'), 'mask')] : []),
    ...(count('reference') + count('control') > 0 ? [plural(count('reference') + count('control'), 'guide')] : []),
    `frame ${document.frame.width} by ${document.frame.height} at ${document.frame.x}, ${document.frame.y}`,
    ...(selected === undefined ? [] : [`${selected.name} selected`]),
  ];
  return parts.join(', ');
}
