import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { floodFill } from './floodFill.ts';

/** The slow way: grow by one pixel until nothing changes. */
function slow(rgba: Uint8ClampedArray, width: number, height: number, x: number, y: number, tolerance: number): Uint8Array {
  const mask = new Uint8Array(width * height);
  const near = (at: number): boolean => [0, 1, 2, 3].every((c) => Math.abs((rgba[at * 4 + c] ?? 0) - (rgba[(y * width + x) * 4 + c] ?? 0)) <= tolerance * 2.55);
  mask[y * width + x] = 255;
  for (let grown = true; grown;) {
    grown = false;
    for (let at = 0; at < mask.length; at++) {
      const [i, j] = [at % width, Math.floor(at / width)];
      const beside = [i > 0 ? at - 1 : -1, i < width - 1 ? at + 1 : -1, j > 0 ? at - width : -1, j < height - 1 ? at + width : -1];
      if (mask[at] === 0 && near(at) && beside.some((one) => one >= 0 && mask[one] === 255)) { mask[at] = 255; grown = true; }
    }
  }
  return mask;
}

describe('floodFill', () => {
  it('finds what the slow way finds', () => {
    fc.assert(fc.property(fc.integer({ min: 1, max: 9 }), fc.integer({ min: 1, max: 9 }), fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 81, maxLength: 81 }), fc.nat(80), fc.integer({ min: 0, max: 60 }), (width, height, shades, start, tolerance) => {
      const rgba = Uint8ClampedArray.from({ length: width * height * 4 }, (_, i) => (i % 4 === 3 ? 255 : (shades[i >> 2] ?? 0) * 60));
      const at = start % (width * height);
      const { mask, bounds } = floodFill(rgba, width, height, at % width, Math.floor(at / width), tolerance);
      expect(mask).toEqual(slow(rgba, width, height, at % width, Math.floor(at / width), tolerance));
      const inside = [...mask].flatMap((value, i) => (value === 255 ? [[i % width, Math.floor(i / width)] as const] : []));
      expect(bounds[0]).toBe(Math.min(...inside.map(([i]) => i)));
      expect(bounds[1] + bounds[3] - 1).toBe(Math.max(...inside.map(([, j]) => j)));
    }));
  });
});
