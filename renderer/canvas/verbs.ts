import { contentBounds, documentBounds } from '../document/bounds.ts';
import { freeName, imageItem, newMaskLayer, newPaintLayer, newPictureLayer, newReferenceLayer } from '../document/make.ts';
import { inverse, transformRect } from '../document/matrix.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import { coverFrame } from '../document/frameGeometry.ts';
import { setFrame } from '../document/ops/frame.ts';
import { clearLayer, invertMask, setFeather, setGrow } from '../document/ops/items.ts';
import { addLayer, mergeDown, mergeTarget, removeLayer } from '../document/ops/layers.ts';
import type { CanvasDocument, Layer, Point, Rect } from '../document/records.ts';
import { canvasDocument, change, selectedLayer } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { studio } from '../studio/current.ts';
import { missing, toProblem } from '../studio/problem.ts';
import type { PictureRef } from '../studio/picture.ts';
import { plural } from '../ui/format.ts';
import { fitCanvas } from './fit.ts';
import { loadImage } from './images.ts';
import { layerRaster, maskRaster, pictureRaster, upload } from './pixels.ts';
import { outward, union } from './rect.ts';

/** What can be done with layers, wherever it was asked for. */

export function refused(message: string): void {
  useProject.setState({ refusal: missing(message) });
}

/** Runs something that waits for pixels, showing what goes wrong beside the canvas. */
export async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    useProject.setState({ refusal: toProblem(thrown) });
  }
}

function onSelected(run: (layer: Layer, document: CanvasDocument) => void): void {
  const layer = selectedLayer();
  if (layer === undefined) refused('Select a layer first');
  else run(layer, canvasDocument());
}

function aboveSelected(): string | null {
  const { selected, order } = canvasDocument();
  return selected ?? order.at(-1) ?? null;
}

export function newPaint(): void {
  const document = canvasDocument();
  change(addLayer(newPaintLayer(freeName(document, 'paint')), aboveSelected()), { mark: 'New layer' });
}

export function newMask(): void {
  const document = canvasDocument();
  change(addLayer(newMaskLayer(freeName(document, 'mask')), document.order.at(-1) ?? null), { mark: 'New mask' });
}

export function clearSelected(): void {
  onSelected(({ id, name }) => { change(clearLayer(id), { mark: `Clear ${name}` }); });
}

export function deleteSelected(): void {
  onSelected(({ id, name }) => { change(removeLayer(id), { mark: `Delete ${name}` }); });
}

/** Within everything that the canvas holds, what was selected is not any more, and the other way round. */
export function invertSelected(): void {
  const document = canvasDocument();
  const chosen = selectedLayer();
  const mask = chosen?.kind === 'mask' ? chosen : document.order.toReversed().map((id) => document.layers[id]).find((layer) => layer?.kind === 'mask' && layer.visible);
  if (mask === undefined) return refused('There is no mask to invert');
  const back = inverse(mask.transform);
  if (back === undefined) return;
  const whole = union(documentBounds(document) ?? document.frame, document.frame);
  change(invertMask(mask.id, outward(transformRect(back, whole))), { mark: 'Invert mask' });
}

export async function mergeSelectedDown(): Promise<void> {
  const document = canvasDocument();
  const layer = selectedLayer();
  if (layer === undefined) return refused('Select a layer first');
  const below = mergeTarget(document, layer.id);
  if (below === undefined) return refused('There is nothing below to merge with');
  if (layer.kind === 'mask') {
    const both = [layer, below].map((one) => { const box = contentBounds(one); return box === null ? undefined : transformRect(one.transform, box); });
    const rect = outward(both.reduce<Rect>((sum, one) => (one === undefined ? sum : union(sum, one)), { x: 0, y: 0, width: 0, height: 0 }));
    const hash = await upload(await maskRaster(document, { rect, layers: [{ id: layer.id, grow: 0 }, { id: below.id, grow: 0 }], feather: null, grow: 0 }));
    await loadImage(hash);
    change(mergeDown(layer.id, { hash, rect }), { mark: 'Merge down' });
    return;
  }
  const rect = outward(documentBounds({ ...document, order: [below.id, layer.id] }) ?? document.frame);
  const hash = await upload(await pictureRaster({ ...document, order: [below.id, layer.id] }, rect));
  await loadImage(hash);
  change(mergeDown(layer.id, { hash, rect }), { mark: 'Merge down' });
}

