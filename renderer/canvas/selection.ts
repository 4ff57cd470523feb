import { documentBounds } from '../document/bounds.ts';
import { freeName, newId, newMaskLayer, newPictureLayer } from '../document/make.ts';
import { inverse, transformRect } from '../document/matrix.ts';
import { addItem } from '../document/ops/items.ts';
import { addLayer } from '../document/ops/layers.ts';
import { setSelection } from '../document/ops/selection.ts';
import type { Blend, Colour, Item, Layer, MaskLayer, Rect } from '../document/records.ts';
import { canvasDocument, change, selectedLayer } from '../project/canvasStore.ts';
import { say } from '../shell/notices.ts';
import { choose, currentSelection, paintSelection } from './chosenPixels.ts';
import type { PixelSelection } from './chosenPixels.ts';
import { isRaster } from './compositor.ts';
import { loadImage } from './images.ts';
import { layerRaster, pictureRaster, toPng, upload } from './pixels.ts';
import type { Raster } from './pixels.ts';
import { intersect, isEmpty, outward, union } from './rect.ts';
import { newCanvas } from './tiles.ts';
import { refused } from './verbs.ts';

/** What can be done with pixels of the canvas: to choose them, and with what is chosen. */

/** One at a time: choosing takes a moment, and the next begins with what the last has chosen. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(action: () => Promise<T>): Promise<T> {
  const run = turn.then(action, action);
  turn = run.catch(() => undefined);
  return run;
}

export function deselect(): Promise<void> {
  return inTurn(async () => { change(setSelection(null), { mark: 'Deselect' }); });
}

/** Everything that can be chosen: the pictures and the frame. */
function whole(): Rect {
  const document = canvasDocument();
  return union(documentBounds(document) ?? document.frame, document.frame);
}

function chooseAll(): void {
  change(setSelection({ rect: documentBounds(canvasDocument()) ?? canvasDocument().frame }), { mark: 'Select every pixel' });
}

export function selectAll(): Promise<void> {
  return inTurn(async () => chooseAll());
}

/** What was not chosen within the pictures and the frame is, and the other way round. */
export function invertSelection(): Promise<void> {
  return inTurn(async () => {
    const selection = currentSelection();
    if (selection === null) return chooseAll();
    const rect = whole();
    const { canvas, context } = newCanvas(rect.width, rect.height);
    context.fillStyle = '#fff';
    context.fillRect(0, 0, rect.width, rect.height);
    context.globalCompositeOperation = 'destination-out';
    paintSelection(context, selection, -rect.x, -rect.y);
    if (!(await choose({ canvas, rect }, 'Invert the selection'))) refused('Everything was selected, so nothing is left');
  });
}

/** The mask that is meant: the selected layer, else the topmost that is shown. */
function meantMask(): MaskLayer | undefined {
  const document = canvasDocument();
  const chosen = selectedLayer();
  if (chosen?.kind === 'mask') return chosen;
  return document.order.toReversed().map((id) => document.layers[id]).find((layer): layer is MaskLayer => layer?.kind === 'mask' && layer.visible);
}

/** A mask's pixels become the selection; the mask stays as it is. */
export function selectFromMask(): Promise<void> {
  return inTurn(async () => {
    const layer = meantMask();
    if (layer === undefined) return refused('There is no mask to select from');
    const raster = await layerRaster(canvasDocument(), { ...layer, opacity: 1 });
    if (raster === undefined || !(await choose(raster, 'Selection from the mask'))) refused(`${layer.name} is empty`);
  });
}

const white: Colour = { r: 255, g: 255, b: 255, a: 1 };

/** All that is selected as one mark on a layer, which may be turned or scaled; undefined where nothing is. */
function markOn(layer: Layer, blend: Blend, colour: Colour): Item | undefined {
  const { selection } = canvasDocument();
  const inward = inverse(layer.transform);
  if (selection === undefined || inward === undefined) return undefined;
  return { type: 'rectangle', id: newId(), blend, colour, rect: outward(transformRect(inward, selection.rect)), clip: { ...selection, transform: inward } };
}

