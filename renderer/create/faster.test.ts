import { describe, expect, it } from 'vitest';
import { fasterFields, fasterText, wayOf, ways } from './faster.ts';

describe('ways to take less time', () => {
  it('are found again from the fields of a request, and off is none at all', () => {
    for (const way of ways) expect(wayOf(fasterFields(way.fields))).toBe(way);
    expect(fasterFields({ guidanceRange: undefined, stepCache: undefined })).toEqual({});
    expect(fasterText({})).toBeUndefined();
  });

  it('of a recalled picture may be none of these, and are said in words', () => {
    const other = { guidanceRange: { start: 0.1, end: 0.6 }, stepCache: 0.3 };
    expect(wayOf(other)).toBeUndefined();
    expect(fasterText(other)).toBe('guided from 10 to 60 % of the steps, steps skipped below 0.3');
  });
});
