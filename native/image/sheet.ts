/** Pictures laid out as one labelled grid: the result of a guidance study. */
import { EngineError } from '../errors.ts';
import type { RgbImage } from '../types.ts';
import { renderSvg } from './codec.ts';
import { resizeBicubic } from './resizeBicubic.ts';
import { labelSvg, labelWidth } from './strokeText.ts';

export interface SheetText {
  /** One label above each column, one before each row; an axis of one empty label gets no strip. */
  readonly columns: readonly string[];
  readonly rows: readonly string[];
}

interface Layout {
  readonly cell: { readonly width: number; readonly height: number };
  readonly left: number;
  readonly top: number;
  readonly gap: number;
  readonly label: number;
  readonly width: number;
  readonly height: number;
}

/** A grid of many large pictures is made smaller as a whole: it is for looking at, the cells themselves are kept. */
const maxSheetPixels = 24_000_000;
/** Capitals of fewer pixels are read with difficulty; only narrow columns have them. */
const smallestLabel = 9;
const background = 255;

/** Where everything goes, for cells of this size. */
export function layOut(text: SheetText, size: { readonly width: number; readonly height: number }): Layout {
  const shrink = Math.min(1, Math.sqrt(maxSheetPixels / (size.width * size.height * text.columns.length * text.rows.length)));
  const cell = { width: Math.max(1, Math.round(size.width * shrink)), height: Math.max(1, Math.round(size.height * shrink)) };
  // A label is never wider than its column.
  const widest = Math.max(1, ...text.columns.map((label) => labelWidth(label, 1)));
  const label = Math.max(5, Math.min(Math.max(smallestLabel, Math.round(cell.height / 16)), 28, Math.floor((cell.width * 0.96) / widest)));
  const gap = Math.max(2, Math.round(label / 2));
  const top = text.columns.some((word) => word !== '') ? label * 3 : gap;
  const left = text.rows.some((word) => word !== '') ? Math.ceil(Math.max(...text.rows.map((word) => labelWidth(word, label)))) + label * 2 : gap;
  return {
    cell, left, top, gap, label,
    width: left + text.columns.length * (cell.width + gap),
    height: top + text.rows.length * (cell.height + gap),
  };
}

/** Draws the grid, rows top to bottom; every cell is fitted into the size of the first one. REQUEST_INVALID unless there are rows × columns of them. */
export async function drawSheet(text: SheetText, cells: readonly (() => Promise<RgbImage>)[]): Promise<RgbImage> {
  const [first] = cells;
  if (first === undefined || cells.length !== text.columns.length * text.rows.length) {
    throw new EngineError('REQUEST_INVALID', `a grid of ${text.rows.length}×${text.columns.length} needs as many pictures, not ${cells.length}`);
  }
  let picture = await first();
  const layout = layOut(text, picture);
  const sheet = await renderSvg(labelsOf(text, layout));
  for (const [index, load] of cells.entries()) {
    // One at a time: a sheet of hundreds must not hold them all.
    if (index > 0) picture = await load();
    const column = index % text.columns.length;
    const row = Math.floor(index / text.columns.length);
    blit(sheet, fitted(picture, layout.cell), layout.left + column * (layout.cell.width + layout.gap), layout.top + row * (layout.cell.height + layout.gap), layout.cell);
  }
  return sheet;
}

function labelsOf(text: SheetText, layout: Layout): string {
  const { cell, left, top, gap, label } = layout;
  const columns = text.columns.map((word, i) => labelSvg(word, left + i * (cell.width + gap) + cell.width / 2, (top - label) / 2, label, 'middle'));
  const rows = text.rows.map((word, i) => labelSvg(word, left - label, top + i * (cell.height + gap) + (cell.height - label) / 2, label, 'end'));
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${layout.width}" height="${layout.height}"><rect width="100%" height="100%" fill="rgb(${background},${background},${background})"/>${columns.join('')}${rows.join('')}</svg>`;
}

/** Keeps the proportions; a picture that already fits stays as it is. */
function fitted(picture: RgbImage, cell: { readonly width: number; readonly height: number }): RgbImage {
  const scale = Math.min(cell.width / picture.width, cell.height / picture.height, 1);
  if (scale === 1) return picture;
  return resizeBicubic(picture, Math.max(1, Math.round(picture.width * scale)), Math.max(1, Math.round(picture.height * scale)));
}

function blit(sheet: RgbImage, picture: RgbImage, x: number, y: number, cell: { readonly width: number; readonly height: number }): void {
  const left = x + Math.floor((cell.width - picture.width) / 2);
  const top = y + Math.floor((cell.height - picture.height) / 2);
  for (let row = 0; row < picture.height; row++) {
    sheet.data.set(picture.data.subarray(row * picture.width * 3, (row + 1) * picture.width * 3), ((top + row) * sheet.width + left) * 3);
  }
}
