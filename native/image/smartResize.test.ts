import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { goldenRoot } from './golden.testing.ts';
import { conditionSizes, editSizePublished, understandingSize } from './preprocess.ts';
import type { VisionPreprocessor } from './preprocess.ts';
import { roundHalfEven, smartResize } from './smartResize.ts';
import type { Size } from './smartResize.ts';

interface Geometry {
  width: number;
  height: number;
  edit_hw: number[];
  cond_first_hw: number[];
  cond_second_hw: number[];
  understanding_hw: number[];
  understanding_tokens: number;
  cond_tokens: number;
}

const geometry = JSON.parse(readFileSync(join(goldenRoot, 'geometry.json'), 'utf8')) as Geometry[];
const real: VisionPreprocessor = { patchSize: 14, hiddenStride: 2, mean: [0, 0, 0], std: [1, 1, 1], minPixels: 200704, maxPixels: 2408448 };
const hw = (s: Size) => [s.height, s.width];
const tokens = (s: Size) => (s.height / 28) * (s.width / 28);

describe('smartResize', () => {
  it.each(geometry.map((g) => [`${g.width}x${g.height}`, g] as const))('gives every size of the geometry table: %s', (_name, g) => {
    expect(hw(editSizePublished(g))).toEqual(g.edit_hw);
    const { first, second } = conditionSizes(g, real);
    expect(hw(first)).toEqual(g.cond_first_hw);
    expect(hw(second)).toEqual(g.cond_second_hw);
    expect(tokens(second)).toBe(g.cond_tokens);
    const understanding = understandingSize(g, real);
    expect(hw(understanding)).toEqual(g.understanding_hw);
    expect(tokens(understanding)).toBe(g.understanding_tokens);
  });

  it('rounds half to even', () => {
    expect([0.5, 1.5, 2.5, 2.4999, 2.5001, 3].map(roundHalfEven)).toEqual([0, 2, 2, 2, 3, 3]);
  });

  it('refuses sides that are no positive whole numbers, and pictures whose shorter side would vanish', () => {
    expect(() => smartResize(0, 5)).toThrow(/positive/);
    expect(() => smartResize(5, 1.5)).toThrow(/positive/);
    expect(() => smartResize(28, 2800, { factor: 28, minPixels: 3136, maxPixels: 7056 })).toThrow(/elongated/);
  });
});
