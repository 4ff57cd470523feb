import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { outlines } from './outline.ts';

/** The area inside closed lines, by the shoelace sum: holes count against it. */
function area(lines: readonly (readonly number[])[]): number {
  let sum = 0;
  for (const line of lines) {
    for (let i = 0; i < line.length; i += 2) {
      const [x0, y0] = [line[i] ?? 0, line[i + 1] ?? 0];
      const [x1, y1] = [line[(i + 2) % line.length] ?? 0, line[(i + 3) % line.length] ?? 0];
      sum += x0 * y1 - x1 * y0;
    }
  }
  return sum / 2;
}

describe('outlines', () => {
  it('walks around a block once, with its corners only', () => {
    const alpha = new Uint8Array(25);
    for (const at of [6, 7, 11, 12]) alpha[at] = 255;
    const [line, ...others] = outlines(alpha, 5, 5);
    expect(others).toEqual([]);
    expect(new Set(line?.join().match(/\d+,\d+/g))).toEqual(new Set(['1,1', '3,1', '3,3', '1,3']));
  });

  it('encloses exactly the pixels that are inside, holes and touching corners included', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 1, max: 12 }), fc.infiniteStream(fc.boolean()), (width, height, coins) => {
      const alpha = Uint8Array.from({ length: width * height }, () => (coins.next().value ? 255 : 0));
      expect(area(outlines(alpha, width, height))).toBe(alpha.filter((value) => value > 0).length);
    }));
  });
});
