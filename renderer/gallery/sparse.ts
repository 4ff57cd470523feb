import type { Cursor, Timeline } from '../../preload/contract/gallery.ts';
import type { GalleryItem } from '../../preload/contract/project.ts';

/**
 * The gallery's rows by their place in the whole result, most of them not fetched: a hundred thousand pictures have a scroll bar
 * of true length, and jumping anywhere fetches only what is seen. The timeline says how many lie in each day, and any day is a
 * place to begin a page.
 */
export interface Sparse {
  readonly timeline: Timeline;
  /** In the order shown. */
  readonly days: readonly Day[];
  readonly items: (GalleryItem | undefined)[];
}

export interface Day {
  readonly from: number;
  readonly to: number;
  readonly count: number;
  /** Place of its first picture in the whole. */
  readonly start: number;
}

export function makeSparse(timeline: Timeline, sort: 'newest' | 'oldest'): Sparse {
  const ordered = sort === 'newest' ? timeline.days : timeline.days.toReversed();
  let start = 0;
  const days = ordered.map((day) => {
    const placed = { ...day, start };
    start += day.count;
    return placed;
  });
  return { timeline, days, items: Array.from<GalleryItem | undefined>({ length: start }) };
}

export function dayAt(days: readonly Day[], index: number): Day | undefined {
  let low = 0;
  let high = days.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (days[middle]!.start <= index) low = middle;
    else high = middle - 1;
  }
  return days[low];
}

/** Where to begin reading so that `index` is reached: after the nearest known picture before it in its day, else at the day's edge. */
export function pageStart(sparse: Sparse, index: number, sort: 'newest' | 'oldest'): { readonly at: number; readonly after: Cursor | undefined } {
  const day = dayAt(sparse.days, index);
  if (day === undefined) return { at: 0, after: undefined };
  for (let at = index; at > day.start; at--) {
    const before = sparse.items[at - 1];
    if (before !== undefined) return { at, after: { createdAt: before.createdAt, id: before.id } };
  }
  if (day.start === 0) return { at: 0, after: undefined };
  return { at: day.start, after: { createdAt: sort === 'newest' ? day.to : Math.max(0, day.from - 1) } };
}

/** The first picture in [from, to) that is not here yet. */
export function firstGap(sparse: Sparse, from: number, to: number): number | undefined {
  for (let index = Math.max(0, from); index < Math.min(to, sparse.items.length); index++) if (sparse.items[index] === undefined) return index;
  return undefined;
}
