/** Mask maths against slow references that say the same in other words. */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaskImage } from '../types.ts';
import { squaredDistances } from './distance.ts';
import { compositeMaskFrom, denoiseMaskFrom, featherMask, growMask, invertMask, maskBounds, shrinkMask } from './mask.ts';
import { nearestInside } from './nearest.ts';

/** Masks of any small size: mostly black and white, some grey. */
const masks: fc.Arbitrary<MaskImage> = fc.tuple(fc.integer({ min: 1, max: 24 }), fc.integer({ min: 1, max: 24 })).chain(([width, height]) =>
  fc.array(fc.oneof({ weight: 6, arbitrary: fc.constant(0) }, { weight: 3, arbitrary: fc.constant(255) }, fc.integer({ min: 0, max: 255 })), { minLength: width * height, maxLength: width * height })
    .map((values) => ({ width, height, data: Uint8Array.from(values) })));
const radii = fc.oneof(fc.integer({ min: 0, max: 12 }), fc.double({ min: 0, max: 12, noNaN: true }));

function* pixels({ width, height }: MaskImage): Generator<[x: number, y: number, i: number]> {
  for (let y = 0, i = 0; y < height; y++) for (let x = 0; x < width; x++, i++) yield [x, y, i];
}

/** The smallest squared distance to a pixel inside, by looking at all of them. */
function slowDistance(mask: MaskImage, x: number, y: number, inside: (v: number) => boolean): number {
  let least = Infinity;
  for (const [u, v, j] of pixels(mask)) if (inside(mask.data[j]!)) least = Math.min(least, (u - x) ** 2 + (v - y) ** 2);
  return least;
}

describe('mask maths', () => {
  it('distances are the shortest ones', () => {
    fc.assert(fc.property(masks, (mask) => {
      const fast = squaredDistances(mask, (v) => v >= 128);
      for (const [x, y, i] of pixels(mask)) expect(fast[i]).toBe(slowDistance(mask, x, y, (v) => v >= 128));
    }), { numRuns: 60 });
  });

  it('the nearest known pixel is as near as any', () => {
    fc.assert(fc.property(masks, (mask) => {
      const nearest = nearestInside(mask, (v) => v === 0);
      for (const [x, y, i] of pixels(mask)) {
        const from = nearest[i]!;
        const least = slowDistance(mask, x, y, (v) => v === 0);
        if (least === Infinity) expect(from).toBe(-1);
        else {
          expect(mask.data[from]).toBe(0);
          expect((from % mask.width - x) ** 2 + (Math.floor(from / mask.width) - y) ** 2).toBe(least);
        }
      }
    }), { numRuns: 60 });
  });

  it('growing selects what lies within the radius, shrinking keeps what lies farther from the outside', () => {
    fc.assert(fc.property(masks, radii, (mask, radius) => {
      const grown = growMask(mask, radius);
      const shrunk = shrinkMask(mask, radius);
      for (const [x, y, i] of pixels(mask)) {
        const value = mask.data[i]!;
        expect(grown.data[i]).toBe(radius > 0 && slowDistance(mask, x, y, (v) => v >= 128) <= radius * radius ? 255 : value);
        expect(shrunk.data[i]).toBe(radius > 0 && slowDistance(mask, x, y, (v) => 255 - v >= 128) <= radius * radius ? 0 : value);
      }
    }), { numRuns: 60 });
  });

  it('feathering is three box blurs, and reaches no farther than half its width', () => {
    fc.assert(fc.property(masks, fc.integer({ min: 0, max: 20 }), (mask, width) => {
      const soft = featherMask(mask, width);
      const reach = Math.floor(width / 2);
      let values = Float64Array.from(mask.data);
      for (const pass of [0, 1, 2]) {
        const radius = Math.floor((reach + pass) / 3);
        if (reach > 0 && radius > 0) values = slowBox(slowBox(values, mask, radius, 1, 0), mask, radius, 0, 1);
      }
      for (const [, , i] of pixels(mask)) expect(Math.abs(soft.data[i]! - values[i]!)).toBeLessThan(0.51);
      for (const [x, y, i] of pixels(mask)) {
        const near = [...pixels(mask)].filter(([u, v]) => Math.max(Math.abs(u - x), Math.abs(v - y)) <= reach).map(([, , j]) => mask.data[j]!);
        if (new Set(near).size === 1) expect(soft.data[i]).toBe(near[0]);
      }
    }), { numRuns: 40 });
  });

  it('inverting twice is nothing, and swaps growing with shrinking', () => {
    fc.assert(fc.property(masks, radii, (mask, radius) => {
      expect(invertMask(invertMask(mask)).data).toEqual(mask.data);
      expect(shrinkMask(invertMask(mask), radius).data).toEqual(invertMask(growMask(mask, radius)).data);
    }), { numRuns: 60 });
  });

  it('the two masks of a selection: all of it repainted, nothing shown where nothing was drawn', () => {
    fc.assert(fc.property(masks, fc.integer({ min: 0, max: 16 }), fc.integer({ min: 0, max: 25 }), (mask, feather, blend) => {
      const denoise = denoiseMaskFrom(mask, feather);
      const shown = compositeMaskFrom(denoise, blend);
      for (const [x, y, i] of pixels(mask)) {
        if (mask.data[i]! >= 128) expect(denoise.data[i]).toBe(255);
        // A faint stroke counts where it was painted; beyond 4 px and the feather the model keeps off, seen along either axis.
        const painted = [...pixels(mask)].some(([u, v, j]) => mask.data[j]! > 0 && Math.max(Math.abs(u - x), Math.abs(v - y)) <= 4 + feather);
        if (!painted) expect(denoise.data[i]).toBe(0);
        if (denoise.data[i] === 0) expect(shown.data[i]).toBe(0);
      }
    }), { numRuns: 40 });
  });

  it('bounds hold every pixel above 0, tightly', () => {
    fc.assert(fc.property(masks, (mask) => {
      const on = [...pixels(mask)].filter(([, , i]) => mask.data[i]! > 0);
      const bounds = maskBounds(mask);
      if (on.length === 0) {
        expect(bounds).toBeUndefined();
        return;
      }
      const xs = on.map(([x]) => x);
      const ys = on.map(([, y]) => y);
      expect(bounds).toEqual({ left: Math.min(...xs), top: Math.min(...ys), width: Math.max(...xs) - Math.min(...xs) + 1, height: Math.max(...ys) - Math.min(...ys) + 1 });
    }), { numRuns: 100 });
  });
});

function slowBox(values: Float64Array, { width, height }: MaskImage, radius: number, dx: number, dy: number): Float64Array<ArrayBuffer> {
  const out = new Float64Array(values.length);
  for (let y = 0; y < height; y++) {
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let k = -radius; k <= radius; k++) {
        const u = Math.min(Math.max(x + k * dx, 0), width - 1);
        const v = Math.min(Math.max(y + k * dy, 0), height - 1);
        sum += values[v * width + u]!;
      }
      out[y * width + x] = sum / (2 * radius + 1);
    }
  }
  return out;
}
