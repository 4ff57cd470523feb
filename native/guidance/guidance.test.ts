import { describe, expect, it } from 'vitest';
import { goldenCases, loadGolden, maxAbsDiff } from '../image/golden.testing.ts';
import { textGuidance, textImageGuidance } from './guidance.ts';

describe.each(goldenCases)('guidance: %s', (name) => {
  const golden = loadGolden(name);

  it('text guidance gives the golden velocity', () => {
    const { txt_cfg } = golden.info['t2i'] as { txt_cfg: number };
    for (const i of [0, 3]) {
      const cond = golden.f32(`t2i.step${i}.v_cond`);
      const uncond = golden.f32(`t2i.step${i}.v_uncond`);
      const expected = golden.f32(`t2i.step${i}.v`);
      textGuidance(cond, cond, uncond, txt_cfg);
      expect(maxAbsDiff(cond, expected)).toBeLessThan(1e-5);
    }
  });

  it('text and image guidance gives the golden velocity, in place too', () => {
    const { txt_cfg, img_cfg } = golden.info['edit'] as { txt_cfg: number; img_cfg: number };
    for (const i of [0, 3]) {
      const cond = golden.f32(`edit.step${i}.v_cond`);
      const noTxt = golden.f32(`edit.step${i}.v_no_txt`);
      const noBoth = golden.f32(`edit.step${i}.v_no_both`);
      const expected = golden.f32(`edit.step${i}.v`);
      textImageGuidance(noBoth, { cond, noTxt, noBoth }, { txt: txt_cfg, img: img_cfg });
      expect(maxAbsDiff(noBoth, expected)).toBeLessThan(1e-5);
    }
  });
});

it('a scale of 1 is the conditional branch alone', () => {
  const out = new Float32Array(1);
  textGuidance(out, Float32Array.from([3]), Float32Array.from([1]), 1);
  expect([...out]).toEqual([3]);
});

it('refuses branches of other lengths', () => {
  const one = new Float32Array(1);
  const two = new Float32Array(2);
  expect(() => textGuidance(one, two, one, 1)).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID' }));
});
