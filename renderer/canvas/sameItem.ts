import { equal } from '../document/diff.ts';
import type { Item } from '../document/records.ts';

type Stroke = Extract<Item, { type: 'stroke' }>;

/** Whether the points of `now` begin with those of `then`; told by the last one, as a stroke only ever grows or is drawn anew. */
function begins(then: readonly number[], now: readonly number[]): boolean {
  if (then === now) return true;
  const end = then.length;
  return now.length >= end && now[end - 1] === then[end - 1] && now[end - 2] === then[end - 2] && now[end - 3] === then[end - 3];
}

/** Whether a drawn stroke has only gained points. */
export function grows(drawn: Item | undefined, wanted: Item | undefined): wanted is Stroke {
  return drawn?.type === 'stroke' && wanted?.type === 'stroke' && drawn.id === wanted.id && begins(drawn.points, wanted.points)
    && drawn.size === wanted.size && drawn.opacity === wanted.opacity;
}

/** Whether an item looks as it was drawn; told by little, as a gesture asks every frame. */
export function same(drawn: Item | undefined, wanted: Item | undefined): boolean {
  if (drawn === wanted) return true;
  if (drawn === undefined || wanted === undefined || drawn.id !== wanted.id || drawn.type !== wanted.type) return false;
  if ('points' in drawn && 'points' in wanted) return drawn.points.length === wanted.points.length && begins(drawn.points, wanted.points);
  if ('rect' in drawn && 'rect' in wanted) {
    const [a, b] = [drawn.rect, wanted.rect];
    return a.x === b.x && a.y === b.y && a.width === b.width && a.height === b.height;
  }
  return true;
}

/** The same item, though it may have been read from a file twice. */
export function alike(a: Item, b: Item): boolean {
  return a === b || (a.id === b.id && equal(a, b));
}
