import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../types.ts';
import { depthMap } from './depth.ts';
import { smartSelect } from './smartSelect.ts';

interface Scene {
  readonly image: RgbImage;
  /** 1 where the object is. */
  readonly truth: Uint8Array;
}

/** A lit ball on a plain or chequered floor, with its shadow, a highlight and a noise of some bytes; antialiased. */
function ball(width: number, height: number, { floor = [150, 140, 130], chequer = 0, noise = 0, colour = [190, 40, 40] } = {}): Scene {
  const data = new Uint8Array(width * height * 3);
  const truth = new Uint8Array(width * height);
  const cx = width / 2;
  const cy = height / 2;
  const radius = height / 4;
  let state = 7;
  const random = (): number => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) / 2 ** 32 - 0.5);
  const sample = (x: number, y: number): number[] => {
    const u = (x - cx) / radius;
    const v = (y - cy) / radius;
    const d = u * u + v * v;
    if (d <= 1) {
      const z = Math.sqrt(1 - d);
      const light = Math.max(0.25, -0.5 * u - 0.6 * v + 0.62 * z);
      const shine = Math.max(0, -0.35 * u - 0.45 * v + 0.82 * z) ** 60;
      return colour.map((c) => Math.min(255, c * (0.35 + 0.75 * light) + 200 * shine));
    }
    const shade = ((u - 0.9) / 1.4) ** 2 + ((v - 0.9) / 0.6) ** 2 < 1 ? 0.55 : 1;
    const tile = (Math.floor(x / 40) + Math.floor(y / 40)) % 2 === 0 ? 1 : 1 - chequer;
    return floor.map((c) => c * shade * tile);
  };
  for (let y = 0, i = 0; y < height; y++) {
    for (let x = 0; x < width; x++, i++) {
      const samples = [[0.25, 0.25], [0.75, 0.25], [0.25, 0.75], [0.75, 0.75]].map(([a = 0, b = 0]) => sample(x + a, y + b));
      for (let c = 0; c < 3; c++) data[i * 3 + c] = Math.max(0, Math.min(255, Math.round(samples.reduce((sum, s) => sum + (s[c] ?? 0), 0) / 4 + noise * random())));
      truth[i] = (x + 0.5 - cx) ** 2 + (y + 0.5 - cy) ** 2 <= radius * radius ? 1 : 0;
    }
  }
  return { image: { width, height, data }, truth };
}

function overlap({ truth }: Scene, mask: Uint8Array): number {
  let both = 0;
  let either = 0;
  for (let i = 0; i < truth.length; i++) {
    const on = mask[i]! > 0;
    if (on && truth[i] === 1) both++;
    if (on || truth[i] === 1) either++;
  }
  return both / either;
}

describe('a click on an object', () => {
  it.each([
    ['on a plain floor', {}],
    ['on a chequered floor', { chequer: 0.35 }],
    ['in noise', { noise: 10 }],
    ['of blue on green', { colour: [40, 70, 190], floor: [90, 150, 80] }],
    ['of white on grey', { colour: [225, 225, 220], floor: [90, 90, 95] }],
  ])('%s finds it, light, shade, highlight and all', (_what, options) => {
    const scene = ball(320, 240, options);
    for (const [x, y] of [[160, 120], [140, 105], [180, 140]] as const) expect(overlap(scene, smartSelect(scene.image, x, y).data)).toBeGreaterThan(0.9);
  });

  it('on the floor leaves the object out', () => {
    const scene = ball(320, 240);
    const { data } = smartSelect(scene.image, 10, 10);
    const inside = scene.truth.reduce((sum, on, i) => sum + (on === 1 && data[i] !== 0 ? 1 : 0), 0);
    expect(inside / scene.truth.reduce((a, b) => a + b, 0)).toBeLessThan(0.1);
    expect(data[5 * 320 + 310]).toBe(255);
  });

  it('takes more with more tolerance', () => {
    const { image } = ball(160, 120, { noise: 30 });
    const counts = [0, 10, 32, 60, 100].map((tolerance) => smartSelect(image, 80, 60, { tolerance }).data.filter((v) => v > 0).length);
    expect(counts).toEqual(counts.toSorted((a, b) => a - b));
    expect(counts.at(-1)).toBeGreaterThan(counts[0]!);
  });

  it('works on a picture of one pixel, and refuses points outside', () => {
    const image = { width: 1, height: 1, data: Uint8Array.of(1, 2, 3) };
    expect(smartSelect(image, 0, 0).data).toEqual(Uint8Array.of(255));
    for (const [x, y] of [[1, 0], [0, -1], [0.5, 0], [NaN, 0]] as const) expect(() => smartSelect(image, x, y)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    for (const tolerance of [-1, 101, NaN]) expect(() => smartSelect(image, 0, 0, { tolerance })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('a depth map', () => {
  it('is stretched to the whole range in either direction, and is grey where all is one depth', () => {
    const depth = { width: 3, height: 1, data: Uint16Array.of(1000, 2000, 5000) };
    expect([...depthMap(depth).data]).toEqual([0, 0, 0, 64, 64, 64, 255, 255, 255]);
    expect([...depthMap(depth, true).data]).toEqual([255, 255, 255, 191, 191, 191, 0, 0, 0]);
    expect(new Set(depthMap({ ...depth, data: Uint16Array.of(7, 7, 7) }).data)).toEqual(new Set([128]));
    expect(() => depthMap({ ...depth, width: 4 })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});
