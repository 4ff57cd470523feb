import { expect, it } from 'vitest';
import { latentPreview, predictClean, sdxlPreviewFactors } from './preview.ts';

it('maps every latent pixel linearly and clamps', () => {
  const factors = { factors: [[1, 0, 0], [0, 1, 0]] as [number, number, number][], bias: [0, 0, -1] as [number, number, number] };
  const latents = Float32Array.from([0, 1, -5, NaN, 0.5, 9, 0, -1]);
  const image = latentPreview(latents, { channels: 2, height: 2, width: 2 }, factors);
  expect([...image.data]).toEqual([128, 191, 0, 255, 255, 0, 0, 128, 0, 0, 0, 0]);
});

it('has factors for the published VAE: zero latents are grey', () => {
  const [r, g, b] = latentPreview(new Float32Array(4), { channels: 4, height: 1, width: 1 }).data;
  for (const v of [r, g, b]) expect(Math.abs(v! - 127)).toBeLessThan(20);
});

it('refuses factors for another number of channels', () => {
  expect(() => latentPreview(new Float32Array(8), { channels: 8, height: 1, width: 1 }, sdxlPreviewFactors)).toThrow(
    expect.objectContaining({ code: 'REQUEST_INVALID' }),
  );
});

it('follows the velocity to its end', () => {
  expect([...predictClean(Float32Array.from([1]), Float32Array.from([2]), 0.25)]).toEqual([0.5]);
});
