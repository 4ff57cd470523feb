import { describe, expect, it } from 'vitest';
import { flatten, type BlendMode } from './flatten.ts';
import type { RgbaImage } from './rgba.ts';

const dot = (...rgba: number[]): RgbaImage => ({ width: 1, height: 1, data: Uint8Array.from(rgba) });
const over = (blendMode: BlendMode, top: RgbaImage, opacity = 1, bottom = dot(200, 100, 50, 255)): number[] => [
  ...flatten(1, 1, [{ image: bottom, x: 0, y: 0, opacity: 1, blendMode: 'normal' }, { image: top, x: 0, y: 0, opacity, blendMode }]).data,
];

describe('layers laid over each other', () => {
  it.each([
    ['normal', 1, [40, 80, 160, 255]],
    ['normal', 0.5, [120, 90, 105, 255]],
    // 200·40/255, 100·80/255, 50·160/255
    ['multiply', 1, [31, 31, 31, 255]],
    ['screen', 1, [209, 149, 179, 255]],
    ['overlay', 1, [162, 63, 63, 255]],
  ] as const)('%s at %d', (mode, opacity, expected) => {
    expect(over(mode, dot(40, 80, 160, 255), opacity)).toEqual(expected);
  });

  it('a transparent one changes nothing, in any mode', () => {
    for (const mode of ['normal', 'multiply', 'screen', 'overlay'] as const) {
      expect(over(mode, dot(255, 0, 0, 0))).toEqual([200, 100, 50, 255]);
      expect(over(mode, dot(255, 0, 0, 255), 0)).toEqual([200, 100, 50, 255]);
    }
  });

  it('over nothing, a mode is as good as none: the colour stays, straight, with its own alpha', () => {
    for (const mode of ['normal', 'multiply', 'screen', 'overlay'] as const) expect(over(mode, dot(90, 60, 30, 128), 1, dot(1, 2, 3, 0))).toEqual([90, 60, 30, 128]);
  });

  it('are cut off at the edges, wherever they lie', () => {
    const data = Uint8Array.from({ length: 3 * 3 * 4 }, (_, i) => (i % 4 === 3 ? 255 : i));
    const image: RgbaImage = { width: 3, height: 3, data };
    const at = (x: number, y: number): number[] => [...flatten(2, 2, [{ image, x, y, opacity: 1, blendMode: 'normal' }]).data].filter((_, i) => i % 4 === 0);
    expect(at(-1, -1)).toEqual([16, 20, 28, 32]);
    expect(at(0, 1)).toEqual([0, 0, 0, 4]);
    expect(at(5, -9)).toEqual([0, 0, 0, 0]);
    expect(flatten(2, 2, [{ image, x: 1, y: 1, opacity: 1, blendMode: 'normal' }]).data[15]).toBe(255);
  });
});
