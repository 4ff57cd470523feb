/** A frame and what stands in it, for tests of the canvas through the contract. */
import type { Pixels } from './wholeStudio.ts';

export const frame = { x: -96, y: 32, width: 320, height: 288 };
export const area = frame.width * frame.height;

/** A picture in which every pixel differs from its neighbours. */
export function scene(change: (x: number, y: number) => number = () => 255): Pixels {
  const data = new Uint8Array(area * 4);
  for (let i = 0; i < area; i++) {
    const x = i % frame.width;
    const y = Math.floor(i / frame.width);
    data.set([(x * 7 + y) & 255, (y * 5 + 3 * x) & 255, (x ^ y) & 255, change(x, y)], i * 4);
  }
  return { width: frame.width, height: frame.height, data };
}

export function maskOf(inside: (x: number, y: number) => boolean): Pixels {
  const data = new Uint8Array(area);
  for (let i = 0; i < area; i++) data[i] = inside(i % frame.width, Math.floor(i / frame.width)) ? 255 : 0;
  return { width: frame.width, height: frame.height, data };
}

export const box = maskOf((x, y) => x >= 40 && x < 100 && y >= 50 && y < 90);
