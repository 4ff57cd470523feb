import type { Rect } from '../document/records.ts';
import type { Compositor } from './compositor.ts';
import { topLevel } from './pyramid.ts';
import type { Pyramid } from './pyramid.ts';
import { intersect, isEmpty, outward } from './rect.ts';
import { tileSize } from './tiles.ts';

/** Where the canvas lies in the window, in device pixels: screen = offset + canvas × zoom. */
export interface Placement {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export function toScreen({ zoom, x, y }: Placement, rect: Rect): Rect {
  return { x: rect.x * zoom + x, y: rect.y * zoom + y, width: rect.width * zoom, height: rect.height * zoom };
}

export function toCanvas({ zoom, x, y }: Placement, rect: Rect): Rect {
  return { x: (rect.x - x) / zoom, y: (rect.y - y) / zoom, width: rect.width / zoom, height: rect.height / zoom };
}

/** The halved copy that is still at least as fine as the screen. */
export function levelFor(zoom: number): number {
  return zoom >= 1 ? 0 : Math.min(topLevel, Math.floor(Math.log2(1 / zoom) + 1e-6));
}

export interface ScreenColours {
  /** Two shades of the checker under transparent pixels. */
  readonly checker: readonly [string, string];
  /** The unknown area of the frame. */
  readonly unknown: string;
  readonly hatch: string;
}

const checkerEdge = 8;

function pattern(context: CanvasRenderingContext2D, edge: number, draw: (tile: OffscreenCanvasRenderingContext2D) => void): CanvasPattern {
  const canvas = new OffscreenCanvas(edge, edge);
  const tile = canvas.getContext('2d');
  if (tile === null) throw new Error('the browser refuses a 2D canvas');
  draw(tile);
  return context.createPattern(canvas, 'repeat') as CanvasPattern;
}

/** Draws the pictures' composite into the window. */
export class ScreenPainter {
  private readonly context: CanvasRenderingContext2D;
  private readonly compositor: Compositor;
  private colours: ScreenColours | undefined;
  private checker: CanvasPattern | undefined;
  private hatch: CanvasPattern | undefined;

  constructor(context: CanvasRenderingContext2D, compositor: Compositor) {
    this.context = context;
    this.compositor = compositor;
  }

  setColours(colours: ScreenColours): void {
    this.colours = colours;
    this.checker = pattern(this.context, checkerEdge * 2, (tile) => {
      tile.fillStyle = colours.checker[0];
      tile.fillRect(0, 0, checkerEdge * 2, checkerEdge * 2);
      tile.fillStyle = colours.checker[1];
      tile.fillRect(0, 0, checkerEdge, checkerEdge);
      tile.fillRect(checkerEdge, checkerEdge, checkerEdge, checkerEdge);
    });
    this.hatch = pattern(this.context, 12, (tile) => {
      tile.fillStyle = colours.unknown;
      tile.fillRect(0, 0, 12, 12);
      tile.strokeStyle = colours.hatch;
      tile.lineWidth = 2;
      for (const offset of [-12, 0, 12]) {
        tile.beginPath();
        tile.moveTo(offset - 1, 13);
        tile.lineTo(offset + 13, -1);
        tile.stroke();
      }
    });
  }

  /** Draws a rectangle of the screen again: stage, checker, hatch, pictures. */
  draw(placement: Placement, screen: Rect, content: Rect, frame: Rect, drafts: readonly { readonly image: ImageBitmap; readonly rect: Rect }[]): void {
    const { context, compositor } = this;
    if (isEmpty(screen) || this.colours === undefined) return;
    context.save();
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.beginPath();
    context.rect(screen.x, screen.y, screen.width, screen.height);
    context.clip();
    context.clearRect(screen.x, screen.y, screen.width, screen.height);
    this.fill(this.checker, intersect(screen, outward(toScreen(placement, content))));
    this.fill(this.hatch, intersect(screen, outward(toScreen(placement, frame))));
    drawPyramid(context, compositor.pyramid, placement, screen, compositor.bounds);
    context.imageSmoothingEnabled = true;
    for (const { image, rect } of drafts) {
      const at = outward(toScreen(placement, rect));
      context.drawImage(image, at.x, at.y, at.width, at.height);
    }
    context.restore();
  }

  private fill(style: CanvasPattern | undefined, rect: Rect): void {
    if (style === undefined || isEmpty(rect)) return;
    this.context.fillStyle = style;
    this.context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
}

/** Draws the level of a pyramid that fits the zoom; edges of tiles lie on whole pixels of the screen, so no seam shows. */
export function drawPyramid(context: CanvasRenderingContext2D, pyramid: Pyramid, placement: Placement, screen: Rect, bounds: Rect): void {
  const level = levelFor(placement.zoom);
  const scale = placement.zoom * 2 ** level;
  const seen = intersect(toCanvas(placement, screen), bounds);
  if (isEmpty(seen)) return;
  const unit = tileSize * 2 ** level;
  context.imageSmoothingEnabled = scale < 2;
  context.imageSmoothingQuality = 'low';
  for (let ty = Math.floor(seen.y / unit); ty * unit < seen.y + seen.height; ty++) {
    for (let tx = Math.floor(seen.x / unit); tx * unit < seen.x + seen.width; tx++) {
      const tile = pyramid.tile(level, tx, ty);
      if (tile === undefined) continue;
      const x0 = Math.round(tx * tileSize * scale + placement.x);
      const y0 = Math.round(ty * tileSize * scale + placement.y);
      const x1 = Math.round((tx + 1) * tileSize * scale + placement.x);
      const y1 = Math.round((ty + 1) * tileSize * scale + placement.y);
      context.drawImage(tile.canvas, x0, y0, x1 - x0, y1 - y0);
    }
  }
}
