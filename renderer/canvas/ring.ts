import type { Point, Rect } from '../document/records.ts';
import { toScreen } from './screen.ts';
import type { Placement } from './screen.ts';
import { outward, padded } from './rect.ts';

/** The brush at the pointer: canvas pixels. */
export interface Ring {
  readonly at: Point;
  readonly size: number;
  readonly erases: boolean;
}

const leastRadius = 1.5;

function radiusOf({ size }: Ring, zoom: number, ratio: number): number {
  return Math.max(leastRadius * ratio, (size * zoom) / 2);
}

/** What a ring covers of the screen, in its pixels. `ratio`: of them to a pixel of the page. */
export function ringArea(ring: Ring, placement: Placement, ratio: number): Rect {
  const { x, y } = toScreen(placement, { ...ring.at, width: 0, height: 0 });
  const reach = radiusOf(ring, placement.zoom, ratio) + 2 * ratio;
  return outward(padded({ x, y, width: 0, height: 0 }, reach));
}

/** White with a dark edge, whatever is beneath; dashed for the eraser. */
export function drawRing(context: CanvasRenderingContext2D, ring: Ring, placement: Placement, ratio: number): void {
  const { x, y } = toScreen(placement, { ...ring.at, width: 0, height: 0 });
  context.save();
  context.beginPath();
  context.arc(x, y, radiusOf(ring, placement.zoom, ratio), 0, 2 * Math.PI);
  context.strokeStyle = 'rgba(20, 20, 20, .7)';
  context.lineWidth = 3 * ratio;
  context.stroke();
  context.strokeStyle = '#ffffff';
  context.lineWidth = 1.2 * ratio;
  if (ring.erases) context.setLineDash([4 * ratio, 3 * ratio]);
  context.stroke();
  context.restore();
}
