import { describe, expect, it } from 'vitest';
import type { MaskImage, RgbImage } from '../types.ts';
import { changedOutside, composite } from './composite.ts';
import { matchColours, seamDeltaE } from './colourMatch.ts';
import { fillUnderMask } from './fill.ts';
import { deltaE2000, labToRgb, rgbToLab } from './lab.ts';
import { solidMask } from './mask.ts';
import { solidImage } from './preprocess.ts';

function noisy(width: number, height: number, seed: number): RgbImage {
  let state = seed;
  const data = Uint8Array.from({ length: width * height * 3 }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return 60 + ((state >>> 24) & 127);
  });
  return { width, height, data };
}

const ramp: MaskImage = { width: 256, height: 1, data: Uint8Array.from({ length: 256 }, (_, i) => i) };

describe('composite', () => {
  it('is exact at both ends and rounds to nearest between', () => {
    const original = noisy(256, 1, 1);
    const generated = noisy(256, 1, 2);
    const result = composite(original, generated, ramp);
    expect([...result.data.subarray(0, 3)]).toEqual([...original.data.subarray(0, 3)]);
    expect([...result.data.subarray(765)]).toEqual([...generated.data.subarray(765)]);
    for (let i = 0; i < 768; i++) {
      const m = Math.floor(i / 3) / 255;
      expect(result.data[i]).toBe(Math.round(original.data[i]! * (1 - m) + generated.data[i]! * m));
    }
  });

  it('stays byte-identical outside the mask after ten edits', () => {
    const original = noisy(32, 32, 3);
    const mask = solidMask(32, 32, 0);
    mask.data.fill(255, 300, 420);
    mask.data.fill(90, 420, 500);
    let image = original;
    for (let edit = 0; edit < 10; edit++) image = composite(image, noisy(32, 32, edit), mask);
    expect(changedOutside(original, image, mask)).toBe(0);
    image.data[0]! ^= 1;
    image.data[2]! ^= 1;
    expect(changedOutside(original, image, mask)).toBe(1);
  });

  it('refuses other sizes', () => {
    expect(() => composite(noisy(2, 2, 0), noisy(2, 1, 0), solidMask(2, 2, 0))).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(() => changedOutside(noisy(2, 2, 0), noisy(2, 2, 0), solidMask(1, 4, 0))).toThrow(/Sizes differ/);
  });

  it('fills under a mask with a hard edge', () => {
    const filled = fillUnderMask(noisy(256, 1, 1), ramp);
    expect([...filled.data.subarray(127 * 3, 129 * 3)]).toEqual([...noisy(256, 1, 1).data.subarray(127 * 3, 128 * 3), 128, 128, 128]);
  });
});

describe('colours', () => {
  it('Lab is there and back again for every grey and many colours', () => {
    for (let v = 0; v < 256; v += 5) {
      for (const [r, g, b] of [[v, v, v], [v, 255 - v, 17], [3, v, 200]] as const) expect(labToRgb(rgbToLab(r, g, b))).toEqual([r, g, b]);
    }
    const [l, a, b] = rgbToLab(255, 0, 0);
    expect([l, a, b].map((x) => Math.round(x * 10) / 10)).toEqual([53.2, 80.1, 67.2]);
  });

  // Pairs of the data published with the formula.
  it.each([
    [[50, 2.6772, -79.7751], [50, 0, -82.7485], 2.0425],
    [[50, -1.3802, -84.2814], [50, 0, -82.7485], 1],
    [[50, 2.49, -0.001], [50, -2.49, 0.0009], 7.1792],
    [[50, 2.5, 0], [73, 25, -18], 27.1492],
    [[60.2574, -34.0099, 36.2677], [60.4626, -34.1751, 39.4387], 1.2644],
    [[2.0776, 0.0795, -1.135], [0.9033, -0.0636, -0.5514], 0.9082],
    [[50, 0, 0], [50, 0, 0], 0],
  ] as [[number, number, number], [number, number, number], number][])('CIEDE2000 of %j and %j', (x, y, expected) => {
    expect(deltaE2000(x, y)).toBeCloseTo(expected, 4);
    expect(deltaE2000(y, x)).toBeCloseTo(expected, 4);
  });

  const mask = solidMask(64, 64, 0);
  for (let y = 16; y < 48; y++) mask.data.fill(255, y * 64 + 16, y * 64 + 48);

  it('takes out a colour drift', () => {
    const original = noisy(64, 64, 5);
    const drifted = { ...original, data: original.data.map((v, i) => v + [12, -9, 15][i % 3]!) };
    const error = (image: RgbImage) => image.data.reduce((sum, v, i) => sum + Math.abs(v - original.data[i]!), 0) / image.data.length;
    expect(error(drifted)).toBeGreaterThan(10);
    expect(error(matchColours(drifted, original, mask))).toBeLessThan(3);
  });

  it('leaves an undrifted result as it is, and one with nothing to compare', () => {
    const original = noisy(64, 64, 6);
    expect(matchColours(original, original, mask).data).toEqual(original.data);
    const other = noisy(64, 64, 7);
    expect(matchColours(other, original, solidMask(64, 64, 255))).toBe(other);
  });

  it('measures a seam', () => {
    const flat = solidImage({ width: 64, height: 64 }, [100, 100, 100]);
    expect(seamDeltaE(flat, mask)).toBe(0);
    const patched = composite(flat, solidImage(flat, [110, 100, 100]), mask);
    expect(seamDeltaE(patched, mask)).toBeGreaterThan(2);
    expect(seamDeltaE(flat, solidMask(64, 64, 0))).toBeUndefined();
  });
});
