import { documentBounds, layersBounds, orderedLayers } from '../document/bounds.ts';
import { keptRect } from '../document/coverage.ts';
import type { CanvasDocument, Rect } from '../document/records.ts';
import { studio } from '../studio/current.ts';
import { refusal } from '../studio/problem.ts';
import { layerRaster, maskRaster, pictureRaster, upload } from './pixels.ts';
import { isRaster } from './compositor.ts';
import { currentSelection, paintSelection } from './chosenPixels.ts';
import { intersect, isEmpty, outward } from './rect.ts';

export type ExportArea = 'canvas' | 'frame' | 'selection';
export type ExportKind = 'png' | 'jpeg' | 'webp' | 'psd' | 'ora';

/** The part of the canvas that is exported; undefined = there is nothing. */
export function exportArea(document: CanvasDocument, area: ExportArea): Rect | undefined {
  const whole = documentBounds(document);
  if (whole === null) return undefined;
  if (area === 'canvas') return outward(whole);
  if (area === 'frame') return keptRect(document);
  const selection = currentSelection();
  if (selection !== null) {
    const chosen = intersect(selection.rect, outward(whole));
    return isEmpty(chosen) ? undefined : chosen;
  }
  const masks = layersBounds(orderedLayers(document).filter((layer) => layer.kind === 'mask' && layer.visible));
  const rect = masks === null ? undefined : intersect(outward(masks), outward(whole));
  return rect === undefined || isEmpty(rect) ? undefined : rect;
}

export interface ExportOptions {
  readonly area: ExportArea;
  readonly format: ExportKind;
  /** 1–100, of JPEG and WebP. */
  readonly quality: number;
  /** Of the newest result that can be seen; pictures only. */
  readonly withParameters: boolean;
}

/** The rows of the gallery whose pictures can be seen in a part of the canvas. */
export function generationsWithin(document: CanvasDocument, rect: Rect): readonly string[] {
  const ids = orderedLayers(document).flatMap((layer) => {
    const bounds = isRaster(layer) && layer.visible && layer.opacity > 0 && layer.generationId !== null ? layersBounds([layer]) : null;
    return bounds === null || isEmpty(intersect(bounds, rect)) || !isRaster(layer) || layer.generationId === null ? [] : [layer.generationId];
  });
  return [...new Set(ids)].slice(-1_000);
}

/** Draws and encodes an area. Of a selection, or of the masks where nothing is selected, only what it covers is kept. */
export async function exportCanvas(document: CanvasDocument, { area, format, quality, withParameters }: ExportOptions): Promise<Blob> {
  const rect = exportArea(document, area);
  if (rect === undefined) throw refusal('There is nothing to export.');
  if (format === 'psd' || format === 'ora') return exportLayers(document, rect, format);
  const raster = await pictureRaster(document, rect);
  if (area === 'selection') await keepSelected(document, raster.canvas, rect);
  return studio().canvas.exportPicture({ hash: await upload(raster), format, ...(format === 'png' ? {} : { quality }), ...(withParameters ? { generationIds: [...generationsWithin(document, rect)] } : {}) });
}

async function keepSelected(document: CanvasDocument, canvas: OffscreenCanvas, rect: Rect): Promise<void> {
  const selection = currentSelection();
  if (selection !== null) {
    const sheet = canvas.getContext('2d');
    if (sheet === null) return;
    sheet.globalCompositeOperation = 'destination-in';
    paintSelection(sheet, selection, -rect.x, -rect.y);
    return;
  }
  const masks = orderedLayers(document).filter((layer) => layer.kind === 'mask' && layer.visible);
  const mask = await maskRaster(document, { rect, layers: masks.map(({ id }) => ({ id, grow: 0 })), feather: null, grow: 0 });
  const [context, other] = [canvas.getContext('2d'), mask.canvas.getContext('2d')];
  if (context === null || other === null) return;
  const pixels = context.getImageData(0, 0, rect.width, rect.height);
  const alpha = other.getImageData(0, 0, rect.width, rect.height).data;
  for (let i = 0; i < alpha.length; i += 4) pixels.data[i + 3] = Math.round(((pixels.data[i + 3] ?? 0) * (alpha[i] ?? 0)) / 255);
  context.putImageData(pixels, 0, 0);
}

async function exportLayers(document: CanvasDocument, rect: Rect, format: 'psd' | 'ora'): Promise<Blob> {
  const layers = [];
  for (const layer of orderedLayers(document)) {
    if (!isRaster(layer)) continue;
    const raster = await layerRaster(document, layer);
    if (raster === undefined) continue;
    layers.push({ name: layer.name, hash: await upload(raster), x: raster.rect.x - rect.x, y: raster.rect.y - rect.y, opacity: layer.opacity, visible: layer.visible, blendMode: layer.blendMode });
  }
  if (layers.length === 0) throw refusal('There is no layer to export.');
  return studio().canvas.exportLayers({ format, width: rect.width, height: rect.height, layers });
}
