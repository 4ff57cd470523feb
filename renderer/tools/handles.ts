/** Handles of boxes on the canvas: where they are and which one is under the pointer. */
import { transformPoint } from '../document/matrix.ts';
import { contentBounds } from '../document/bounds.ts';
import type { FrameHandle } from '../document/frameGeometry.ts';
import type { Layer, Point, Rect } from '../document/records.ts';

export const handleNames = ['nw', 'n', 'ne', 'e', 'se', 's', 'sw', 'w'] as const satisfies readonly FrameHandle[];
export type Handle = FrameHandle;

/** Screen pixels around a handle's middle that take hold of it: a target of 22 px. */
const handleReach = 11;
/** Screen pixels beyond a corner within which a layer turns. */
const turnReach = 28;

/** Where a handle sits on a box: the corner, or the middle of the side. */
export function handlePoint({ x, y, width, height }: Rect, handle: Handle): Point {
  return {
    x: x + (handle.includes('w') ? 0 : handle.includes('e') ? width : width / 2),
    y: y + (handle.includes('n') ? 0 : handle.includes('s') ? height : height / 2),
  };
}

export function oppositeHandle(handle: Handle): Handle {
  const turned: Readonly<Record<string, string>> = { n: 's', s: 'n', e: 'w', w: 'e' };
  return [...handle].map((side) => turned[side]).join('') as Handle;
}

function nearest(points: readonly { readonly handle: Handle; readonly point: Point }[], at: Point, reach: number): Handle | undefined {
  let best: Handle | undefined;
  let least = reach;
  for (const { handle, point } of points) {
    const distance = Math.hypot(point.x - at.x, point.y - at.y);
    // Corners are asked first where a small box brings handles together.
    if (distance < least || (distance === least && best === undefined)) [best, least] = [handle, distance];
  }
  return best;
}

const cornersFirst = [...handleNames].sort((a, b) => b.length - a.length);

/** What a press on a frame takes hold of: a handle, an edge, the inside, or nothing. */
export function frameHit(frame: Rect, at: Point, zoom: number): Handle | 'move' | undefined {
  const reach = handleReach / zoom;
  const handle = nearest(cornersFirst.map((name) => ({ handle: name, point: handlePoint(frame, name) })), at, reach);
  if (handle !== undefined) return handle;
  const { x, y, width, height } = frame;
  const alongX = at.x >= x && at.x <= x + width;
  const alongY = at.y >= y && at.y <= y + height;
  // Whole edges can be pulled, not only the handles drawn in their middle.
  const edge = 6 / zoom;
  if (alongX && Math.abs(at.y - y) <= edge) return 'n';
  if (alongX && Math.abs(at.y - (y + height)) <= edge) return 's';
  if (alongY && Math.abs(at.x - x) <= edge) return 'w';
  if (alongY && Math.abs(at.x - (x + width)) <= edge) return 'e';
  return alongX && alongY ? 'move' : undefined;
}

/** The handles of a layer, on its own turned box; canvas pixels. Empty for a layer without content. */
export function layerHandles(layer: Layer): readonly { readonly handle: Handle; readonly point: Point }[] {
  const content = contentBounds(layer);
  return content === null ? [] : handleNames.map((handle) => ({ handle, point: transformPoint(layer.transform, handlePoint(content, handle)) }));
}

/** What a press takes hold of on a layer's turned box. */
export function layerHit(layer: Layer, at: Point, zoom: number): Handle | 'move' | 'turn' | undefined {
  const points = layerHandles(layer);
  const handle = nearest(points.toSorted((a, b) => b.handle.length - a.handle.length), at, handleReach / zoom);
  if (handle !== undefined) return handle;
  if (isInside(points.filter((one) => one.handle.length === 2).map((one) => one.point), at)) return 'move';
  return nearest(points.filter((one) => one.handle.length === 2), at, turnReach / zoom) === undefined ? undefined : 'turn';
}

/** Whether a point lies in a convex outline. */
function isInside(corners: readonly Point[], at: Point): boolean {
  const sides = corners.map((corner, i) => {
    const next = corners[(i + 1) % corners.length] ?? corner;
    return (next.x - corner.x) * (at.y - corner.y) - (next.y - corner.y) * (at.x - corner.x);
  });
  return sides.length > 2 && (sides.every((side) => side >= 0) || sides.every((side) => side <= 0));
}
