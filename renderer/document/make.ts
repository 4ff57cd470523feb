/** New records: documents, layers, identities. */
import type { CanvasDocument, ControlLayer, Item, Layer, LayerKind, MaskLayer, RasterLayer, Rect, ReferenceLayer } from './records.ts';
import { identity } from './records.ts';

export function newId(): string {
  return crypto.randomUUID();
}

/** A stored file and where it lies; `part`: only these of its own pixels. */
export interface PlacedPixels {
  readonly hash: string;
  readonly rect: Rect;
  readonly part?: Rect;
}

/** An empty canvas with a frame of the model's own size (multiples of 32). */
export function emptyDocument(frame: { readonly width: number; readonly height: number } = { width: 512, height: 512 }): CanvasDocument {
  return { version: 1, order: [], layers: {}, frame: { x: 0, y: 0, width: frame.width, height: frame.height }, selected: null };
}

const base = (name: string, items: readonly Item[] = []) => ({ id: newId(), name, visible: true, locked: false, opacity: 1, transform: identity, items });

const kindNames: Readonly<Record<LayerKind, string>> = { picture: 'Picture', paint: 'Paint', mask: 'Mask', control: 'Control', reference: 'Reference' };

/** "Mask 1", "Paint 2": the first number that no layer of the document bears. */
export function freeName(document: CanvasDocument, kind: LayerKind, word: string = kindNames[kind]): string {
  const taken = new Set(Object.values(document.layers).map((layer) => layer.name));
  let n = 1;
  while (taken.has(`${word} ${n}`)) n++;
  return `${word} ${n}`;
}

export function newPaintLayer(name: string): RasterLayer {
  return { ...base(name), kind: 'paint', blendMode: 'normal', generationId: null };
}

/** A stored picture, or a part of it, at a place of the canvas; `rect` in canvas pixels. */
export function newPictureLayer(picture: PlacedPixels & { readonly name: string; readonly generationId?: string | null }): RasterLayer {
  const item = imageItem(picture.hash, picture.rect);
  return { ...base(picture.name, [picture.part === undefined ? item : { ...item, part: picture.part }]), kind: 'picture', blendMode: 'normal', generationId: picture.generationId ?? null };
}

/** Empty, or with a selection that somebody made: a smart selection, another layer's alpha. */
export function newMaskLayer(name: string, items: readonly Item[] = []): MaskLayer {
  return { ...base(name, items), kind: 'mask', feather: null, grow: 0 };
}

/** What a control holds to begin with: OpenCV's customary thresholds, over all steps. */
export function newControlLayer(settings: Pick<ControlLayer, 'name' | 'control'> & Partial<Pick<ControlLayer, 'source' | 'map' | 'size' | 'canny' | 'transform'>>): ControlLayer {
  return {
    ...base(settings.name), kind: 'control', control: settings.control, source: settings.source ?? null, map: settings.map ?? null, size: settings.size ?? null,
    canny: settings.canny ?? { low: 100, high: 200, blur: 0 }, strength: 1, start: 0, end: 1, transform: settings.transform ?? identity,
  };
}

export function newReferenceLayer(settings: Pick<ReferenceLayer, 'name' | 'role' | 'hash'>): ReferenceLayer {
  return { ...base(settings.name), kind: 'reference', role: settings.role, hash: settings.hash, strength: 1 };
}

/** Pixels of a stored file as an item. */
export function imageItem(hash: string, rect: Rect, blend: 'add' | 'subtract' = 'add'): Extract<Item, { type: 'image' }> {
  return { type: 'image', id: newId(), blend, hash, rect };
}

/** A copy under an identity of its own; items are known within their layer only, so both share them. */
export function copyLayer(layer: Layer, id: string, name: string): Layer {
  return { ...layer, id, name, locked: false };
}
