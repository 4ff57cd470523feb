import { describe, expect, it } from 'vitest';
import { goldenCases, loadGolden, maxAbsDiff } from '../image/golden.testing.ts';
import { packLatents, tokenIds, unpackLatents } from './pack.ts';

describe.each(goldenCases)('pack: %s', (name) => {
  const golden = loadGolden(name);

  it.each(['t2i', 'edit'])('%s noise packs to the golden tokens and back', (run) => {
    const [, channels, height, width] = golden.shape(`${run}.noise`) as [number, number, number, number];
    const shape = { channels, height, width };
    const noise = golden.f32(`${run}.noise`);
    const tokens = golden.f32(`${run}.noise_tokens`);
    expect(maxAbsDiff(packLatents(noise, shape), tokens)).toBe(0);
    expect(maxAbsDiff(unpackLatents(tokens, shape), noise)).toBe(0);
    expect(maxAbsDiff(tokenIds(height, width), golden.f32(`${run}.img_ids`))).toBe(0);
    if (run === 'edit') expect(maxAbsDiff(tokenIds(height, width, 1), golden.f32('edit.ctx_ids'))).toBe(0);
  });
});

it('refuses odd sides and other lengths', () => {
  expect(() => packLatents(new Float32Array(4 * 3 * 2), { channels: 4, height: 3, width: 2 })).toThrow(/2x2/);
  expect(() => unpackLatents(new Float32Array(3), { channels: 4, height: 2, width: 2 })).toThrow(/need 16/);
});
