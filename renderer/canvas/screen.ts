import type { Rect } from '../document/records.ts';
import { unhurried } from './budget.ts';
import type { Budget } from './budget.ts';
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
  readonly stage: string;
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

  /**
   * Draws a rectangle of the screen again: stage, checker, hatch, pictures. Returns the parts whose pictures are still old because the
   * budget was spent.
   */
  draw(placement: Placement, screen: Rect, content: Rect, frame: Rect, drafts: readonly { readonly image: ImageBitmap; readonly rect: Rect }[], budget: Budget = unhurried): readonly Rect[] {
    const { context, compositor, colours } = this;
    if (isEmpty(screen) || colours === undefined) return [];
    context.fillStyle = colours.stage;
    context.fillRect(screen.x, screen.y, screen.width, screen.height);
    this.fill(this.checker, intersect(screen, outward(toScreen(placement, content))));
    this.fill(this.hatch, intersect(screen, outward(toScreen(placement, frame))));
    const old = drawPyramid(context, compositor.pyramid, placement, screen, compositor.bounds, budget);
    context.imageSmoothingEnabled = true;
    for (const { image, rect } of drafts) {
      const at = outward(toScreen(placement, rect));
      context.drawImage(image, at.x, at.y, at.width, at.height);
    }
    return old;
  }

  private fill(style: CanvasPattern | undefined, rect: Rect): void {
    if (style === undefined || isEmpty(rect)) return;
    this.context.fillStyle = style;
    this.context.fillRect(rect.x, rect.y, rect.width, rect.height);
  }
}

interface PlacedTile {
  readonly tx: number;
  readonly ty: number;
  readonly at: Rect;
}

/**
 * Draws the level of a pyramid that fits the zoom; edges of tiles lie on whole pixels of the screen, so no seam shows. Tiles that the
 * budget does not reach, the middle comes first, are drawn as they are and returned.
 */
function drawPyramid(context: CanvasRenderingContext2D, pyramid: Pyramid, placement: Placement, screen: Rect, bounds: Rect, budget: Budget): readonly Rect[] {
  const level = levelFor(placement.zoom);
  const scale = placement.zoom * 2 ** level;
  const seen = intersect(toCanvas(placement, screen), bounds);
  if (isEmpty(seen)) return [];
  const unit = tileSize * 2 ** level;
  const tiles: PlacedTile[] = [];
  for (let ty = Math.floor(seen.y / unit); ty * unit < seen.y + seen.height; ty++) {
    for (let tx = Math.floor(seen.x / unit); tx * unit < seen.x + seen.width; tx++) {
      const x = Math.round(tx * tileSize * scale + placement.x);
      const y = Math.round(ty * tileSize * scale + placement.y);
      tiles.push({ tx, ty, at: { x, y, width: Math.round((tx + 1) * tileSize * scale + placement.x) - x, height: Math.round((ty + 1) * tileSize * scale + placement.y) - y } });
    }
  }
  const [middleX, middleY] = [screen.x + screen.width / 2, screen.y + screen.height / 2];
  const far = ({ at }: PlacedTile): number => Math.abs(at.x + at.width / 2 - middleX) + Math.abs(at.y + at.height / 2 - middleY);
  const old: Rect[] = [];
  for (const { tx, ty, at } of tiles.toSorted((a, b) => far(a) - far(b))) {
    if (!pyramid.refresh(level, tx, ty, budget)) old.push(intersect(at, screen));
    const tile = pyramid.tile(level, tx, ty);
    if (tile === undefined) continue;
    context.imageSmoothingEnabled = scale < 2;
    context.imageSmoothingQuality = 'low';
    context.drawImage(tile.canvas, at.x, at.y, at.width, at.height);
  }
  pyramid.trim(level, seen);
  return old;
}