function lay(layer: Layer, blend: Blend, colour: Colour, mark: string): void {
  const item = markOn(layer, blend, colour);
  if (item === undefined) refused('Nothing is selected');
  else change(addItem(layer.id, item), { mark });
}

/** The selection becomes a mask of its own. */
export function maskFromSelection(): Promise<void> {
  return inTurn(async () => makeMask());
}

function makeMask(): void {
  const document = canvasDocument();
  const mask = newMaskLayer(freeName(document, 'mask'));
  const item = markOn(mask, 'add', white);
  if (item === undefined) refused('Nothing is selected');
  else change(addLayer({ ...mask, items: [item] }, document.order.at(-1) ?? null), { mark: 'Mask from selection' });
}

/** Adds the selection to the selected mask, or takes it away. */
export function joinMask(blend: Blend): Promise<void> {
  return inTurn(async () => {
    const mask = meantMask();
    if (mask !== undefined) lay(mask, blend, white, blend === 'add' ? 'Add selection to mask' : 'Take selection from mask');
    else if (blend === 'add') makeMask();
    else refused('There is no mask to take it from');
  });
}

/** A picture or paint layer to work on; said where there is none. */
function paintable(verb: string): Layer | undefined {
  const layer = selectedLayer();
  if (layer !== undefined && isRaster(layer)) return layer;
  refused(`Select a picture or paint layer to ${verb}`);
  return undefined;
}

/** Erases what is selected from the selected layer. */
export function eraseSelection(): Promise<void> {
  return inTurn(async () => {
    const layer = paintable('erase from');
    if (layer !== undefined) lay(layer, 'subtract', white, 'Erase selection');
  });
}

/** Fills what is selected on the selected layer with a colour. */
export function fillSelection(colour: Colour): Promise<void> {
  return inTurn(async () => {
    const layer = paintable('fill');
    if (layer !== undefined) lay(layer, 'add', colour, 'Fill selection');
  });
}

/** Cuts a raster to the selection: outside of it nothing is left. The result is no larger than both. */
function cutToSelection(raster: Raster, selection: PixelSelection): Raster | undefined {
  const rect = intersect(raster.rect, selection.rect);
  if (isEmpty(rect)) return undefined;
  const { canvas, context } = newCanvas(rect.width, rect.height);
  context.drawImage(raster.canvas, raster.rect.x - rect.x, raster.rect.y - rect.y);
  context.globalCompositeOperation = 'destination-in';
  paintSelection(context, selection, -rect.x, -rect.y);
  return { canvas, rect };
}

/** What is selected of the selected picture layer, or of everything seen, as a layer of its own above. */
export function liftSelection(): Promise<void> {
  return inTurn(async () => {
    const selection = currentSelection();
    if (selection === null) return refused('Nothing is selected');
    const document = canvasDocument();
    const layer = selectedLayer();
    const alone = layer !== undefined && isRaster(layer) ? layer : undefined;
    const raster = alone === undefined ? await pictureRaster(document, selection.rect) : await layerRaster(document, { ...alone, opacity: 1 });
    const lifted = raster && cutToSelection(raster, selection);
    if (lifted === undefined) return refused(alone === undefined ? 'Nothing is there' : `${alone.name} has nothing there`);
    const hash = await upload(lifted);
    await loadImage(hash);
    const above = alone?.id ?? document.order.findLast((id) => { const one = document.layers[id]; return one !== undefined && isRaster(one); }) ?? null;
    change(addLayer(newPictureLayer({ name: `${alone?.name ?? 'Canvas'}, selection`.slice(0, 200), hash, rect: lifted.rect }), above), { mark: 'New layer from selection' });
  });
}

/** What is seen within the selection, for any program; false = nothing is selected. */
export function copySelection(): Promise<boolean> {
  return inTurn(async () => {
    const selection = currentSelection();
    if (selection === null) return false;
    const cut = cutToSelection(await pictureRaster(canvasDocument(), selection.rect), selection);
    if (cut === undefined) {
      refused('Nothing is there to copy');
      return true;
    }
    await navigator.clipboard.write([new ClipboardItem({ 'image/png': toPng(cut) })]);
    say('The selection is copied');
    return true;
  });
}
