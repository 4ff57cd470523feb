import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { rescale, rescaleMask } from './rescale.ts';

describe('a picture at the size at which a model works', () => {
  it('is itself where the sizes are the same', () => {
    const image = { width: 3, height: 2, data: new Uint8Array(18) };
    expect(rescale(image, { width: 3, height: 2 })).toBe(image);
    const mask = { width: 3, height: 2, data: new Uint8Array(6) };
    expect(rescaleMask(mask, { width: 3, height: 2 })).toBe(mask);
  });

  it('a mask stays empty or painted, whatever its size becomes', () => {
    const side = fc.integer({ min: 1, max: 40 });
    fc.assert(fc.property(fc.record({ width: side, height: side, x: side, y: side, toWidth: side, toHeight: side, painted: fc.boolean() }), ({ width, height, x, y, toWidth, toHeight, painted }) => {
      const data = new Uint8Array(width * height);
      if (painted) data[(y % height) * width + (x % width)] = 255;
      const small = rescaleMask({ width, height, data }, { width: toWidth, height: toHeight });
      expect(small.data).toHaveLength(toWidth * toHeight);
      expect(small.data.some((value) => value > 0)).toBe(painted);
    }));
  });
});
