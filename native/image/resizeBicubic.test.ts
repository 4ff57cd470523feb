import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../types.ts';
import { goldenCases, loadGolden } from './golden.testing.ts';
import { resizeBicubic } from './resizeBicubic.ts';

interface Fixture {
  from: [number, number];
  to: [number, number];
  extreme?: boolean;
  sha256: string;
  first: number[];
}

/** Pillow 9.4's own results on this pattern: hashes of the bytes. */
const fixtures = JSON.parse(readFileSync(join(import.meta.dirname, 'resizeBicubic.fixtures.json'), 'utf8')) as Fixture[];

function pattern(width: number, height: number, extreme = false): RgbImage {
  const data = new Uint8Array(width * height * 3);
  for (let i = 0; i < data.length; i++) {
    let v = Math.imul(i, 2654435761) >>> 0;
    v = (v ^ (v >>> 15)) >>> 0;
    v = Math.imul(v, 2246822519) >>> 0;
    v = (v ^ (v >>> 13)) >>> 0;
    data[i] = extreme ? ((v & 255) > 127 ? 255 : 0) : v & 255;
  }
  return { width, height, data };
}

describe('resizeBicubic', () => {
  it.each(fixtures.map((f) => [`${f.from.join('x')} to ${f.to.join('x')}${f.extreme ? ' black and white' : ''}`, f] as const))(
    'equals Pillow: %s',
    (_name, f) => {
      const result = resizeBicubic(pattern(...f.from, f.extreme), ...f.to);
      expect([...result.data.subarray(0, 6)].slice(0, f.first.length)).toEqual(f.first);
      expect(createHash('sha256').update(result.data).digest('hex')).toBe(f.sha256);
    },
  );

  it.each(goldenCases)('equals the golden resizes of %s', (name) => {
    const golden = loadGolden(name);
    for (const [source, target] of [
      ['u.image0', 'u.image0_resized'],
      ['u.image1', 'u.image1_resized'],
      ['edit.image', 'edit.image_resized'],
      ['edit.cond.vt_image_first_resize', 'edit.cond.vt_image'],
    ] as const) {
      if (!golden.has(source)) continue;
      const expected = golden.image(target);
      expect(Buffer.compare(resizeBicubic(golden.image(source), expected.width, expected.height).data, expected.data), target).toBe(0);
    }
  });

  it('returns a copy, not the same bytes, at equal size', () => {
    const image = pattern(4, 4);
    const result = resizeBicubic(image, 4, 4);
    expect(result.data).toEqual(image.data);
    expect(result.data).not.toBe(image.data);
  });

  it('refuses empty targets and short data', () => {
    expect(() => resizeBicubic(pattern(4, 4), 0, 4)).toThrow(/0x4/);
    expect(() => resizeBicubic({ width: 4, height: 4, data: new Uint8Array(3) }, 2, 2)).toThrow(/3 bytes a pixel/);
  });
});
