import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { MaskImage } from '../types.ts';
import { fillUnknown } from './fillUnknown.ts';
import { compositeRepaint, cropMask, prepareRepaint, unknownOf } from './repaint.ts';
import { alphaOf, fitWithin, withoutAlpha, type RgbaImage } from './rgba.ts';

const bytes = (count: number): fc.Arbitrary<Uint8Array> => fc.uint8Array({ minLength: count, maxLength: count });
const sizes = fc.tuple(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 40 }));
const frames: fc.Arbitrary<RgbaImage> = sizes.chain(([width, height]) => fc.tuple(bytes(width * height * 4), fc.integer({ min: 0, max: 3 })).map(([data, kind]) => {
  // All known, known but for a border, known here and there, nothing known.
  for (let i = 0; i < width * height; i++) {
    const known = [true, i % width < width / 2, data[i * 4 + 3]! < 128, false][kind];
    data[i * 4 + 3] = known ? 255 : data[i * 4 + 3]! >> 1;
  }
  return { width, height, data };
}));
const selectionFor = ({ width, height }: RgbaImage): fc.Arbitrary<MaskImage> => bytes(width * height).map((data) => ({ width, height, data: data.map((v) => (v < 200 ? 0 : 255)) }));

describe('a repaint', () => {
  it('never changes a known byte where the composite mask is 0, and the patch laid over the picture is the result', async () => {
    await fc.assert(fc.asyncProperty(
      frames.chain((frame) => fc.tuple(fc.constant(frame), fc.option(selectionFor(frame), { nil: undefined }), bytes(frame.width * frame.height * 3))),
      fc.record({ feather: fc.integer({ min: 0, max: 12 }), grow: fc.integer({ min: 0, max: 5 }), blend: fc.integer({ min: 0, max: 25 }), unknownBlend: fc.integer({ min: 0, max: 8 }), crop: fc.boolean() }),
      fc.constantFrom('edge', 'blur', 'neutral' as const), fc.boolean(),
      async ([frame, selection, drawn], options, fill, colourMatch) => {
        const nothing = !unknownOf(frame).data.includes(255) && !selection?.data.some((v) => v > 0);
        if (nothing) {
          await expect(prepareRepaint(frame, selection, options)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
          return;
        }
        const made = await prepareRepaint(frame, selection, { ...options, fill });
        const { image, denoiseMask, compositeMask, crop } = made;
        for (let i = 0; i < compositeMask.data.length; i++) {
          const known = frame.data[i * 4 + 3] === 255;
          if (known) for (let c = 0; c < 3; c++) expect(image.data[i * 3 + c]).toBe(frame.data[i * 4 + c]);
          else expect([denoiseMask.data[i], compositeMask.data[i]]).toEqual([255, 255]);
          if (denoiseMask.data[i] === 0) expect(compositeMask.data[i]).toBe(0);
        }
        const at = crop ?? { left: 0, top: 0, width: frame.width, height: frame.height };
        // Whatever is shown lies in the crop.
        expect(cropMask(compositeMask, at).data.reduce((a, v) => a + v, 0)).toBe(compositeMask.data.reduce((a, v) => a + v, 0));
        const raw = { width: at.width, height: at.height, data: drawn.subarray(0, at.width * at.height * 3) };
        const { result, patch, changedOutside, keptPixels } = compositeRepaint({ image, raw, compositeMask, crop, colourMatch });
        expect(changedOutside).toBe(0);
        expect(keptPixels).toBe(compositeMask.data.filter((v) => v === 0).length);
        const over = image.data.slice();
        for (let y = 0; y < (patch?.rect.height ?? 0); y++) {
          for (let x = 0; x < patch!.rect.width; x++) {
            const o = (y * patch!.rect.width + x) * 4;
            if (patch!.image.data[o + 3] === 255) over.set(patch!.image.data.subarray(o, o + 3), ((patch!.rect.top + y) * frame.width + patch!.rect.left + x) * 3);
          }
        }
        expect(over).toEqual(result.data);
      },
    ), { numRuns: 120 });
  });

  it('leaves the selection whole by default: blending happens around it', async () => {
    const frame: RgbaImage = { width: 96, height: 96, data: new Uint8Array(96 * 96 * 4).fill(255) };
    const selection: MaskImage = { width: 96, height: 96, data: Uint8Array.from({ length: 96 * 96 }, (_, i) => (i % 96 >= 40 && i % 96 < 56 && i >= 40 * 96 && i < 56 * 96 ? 255 : 0)) };
    for (const feather of [0, 5, 30]) {
      const { compositeMask, blend } = await prepareRepaint(frame, selection, { feather });
      expect(blend).toBe(Math.min(25, Math.floor(0.8 * (4 + feather))));
      for (let i = 0; i < selection.data.length; i++) if (selection.data[i] === 255) expect(compositeMask.data[i]).toBe(255);
    }
  });

  it('refuses sizes that do not fit', async () => {
    const frame: RgbaImage = { width: 4, height: 4, data: new Uint8Array(64) };
    await expect(prepareRepaint(frame, { width: 5, height: 4, data: new Uint8Array(20) })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    const image = withoutAlpha(frame);
    const mask = alphaOf(frame);
    expect(() => compositeRepaint({ image, raw: { width: 2, height: 2, data: new Uint8Array(12) }, compositeMask: mask, colourMatch: false })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
    expect(() => compositeRepaint({ image, raw: image, compositeMask: mask, crop: { left: 2, top: 0, width: 4, height: 4 }, colourMatch: false })).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
  });
});

describe('filling', () => {
  it('leaves what is known and takes the rest from it', async () => {
    const width = 20;
    const image = { width, height: 10, data: Uint8Array.from({ length: width * 30 }, (_, i) => (Math.floor(i / 3) % width < 10 ? 10 : 200)) };
    const unknown: MaskImage = { width, height: 10, data: Uint8Array.from({ length: width * 10 }, (_, i) => (i % width >= 5 ? 255 : 0)) };
    for (const fill of ['edge', 'blur', 'telea'] as const) {
      const filled = await fillUnknown(image, unknown, fill);
      // Nothing of the unknown half shows through; telea goes on with slopes, and rounds.
      expect(Math.max(...filled.data)).toBeLessThanOrEqual(fill === 'telea' ? 20 : 10);
      for (let i = 0; i < unknown.data.length; i++) if (unknown.data[i] === 0) expect(filled.data[i * 3]).toBe(10);
    }
    expect((await fillUnknown(image, unknown, 'neutral', [1, 2, 3])).data.subarray(15, 18)).toEqual(Uint8Array.of(1, 2, 3));
    const all: MaskImage = { ...unknown, data: unknown.data.map(() => 255) };
    expect(new Set((await fillUnknown(image, all, 'edge')).data)).toEqual(new Set([128]));
  });
});

describe('making smaller', () => {
  it('keeps the colour of what is opaque and the share of what is not', () => {
    const data = new Uint8Array(64 * 32 * 4);
    for (let i = 0; i < 64 * 32; i++) data.set(i % 2 === 0 ? [200, 100, 50, 255] : [0, 0, 0, 0], i * 4);
    const small = fitWithin({ width: 64, height: 32, data }, 16);
    expect([small.width, small.height, ...small.data.subarray(0, 4)]).toEqual([16, 8, 200, 100, 50, 128]);
  });
});
