import { describe, expect, it } from 'vitest';
import { Rows } from './rows.ts';

const days = [{ from: 2, to: 3, count: 5, start: 0 }, { from: 1, to: 2, count: 2, start: 5 }];

describe('Rows', () => {
  const rows = new Rows(days, 3);
  it('interleaves headings and tiles', () => {
    expect(rows.count).toBe(5);
    expect([0, 1, 2, 3, 4].map((row) => { const at = rows.at(row); return at?.kind === 'tiles' ? [at.from, at.to] : at?.kind; }))
      .toEqual(['day', [0, 3], [3, 5], 'day', [5, 7]]);
  });
  it('finds a picture’s row', () => expect([0, 4, 5].map((index) => rows.rowOf(index))).toEqual([1, 2, 4]));
  it('walks up and down across days', () => {
    expect(rows.neighbour(2, 1)).toBe(4);
    expect(rows.neighbour(3, 1)).toBe(5);
    expect(rows.neighbour(6, -1)).toBe(4);
    expect(rows.neighbour(0, -1)).toBe(0);
  });
});
