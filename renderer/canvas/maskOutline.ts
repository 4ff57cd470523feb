import { transformPoint } from '../document/matrix.ts';
import type { MaskLayer } from '../document/records.ts';
import type { LayerRaster } from './layerRaster.ts';
import { outlines } from './outline.ts';
import { drawTiles } from './tiles.ts';

/** The longer side of the grid that an outline is read from: finer than a dash is long, on any screen. */
const gridSide = 640;

/** Where a mask ends, as closed lines of x, y pairs in canvas pixels. */
export function maskOutline(layer: MaskLayer, raster: LayerRaster): number[][] {
  const { bounds } = raster;
  if (bounds.width === 0) return [];
  const scale = Math.min(1, gridSide / Math.max(bounds.width, bounds.height));
  const [width, height] = [Math.ceil(bounds.width * scale), Math.ceil(bounds.height * scale)];
  const sheet = new OffscreenCanvas(width, height);
  const context = sheet.getContext('2d', { willReadFrequently: true });
  if (context === null) return [];
  context.scale(scale, scale);
  if (scale === 1) drawTiles(context, raster.tiles, bounds, 0, 0);
  else for (const tile of raster.tiles.values()) context.drawImage(tile.canvas, tile.tx * tile.canvas.width - bounds.x, tile.ty * tile.canvas.height - bounds.y);
  const { data } = context.getImageData(0, 0, width, height);
  return outlines(data.subarray(3), width, height, 4).map((line) => {
    const out: number[] = [];
    for (let i = 0; i + 1 < line.length; i += 2) {
      const point = transformPoint(layer.transform, { x: (line[i] ?? 0) / scale + bounds.x, y: (line[i + 1] ?? 0) / scale + bounds.y });
      out.push(point.x, point.y);
    }
    return out;
  });
}
