import { describe, expect, it } from 'vitest';
import { goldenCases, loadGolden, maxAbsDiff } from './golden.testing.ts';
import type { GoldenCase } from './golden.testing.ts';
import {
  conditionImage,
  conditionPixels,
  conditionSizes,
  crop,
  editImagePublished,
  padToMultiple,
  solidImage,
  textToImageSize,
  toBytes,
  toVaeInput,
  understandingPixels,
} from './preprocess.ts';
import type { VisionPreprocessor } from './preprocess.ts';

function preprocessor({ preprocessor: p }: GoldenCase): VisionPreprocessor {
  return {
    patchSize: p.patch_size,
    hiddenStride: p.hidden_stride,
    mean: p.image_mean,
    std: p.image_std,
    minPixels: p.min_pixels,
    maxPixels: p.max_pixels,
  };
}

describe.each(goldenCases)('preprocess: %s', (name) => {
  const golden = loadGolden(name);
  const p = preprocessor(golden);

  it('understanding pictures give the golden pixel values, bit for bit', () => {
    const parts = ['u.image0', 'u.image1'].filter((n) => golden.has(n)).map((n) => understandingPixels(golden.image(n), p));
    const grid = parts.flatMap((x) => [1, x.gridH, x.gridW]);
    expect(grid).toEqual([...golden.i32('u.grid_thw')]);
    expect(maxAbsDiff(parts.flatMap((x) => [...x.pixelValues]), golden.f32('u.pixel_values'))).toBe(0);
  });

  it('condition pictures are resized twice', () => {
    const source = golden.image('edit.image_resized');
    for (const tag of ['edit.cond', 'edit.no_both', 't2i.cond']) {
      const [h, w] = (tag.startsWith('edit') ? golden.shape('edit.image_float') : golden.shape('t2i.image_float')).slice(2) as [number, number];
      const image = tag === 'edit.cond' ? source : solidImage({ width: w, height: h });
      const first = golden.image(`${tag}.vt_image_first_resize`);
      const sizes = conditionSizes(image, p);
      expect([sizes.first.height, sizes.first.width]).toEqual([first.height, first.width]);
      expect(conditionImage(image, p).data).toEqual(golden.image(`${tag}.vt_image`).data);
      const values = conditionPixels(image, p);
      expect([1, values.gridH, values.gridW]).toEqual([...golden.i32(`${tag}.grid_thw`)]);
      expect(maxAbsDiff(values.pixelValues, golden.f32(`${tag}.pixel_values`))).toBe(0);
    }
  });

  it('the edited picture and its VAE input are bit-exact', () => {
    const resized = editImagePublished(golden.image('edit.image'));
    expect(resized.data).toEqual(golden.image('edit.image_resized').data);
    expect(maxAbsDiff(toVaeInput(resized), golden.f32('edit.vae_pixel_values'))).toBe(0);
  });

  it('the decoder output becomes the golden bytes', () => {
    for (const run of ['t2i', 'edit']) {
      const [height, width] = golden.shape(`${run}.image_u8`) as [number, number, number];
      const bytes = toBytes(golden.f32(`${run}.image_float`), { width, height });
      const expected = golden.image(`${run}.image_u8`);
      // The golden bytes come from float64 values: a value on the edge of a byte may fall on either side.
      let off = 0;
      for (let i = 0; i < expected.data.length; i++) off += bytes.data[i] === expected.data[i] ? 0 : 1;
      expect(off).toBeLessThanOrEqual(expected.data.length / 1000);
      expect(maxAbsDiff(bytes.data, expected.data)).toBeLessThanOrEqual(1);
    }
  });
});

describe('sizes and bytes', () => {
  it('truncates, clamps, and refuses what is no number', () => {
    const planes = Float32Array.from([-1, 1, 2, -3, 0, 0.999, -0.999, 0.5, -0.5, 0.1, 0.2, 0.3]);
    expect([...toBytes(planes, { width: 2, height: 2 }).data]).toEqual([0, 127, 63, 255, 254, 140, 255, 0, 153, 0, 191, 165]);
    expect(() => toBytes(Float32Array.from([0, 0, NaN]), { width: 1, height: 1 })).toThrow(/no numbers/);
    expect(() => toBytes(new Float32Array(4), { width: 1, height: 1 })).toThrow(/need 3 values/);
  });

  it('pads by repeating the edge, and a crop undoes it', () => {
    const image = { width: 3, height: 2, data: Uint8Array.from({ length: 18 }, (_, i) => i) };
    const padded = padToMultiple(image, 4);
    expect([padded.width, padded.height]).toEqual([4, 4]);
    expect([...padded.data.subarray(9, 12)]).toEqual([6, 7, 8]);
    expect([...padded.data.subarray(36, 48)]).toEqual([9, 10, 11, 12, 13, 14, 15, 16, 17, 15, 16, 17]);
    expect(crop(padded, image).data).toEqual(image.data);
    expect(padToMultiple(crop(padded, { width: 1, height: 1, left: 3, top: 3 }), 1).data).toEqual(Uint8Array.from([15, 16, 17]));
    expect(() => crop(image, { width: 4, height: 1 })).toThrow(/leaves/);
  });

  it('floors text to image sizes to multiples of 16', () => {
    expect(textToImageSize({ width: 1023, height: 16 })).toEqual({ width: 1008, height: 16 });
    expect(() => textToImageSize({ width: 15, height: 64 })).toThrow(/16 pixels/);
  });
});
