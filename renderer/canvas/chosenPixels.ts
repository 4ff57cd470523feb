import { create } from 'zustand';
import { setSelection } from '../document/ops/selection.ts';
import type { Rect, Selection } from '../document/records.ts';
import { canvas, canvasDocument, change } from '../project/canvasStore.ts';
import { loadImage } from './images.ts';
import { outlines } from './outline.ts';
import { upload } from './pixels.ts';
import type { Raster } from './pixels.ts';
import { newCanvas } from './tiles.ts';
import type { Context } from './tiles.ts';

/** The document's selection with its pixels. */
export interface PixelSelection extends Selection {
  /** White where pixels are chosen; null = all of the rectangle. */
  readonly canvas: OffscreenCanvas | null;
  /** Closed lines where it is half chosen, x, y pairs in canvas pixels: to be seen, not to be counted with. */
  readonly lines: readonly (readonly number[])[];
}

/** The longer side of the grid that the lines are read from: finer than a dash is long. */
const gridSide = 1024;
/** Files whose pixels are at hand: undo goes back and forth between a few. */
const keptFiles = 4;
const known = new Map<string, OffscreenCanvas>();

export const usePixelSelection = create<{ readonly selection: PixelSelection | null }>(() => ({ selection: null }));

export function currentSelection(): PixelSelection | null {
  return usePixelSelection.getState().selection;
}

canvas.subscribe(({ document }, before) => {
  if (document.selection !== before.document.selection) void follow(document.selection);
});

/** Shows the selection of the document, as soon as its file is here. */
async function follow(selection: Selection | undefined): Promise<void> {
  if (selection?.hash === undefined) {
    usePixelSelection.setState({ selection: selection === undefined ? null : { ...selection, canvas: null, lines: [boxLine(selection.rect)] } });
    return;
  }
  const pixels = known.get(selection.hash) ?? (await fileOf(selection.hash));
  if (canvasDocument().selection !== selection) return;
  // Of a file that is gone the box is shown: there is something to be let go of.
  const lines = pixels === undefined ? [boxLine(selection.rect)] : linesAround({ canvas: pixels, rect: selection.rect });
  usePixelSelection.setState({ selection: { ...selection, canvas: pixels ?? newCanvas(1, 1).canvas, lines } });
}

async function fileOf(hash: string): Promise<OffscreenCanvas | undefined> {
  const image = await loadImage(hash);
  if (image === undefined) return undefined;
  const { canvas: pixels, context } = newCanvas(image.width, image.height);
  context.drawImage(image.source, 0, 0);
  keep(hash, pixels);
  return pixels;
}

function keep(hash: string, pixels: OffscreenCanvas): void {
  known.set(hash, pixels);
  for (const old of [...known.keys()].slice(0, -keptFiles)) known.delete(old);
}

/** Paints white where pixels are chosen; (x, y): where the canvas's origin lies in the context. */
export function paintSelection(context: Context, { canvas: pixels, rect }: PixelSelection, x: number, y: number): void {
  context.fillStyle = '#fff';
  if (pixels === null) context.fillRect(rect.x + x, rect.y + y, rect.width, rect.height);
  else context.drawImage(pixels, rect.x + x, rect.y + y);
}

/** Chooses the pixels that a raster covers, as one step of undo; false = it covers none. */
export async function choose(raster: Raster, mark: string): Promise<boolean> {
  const chosen = measure(raster);
  if (chosen === undefined) return false;
  if (chosen.solid) {
    change(setSelection({ rect: chosen.rect }), { mark });
    return true;
  }
  const { rect } = chosen;
  const { canvas: pixels, context } = newCanvas(rect.width, rect.height);
  context.drawImage(raster.canvas, raster.rect.x - rect.x, raster.rect.y - rect.y);
  const hash = await upload({ canvas: pixels, rect });
  keep(hash, pixels);
  // Marks are cut to it with their first touch.
  await loadImage(hash);
  change(setSelection({ rect, hash }), { mark });
  return true;
}

/** The box around everything that is chosen at all, and whether that is all of it. */
function measure({ canvas: pixels, rect }: Raster): { readonly rect: Rect; readonly solid: boolean } | undefined {
  const data = pixels.getContext('2d')?.getImageData(0, 0, rect.width, rect.height).data ?? new Uint8ClampedArray();
  let [left, top, right, bottom, full] = [rect.width, rect.height, -1, -1, 0];
  for (let y = 0, at = 3; y < rect.height; y++) {
    for (let x = 0; x < rect.width; x++, at += 4) {
      if (data[at] === 0) continue;
      if (data[at] === 255) full++;
      if (x < left) left = x;
      if (x > right) right = x;
      if (y < top) top = y;
      bottom = y;
    }
  }
  if (right < 0) return undefined;
  const box = { x: rect.x + left, y: rect.y + top, width: right - left + 1, height: bottom - top + 1 };
  return { rect: box, solid: full === box.width * box.height };
}

function boxLine({ x, y, width, height }: Rect): number[] {
  return [x, y, x + width, y, x + width, y + height, x, y + height];
}

function linesAround({ canvas: pixels, rect }: Raster): number[][] {
  const scale = Math.min(1, gridSide / Math.max(rect.width, rect.height));
  const [width, height] = [Math.ceil(rect.width * scale), Math.ceil(rect.height * scale)];
  const small = newCanvas(width, height);
  small.context.imageSmoothingEnabled = scale < 1;
  small.context.drawImage(pixels, 0, 0, rect.width, rect.height, 0, 0, rect.width * scale, rect.height * scale);
  const { data } = small.context.getImageData(0, 0, width, height);
  return outlines(data.subarray(3), width, height, 4).map((line) => line.map((value, at) => value / scale + (at % 2 === 0 ? rect.x : rect.y)));
}