/** A mask of what a layer covers. */
export async function maskFromSelected(): Promise<void> {
  const document = canvasDocument();
  const layer = selectedLayer();
  if (layer === undefined || layer.kind === 'mask' || layer.kind === 'reference') return refused('Select a picture or paint layer first');
  const raster = await layerRaster(document, layer);
  if (raster === undefined) return refused(`${layer.name} is empty`);
  const { hash } = await studio().canvas.filterMask({ hash: await upload(raster), from: 'alpha', filters: [] });
  await loadImage(hash);
  change(addLayer(newMaskLayer(freeName(document, 'mask'), [imageItem(hash, raster.rect)]), document.order.at(-1) ?? null), { mark: 'Mask from layer' });
}

export function growSelected(by: number): void {
  onSelected((layer) => {
    if (layer.kind !== 'mask') refused('Select a mask first');
    else change(setGrow(layer.id, layer.grow + by), { mark: by > 0 ? 'Grow mask' : 'Shrink mask', merge: `grow ${layer.id}` });
  });
}

export function featherSelected(): void {
  onSelected((layer) => {
    if (layer.kind !== 'mask') refused('Select a mask first');
    else change(setFeather(layer.id, (layer.feather ?? 0) + 8), { mark: 'Feather mask', merge: `feather ${layer.id}` });
  });
}

export interface PlaceOptions {
  /** Where the middle of the first picture goes; default: the middle of the frame, or the origin of an empty canvas. */
  readonly at?: Point;
  readonly fitToFrame?: boolean;
}

/** Pictures as layers, in one step of undo, each a little beside the last. An empty canvas takes the first one's size for its frame. */
export async function placePictures(pictures: readonly PictureRef[], options: PlaceOptions = {}): Promise<void> {
  if (pictures.length === 0) return;
  const decoded = await Promise.all(pictures.map(({ hash }) => loadImage(hash)));
  const document = canvasDocument();
  const empty = documentBounds(document) === null;
  const ops: Op[] = [];
  pictures.forEach((picture, index) => {
    const width = decoded[index]?.width ?? picture.width;
    const height = decoded[index]?.height ?? picture.height;
    const rect = empty && options.at === undefined ? { x: 0, y: 0, width, height } : placed(document, { width, height }, options, index);
    ops.push((now) => addLayer(newPictureLayer({ name: picture.name, hash: picture.hash, rect, generationId: picture.generationId ?? null }), topPicture(now))(now));
    if (empty && index === 0) ops.push(setFrameTo(coverFrame(rect)));
  });
  const placedAll = change(sequence(...ops), { mark: pictures.length === 1 ? 'Add picture' : `Add ${plural(pictures.length, 'picture')}` });
  if (placedAll && empty) fitCanvas();
}

/** A frame that happens to stand there already refuses nothing. */
function setFrameTo(frame: Rect): Op {
  return (document) => { const outcome = setFrame(frame)(document); return outcome.ok || outcome.refusal.code !== 'NOTHING' ? outcome : { ok: true, document }; };
}

function placed(document: CanvasDocument, size: { readonly width: number; readonly height: number }, { at, fitToFrame }: PlaceOptions, index: number): Rect {
  const { frame } = document;
  if (fitToFrame === true) {
    const scale = Math.min(frame.width / size.width, frame.height / size.height);
    const [width, height] = [Math.round(size.width * scale), Math.round(size.height * scale)];
    return { x: frame.x + Math.round((frame.width - width) / 2), y: frame.y + Math.round((frame.height - height) / 2), width, height };
  }
  const middle = at ?? { x: frame.x + frame.width / 2, y: frame.y + frame.height / 2 };
  return { x: Math.round(middle.x - size.width / 2) + index * 24, y: Math.round(middle.y - size.height / 2) + index * 24, ...size };
}

/** Pictures belong above pictures and below masks. */
function topPicture(document: CanvasDocument): string | null {
  return document.order.findLast((id) => { const kind = document.layers[id]?.kind; return kind === 'picture' || kind === 'paint'; }) ?? null;
}

export function addReferences(pictures: readonly PictureRef[], role: 'subject' | 'style' = 'subject'): void {
  change(sequence(...pictures.map((picture): Op => (document) => addLayer(newReferenceLayer({ name: picture.name, role, hash: picture.hash }), document.order.at(-1) ?? null)(document))), { mark: pictures.length === 1 ? 'Add reference' : 'Add references' });
}
