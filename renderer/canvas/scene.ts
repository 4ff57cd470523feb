import { newMaskLayer, newPaintLayer } from '../document/make.ts';
import type { PlacedPixels } from '../document/make.ts';
import { identity } from '../document/records.ts';
import type { CanvasDocument, Layer, RasterLayer } from '../document/records.ts';
import type { Preview } from '../document/transient.ts';
import type { Scene } from './compositor.ts';
import { previewPrefix } from './maskPainter.ts';

/** A picture that waits on the canvas. */
export interface WaitingPicture extends PlacedPixels {
  readonly id: string;
}

function waitingLayer({ id, hash, rect, part }: WaitingPicture): RasterLayer {
  return { ...newPaintLayer(id), id: `${previewPrefix}${id}`, kind: 'picture', items: [{ type: 'image', id: hash, blend: 'add', hash, rect, ...(part && { part }) }] };
}

// Made once, so that a gesture keeps its raster from move to move.
const paintToBe: Layer = { ...newPaintLayer('preview'), id: `${previewPrefix}paint` };
const maskToBe: Layer = { ...newMaskLayer('preview'), id: `${previewPrefix}mask` };

function withLayer(document: CanvasDocument, layer: Layer): CanvasDocument {
  return { ...document, order: document.order.includes(layer.id) ? document.order : [...document.order, layer.id], layers: { ...document.layers, [layer.id]: layer } };
}

/** What is to be drawn: the document with the gesture under way, and above it what waits. */
export function sceneOf(document: CanvasDocument, preview: Preview | null, waiting: readonly WaitingPicture[]): Scene {
  const above = waiting.map(waitingLayer);
  if (preview === null) return { document, above };
  switch (preview.type) {
    case 'item': {
      if (preview.layerId !== null) return { document, above, live: { layerId: preview.layerId, item: preview.item } };
      const layer = preview.target === 'mask' ? maskToBe : paintToBe;
      return { document: withLayer(document, { ...layer, transform: identity }), above, live: { layerId: layer.id, item: preview.item } };
    }
    case 'transform': {
      const layer = document.layers[preview.layerId];
      return layer === undefined ? { document, above } : { document: withLayer(document, { ...layer, transform: preview.transform }), above };
    }
    case 'frame': return { document: { ...document, frame: preview.frame }, above };
    default: return { document, above };
  }
}
