import sharp from 'sharp';
import { expect, it } from 'vitest';
import { registrationShift } from './registration.ts';
import type { GreyPicture } from './registration.ts';

/** A busy picture, drawn a fraction of a pixel beside its place. */
async function drawn(dx: number, dy: number): Promise<GreyPicture> {
  const discs = Array.from({ length: 40 }, (_, i) => `<circle cx="${(i * 97) % 300 + dx}" cy="${(i * 61) % 220 + dy}" r="${6 + (i % 7) * 3}" fill="hsl(${i * 47} 70% ${30 + (i % 5) * 10}%)"/>`);
  const { data, info } = await sharp(Buffer.from(`<svg xmlns="http://www.w3.org/2000/svg" width="300" height="220"><rect width="300" height="220" fill="#888"/>${discs.join('')}</svg>`)).ensureAlpha().raw().toBuffer({ resolveWithObject: true });
  return { width: info.width, height: info.height, pixels: data };
}

it.each([[0, 0], [1, 0], [0, -2], [0.5, 0.25], [-1.4, 3]])('finds a shift of %d, %d to a fifth of a pixel', async (dx, dy) => {
  const found = registrationShift(await drawn(0, 0), await drawn(dx, dy));
  expect(found.blocks).toBeGreaterThan(10);
  expect(Math.abs(found.x - dx)).toBeLessThan(0.2);
  expect(Math.abs(found.y - dy)).toBeLessThan(0.2);
});

it('says when nothing can be told', () => {
  const flat = { width: 200, height: 200, pixels: new Uint8Array(160_000).fill(90) };
  expect(() => registrationShift(flat, flat)).toThrow('0 blocks');
});
