import { describe, expect, it } from 'vitest';
import type { OutpaintFill, RgbImage } from '../types.ts';
import { cannyMap } from './canny.ts';
import { changedOutside } from './composite.ts';
import { extend } from './outpaint.ts';
import { crop, solidImage } from './preprocess.ts';

function gradient(width: number, height: number): RgbImage {
  const data = Uint8Array.from({ length: width * height * 3 }, (_, i) => {
    const p = Math.floor(i / 3);
    return [(p % width) * 3, Math.floor(p / width) * 4, 90][i % 3]!;
  });
  return { width, height, data };
}

describe('extend', () => {
  const image = gradient(40, 30);
  const sides = { left: 5, top: 7, right: 13, bottom: 0 };

  it.each(['edge', 'blur', 'neutral', 'telea'] as OutpaintFill[])('%s keeps every original byte and marks the rest', async (fill) => {
    const { image: out, unknownMask } = await extend(image, sides, { fill, neutral: [1, 2, 3] });
    expect([out.width, out.height]).toEqual([58, 37]);
    expect(crop(out, { width: 40, height: 30, left: 5, top: 7 }).data).toEqual(image.data);
    expect(unknownMask.data.reduce((n, v) => n + (v === 255 ? 1 : 0), 0)).toBe(58 * 37 - 40 * 30);
    expect(unknownMask.data[7 * 58 + 5]).toBe(0);
    const corner = [...out.data.subarray(0, 3)];
    if (fill === 'neutral') expect(corner).toEqual([1, 2, 3]);
    else if (fill === 'edge') expect(corner).toEqual([0, 0, 90]);
    else for (const c of [0, 1]) expect(corner[c]!).toBeLessThan(60);
  });

  it('blends inside the sides that grow only', async () => {
    const { unknownMask } = await extend(image, { left: 4, top: 0, right: 0, bottom: 0 }, { blend: 3 });
    expect([...unknownMask.data.subarray(44 * 15, 44 * 15 + 9)]).toEqual([255, 255, 255, 255, 191, 128, 64, 0, 0]);
    expect([unknownMask.data[43], unknownMask.data[44 * 29 + 20]]).toEqual([0, 0]);
  });

  it('nothing to add is a copy', async () => {
    const none = { left: 0, top: 0, right: 0, bottom: 0 };
    for (const fill of ['edge', 'telea'] as const) {
      const { image: out, unknownMask } = await extend(image, none, { fill });
      expect(out.data).toEqual(image.data);
      expect(changedOutside(image, out, unknownMask)).toBe(0);
    }
  });

  it.each([{ left: -1 }, { top: 0.5 }, { right: 1e9 }, { bottom: NaN }])('refuses %o', async (bad) => {
    await expect(extend(image, { ...sides, ...bad })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('cannyMap', () => {
  const square = solidImage({ width: 64, height: 64 }, [20, 20, 20]);
  for (let y = 16; y < 48; y++) square.data.fill(230, (y * 64 + 16) * 3, (y * 64 + 48) * 3);

  it('finds the outline and nothing else', async () => {
    const map = await cannyMap(square);
    expect(new Set(map.data)).toEqual(new Set([0, 255]));
    let edges = 0;
    for (let i = 0; i < map.data.length; i += 3) {
      expect(map.data[i] === map.data[i + 1] && map.data[i] === map.data[i + 2]).toBe(true);
      edges += map.data[i] ? 1 : 0;
    }
    expect(edges).toBeGreaterThan(100);
    expect(edges).toBeLessThan(160);
    expect((await cannyMap(solidImage(square, [9, 9, 9]))).data.every((v) => v === 0)).toBe(true);
  });

  it('higher thresholds and blur leave less; the same input gives the same bytes', async () => {
    const count = async (options: object) => (await cannyMap(gradientNoise(), options)).data.reduce((n, v) => n + (v ? 1 : 0), 0);
    const plain = await count({});
    expect(await count({})).toBe(plain);
    expect(await count({ low: 300, high: 600 })).toBeLessThan(plain);
    expect(await count({ blur: 2 })).toBeLessThan(plain);
  });

  it('leaves the process as it found it', () => {
    expect(process.listeners('unhandledRejection').map(String).join()).not.toContain('abort(');
  });

  it.each([{ low: -1 }, { low: 300 }, { high: NaN }, { blur: -1 }])('refuses %o', async (options) => {
    await expect(cannyMap(square, options)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

function gradientNoise(): RgbImage {
  const image = gradient(64, 60);
  for (let i = 0; i < image.data.length; i++) image.data[i] = (image.data[i]! + (Math.imul(i, 2654435761) >>> 26)) & 255;
  return image;
}
