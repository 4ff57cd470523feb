import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import { changedOutside } from '../../native/image/composite.ts';
import { rescale } from '../../native/image/rescale.ts';
import type { Engine, MaskImage, RgbImage } from '../../native/types.ts';

const image: RgbImage = { width: 200, height: 136, data: Uint8Array.from({ length: 200 * 136 * 3 }, (_, i) => (i * 31 + (i % 7) * 20) % 256) };
const mask: MaskImage = { width: 200, height: 136, data: Uint8Array.from({ length: 200 * 136 }, (_, i) => (i % 200 > 60 && i % 200 < 120 && i > 40 * 200 && i < 90 * 200 ? 255 : 0)) };
const work = { width: 96, height: 64 };

describe('a working size', () => {
  let engine: Engine;
  beforeAll(async () => {
    engine = await createEngine('test/fixtures/golden/dev_a', { threads: 1 });
  });
  afterAll(() => engine.dispose());

  it('draws at that size and gives the size that was asked for', async () => {
    const small = await engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 2, ...work });
    const large = await engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 2, width: 208, height: 128, work });
    expect(large.image).toEqual(rescale(small.image, { width: 208, height: 128 }));
  });

  it('keeps every byte outside of a mask, at the picture’s own size', async () => {
    const shared = { prompt: 'a red cube', image, steps: 2, work } as const;
    const repainted = await engine.generate({ ...shared, kind: 'inpaint', denoiseMask: mask });
    expect(repainted.image).toMatchObject({ width: 200, height: 136 });
    expect(changedOutside(image, repainted.image, mask)).toBe(0);
    expect(repainted.image.data).not.toEqual(image.data);
    const wider = await engine.generate({ ...shared, kind: 'outpaint', left: 8, top: 0, right: 40, bottom: 24 });
    expect(wider.image).toMatchObject({ width: 248, height: 160 });
    for (let y = 0; y < image.height; y++) {
      const from = (y * 248 + 8) * 3;
      expect(Buffer.from(wider.image.data.subarray(from, from + 600)).equals(image.data.subarray(y * 600, y * 600 + 600))).toBe(true);
    }
  });

  it.each(['edit', 'control'] as const)('a whole picture comes back at its own size: %s', async (kind) => {
    const request = kind === 'edit' ? { kind, image, sizing: 'exact' as const } : { kind, control: 'canny' as const, map: image };
    const { image: drawn } = await engine.generate({ ...request, prompt: 'a red cube', steps: 1, work });
    expect(drawn).toMatchObject({ width: 200, height: 136 });
  });

  it('enlarges no further than what could be drawn', async () => {
    await expect(engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 1, width: 8192, height: 8192, work })).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'size' } });
  });

  it.each([{ width: 8, height: 64 }, { width: 64, height: 1e5 }, { width: 64.5, height: 64 }])('refuses %o by name', async (wrong) => {
    await expect(engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 1, work: wrong })).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { field: expect.stringMatching(/^work/) } });
  });
});
