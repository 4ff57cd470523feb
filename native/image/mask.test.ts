import { describe, expect, it } from 'vitest';
import type { MaskImage } from '../types.ts';
import { squaredDistances } from './distance.ts';
import {
  compositeMaskFrom,
  contextRect,
  defaultFeather,
  denoiseMaskFrom,
  featherMask,
  growMask,
  invertMask,
  maskBounds,
  maskToLatent,
  shrinkMask,
  solidMask,
} from './mask.ts';

function rectMask(width: number, height: number, left: number, top: number, w: number, h: number): MaskImage {
  const mask = solidMask(width, height, 0);
  for (let y = top; y < top + h; y++) mask.data.fill(255, y * width + left, y * width + left + w);
  return mask;
}

const at = (mask: MaskImage, x: number, y: number) => mask.data[y * mask.width + x]!;

describe('distances', () => {
  it('equal the brute-force ones', () => {
    const mask = solidMask(13, 9, 0);
    for (const [x, y] of [[0, 0], [12, 8], [5, 4], [6, 4], [2, 7]] as const) mask.data[y * 13 + x] = 255;
    const distances = squaredDistances(mask, (v) => v > 0);
    for (let y = 0; y < 9; y++) {
      for (let x = 0; x < 13; x++) {
        let best = Infinity;
        for (let i = 0; i < mask.data.length; i++) {
          if (mask.data[i]) best = Math.min(best, (x - (i % 13)) ** 2 + (y - Math.floor(i / 13)) ** 2);
        }
        expect(distances[y * 13 + x]).toBe(best);
      }
    }
  });

  it('are infinite without a goal', () => {
    expect(new Set(squaredDistances(solidMask(3, 2, 0), (v) => v > 0))).toEqual(new Set([Infinity]));
  });
});

describe('grow, shrink, feather', () => {
  it('grows round, not square', () => {
    const grown = growMask(rectMask(21, 21, 10, 10, 1, 1), 5);
    expect([at(grown, 15, 10), at(grown, 16, 10), at(grown, 13, 14), at(grown, 14, 14)]).toEqual([255, 0, 255, 0]);
  });

  it('shrinks away from unselected pixels only, not from the border', () => {
    const shrunk = shrinkMask(rectMask(20, 20, 0, 0, 10, 20), 3);
    expect([at(shrunk, 0, 0), at(shrunk, 6, 19), at(shrunk, 7, 10)]).toEqual([255, 255, 0]);
  });

  it('a feather reaches half its width and no farther', () => {
    const soft = featherMask(rectMask(64, 8, 32, 0, 32, 8), 12);
    expect([at(soft, 25, 4), at(soft, 38, 4)]).toEqual([0, 255]);
    expect(at(soft, 31, 4) + at(soft, 32, 4)).toBe(255);
    for (let x = 26; x < 37; x++) expect(at(soft, x + 1, 4)).toBeGreaterThanOrEqual(at(soft, x, 4));
    expect(at(soft, 27, 4)).toBeGreaterThan(0);
  });

  it('keeps full and empty masks as they are, and refuses negative widths', () => {
    expect(featherMask(solidMask(30, 30, 255), 20)).toEqual(solidMask(30, 30, 255));
    expect(growMask(solidMask(9, 9, 0), 4)).toEqual(solidMask(9, 9, 0));
    expect(featherMask(rectMask(9, 9, 3, 3, 3, 3), 0)).toEqual(rectMask(9, 9, 3, 3, 3, 3));
    expect(() => growMask(solidMask(1, 1, 0), -1)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(() => featherMask(solidMask(1, 1, 0), NaN)).toThrow(/pixels/);
    expect(() => growMask({ width: 2, height: 2, data: new Uint8Array(3) }, 1)).toThrow(/one byte a pixel/);
  });

  it('inverts and measures', () => {
    expect(maskBounds(rectMask(9, 7, 2, 3, 4, 2))).toEqual({ left: 2, top: 3, width: 4, height: 2 });
    expect(maskBounds(solidMask(9, 7, 0))).toBeUndefined();
    expect(maskBounds(invertMask(solidMask(9, 7, 0)))).toEqual({ left: 0, top: 0, width: 9, height: 7 });
  });
});

describe('the two masks of a selection', () => {
  const selection = rectMask(256, 256, 96, 96, 64, 48);

  it('the denoise mask covers the selection whole and ends 4 px + feather outside', () => {
    const feather = defaultFeather(selection);
    expect(feather).toBe(8);
    const denoise = denoiseMaskFrom(selection);
    expect(selection.data.every((v, i) => v === 0 || denoise.data[i] === 255)).toBe(true);
    expect(at(denoise, 96 - 4, 120)).toBe(255);
    expect(at(denoise, 96 - 4 - feather - 1, 120)).toBe(0);
  });

  it('the composite mask is 0 wherever the denoise mask is, and soft inside it', () => {
    const denoise = denoiseMaskFrom(selection, 20);
    const mask = compositeMaskFrom(denoise, 100);
    expect(denoise.data.every((v, i) => v > 0 || mask.data[i] === 0)).toBe(true);
    expect(at(mask, 128, 120)).toBe(255);
    expect(new Set(mask.data).size).toBeGreaterThan(10);
    expect(new Set(compositeMaskFrom(denoise, 0).data)).toEqual(new Set([0, 255]));
  });

  it('the working crop pads the bounds, keeps 256 px, stays in the picture', () => {
    expect(contextRect(selection)).toEqual({ left: 0, top: 0, width: 256, height: 256 });
    expect(contextRect(rectMask(1024, 1024, 1000, 500, 10, 10))).toEqual({ left: 768, top: 377, width: 256, height: 256 });
    expect(contextRect(rectMask(1024, 100, 100, 10, 600, 10))).toEqual({ left: 48, top: 0, width: 704, height: 100 });
    expect(contextRect(solidMask(64, 64, 0))).toBeUndefined();
  });
});

it('a latent mask is the mean of 8x8 blocks', () => {
  const latent = maskToLatent(rectMask(16, 16, 4, 0, 12, 8));
  expect([...latent]).toEqual([0.5, 1, 0, 0]);
  expect(() => maskToLatent(solidMask(12, 8, 0))).toThrow(/8x8/);
});
