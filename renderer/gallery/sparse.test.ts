import { describe, expect, it } from 'vitest';
import type { GalleryItem } from '../../preload/contract/project.ts';
import { dayAt, firstGap, makeSparse, pageStart } from './sparse.ts';

const timeline = { total: 6, tookMs: 1, days: [{ from: 300, to: 400, count: 2 }, { from: 200, to: 300, count: 3 }, { from: 100, to: 200, count: 1 }] };
const item = (id: string, createdAt: number) => ({ id, createdAt }) as GalleryItem;

describe('the sparse result', () => {
  it('places days in the order shown', () => {
    expect(makeSparse(timeline, 'newest').days.map((day) => day.start)).toEqual([0, 2, 5]);
    expect(makeSparse(timeline, 'oldest').days.map((day) => [day.from, day.start])).toEqual([[100, 0], [200, 1], [300, 4]]);
  });
  it('finds the day of a place', () => {
    const { days } = makeSparse(timeline, 'newest');
    expect([0, 1, 2, 4, 5].map((index) => dayAt(days, index)?.from)).toEqual([300, 300, 200, 200, 100]);
  });
  it('begins a page at the day, or after the nearest picture known', () => {
    const sparse = makeSparse(timeline, 'newest');
    expect(pageStart(sparse, 1, 'newest')).toEqual({ at: 0, after: undefined });
    expect(pageStart(sparse, 4, 'newest')).toEqual({ at: 2, after: { createdAt: 300 } });
    sparse.items[3] = item('x', 250);
    expect(pageStart(sparse, 4, 'newest')).toEqual({ at: 4, after: { createdAt: 250, id: 'x' } });
    expect(pageStart(makeSparse(timeline, 'oldest'), 5, 'oldest')).toEqual({ at: 4, after: { createdAt: 299 } });
  });
  it('finds gaps', () => {
    const sparse = makeSparse(timeline, 'newest');
    sparse.items[0] = item('a', 390);
    expect(firstGap(sparse, 0, 2)).toBe(1);
    expect(firstGap(sparse, 0, 1)).toBeUndefined();
  });
});
