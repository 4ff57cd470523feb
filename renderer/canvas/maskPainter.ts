import { transformRect } from '../document/matrix.ts';
import type { CanvasDocument, MaskLayer, Rect } from '../document/records.ts';
import type { Compositor } from './compositor.ts';
import { intersect, isEmpty, outward, padded } from './rect.ts';
import { toCanvas, toScreen } from './screen.ts';
import type { Placement } from './screen.ts';
import { newCanvas, tileRect, tilesWithin } from './tiles.ts';
import type { Context } from './tiles.ts';

/** Layers that a gesture is about to make carry it in their id. */
export const previewPrefix = 'preview ';

/** The masks that are seen. */
export function shownMasks(document: CanvasDocument): readonly MaskLayer[] {
  return document.order.flatMap((id) => {
    const layer = document.layers[id];
    return layer?.kind === 'mask' && layer.visible ? [layer] : [];
  });
}

/** Tints what the chosen mask covers; the others have an outline, so that pictures stay visible under several masks. */
export class MaskPainter {
  private readonly context: CanvasRenderingContext2D;
  private readonly compositor: Compositor;
  private scratch: { readonly canvas: OffscreenCanvas; readonly context: Context } | undefined;

  constructor(context: CanvasRenderingContext2D, compositor: Compositor) {
    this.context = context;
    this.compositor = compositor;
  }

  draw(document: CanvasDocument, placement: Placement, screen: Rect, tint: string): void {
    const { context } = this;
    if (isEmpty(screen)) return;
    for (const layer of shownMasks(document).filter(({ id }) => id === document.selected || id.startsWith(previewPrefix))) {
      const raster = this.compositor.raster(layer.id);
      if (raster === undefined || raster.tiles.size === 0) continue;
      const area = intersect(screen, outward(toScreen(placement, transformRect(layer.transform, raster.bounds))));
      if (isEmpty(area)) continue;
      const scratch = this.sheet(area.width, area.height);
      scratch.context.setTransform(1, 0, 0, 1, 0, 0);
      scratch.context.globalCompositeOperation = 'source-over';
      scratch.context.clearRect(0, 0, area.width, area.height);
      const [a, b, c, d, e, f] = layer.transform;
      scratch.context.setTransform(placement.zoom, 0, 0, placement.zoom, placement.x - area.x, placement.y - area.y);
      scratch.context.transform(a, b, c, d, e, f);
      scratch.context.imageSmoothingEnabled = placement.zoom < 2;
      scratch.context.imageSmoothingQuality = 'low';
      const plain = b === 0 && c === 0;
      for (const tile of tilesWithin(raster.tiles, plain ? own(layer, toCanvas(placement, padded(area, 2))) : raster.bounds)) {
        const rect = tileRect(tile);
        scratch.context.drawImage(tile.canvas, rect.x, rect.y, rect.width, rect.height);
      }
      scratch.context.setTransform(1, 0, 0, 1, 0, 0);
      scratch.context.globalCompositeOperation = 'source-in';
      scratch.context.fillStyle = tint;
      scratch.context.fillRect(0, 0, area.width, area.height);
      context.drawImage(scratch.canvas, 0, 0, area.width, area.height, area.x, area.y, area.width, area.height);
    }
  }

  private sheet(width: number, height: number): { readonly canvas: OffscreenCanvas; readonly context: Context } {
    const known = this.scratch;
    if (known !== undefined && known.canvas.width >= width && known.canvas.height >= height) return known;
    this.scratch = newCanvas(Math.max(width, known?.canvas.width ?? 0), Math.max(height, known?.canvas.height ?? 0));
    return this.scratch;
  }
}

/** A rectangle of the canvas in the layer's pixels, for transforms without rotation. */
function own(layer: MaskLayer, rect: Rect): Rect {
  const [a, , , d, e, f] = layer.transform;
  const [x0, x1] = [(rect.x - e) / a, (rect.x + rect.width - e) / a];
  const [y0, y1] = [(rect.y - f) / d, (rect.y + rect.height - f) / d];
  return { x: Math.min(x0, x1), y: Math.min(y0, y1), width: Math.abs(x1 - x0), height: Math.abs(y1 - y0) };
}
