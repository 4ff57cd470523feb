import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { readPngText, writePngText } from './pngText.ts';

const png = readFileSync(join(import.meta.dirname, '../../test/fixtures/golden/dev_a/edit_image.png'));

describe('text inside a PNG', () => {
  it('comes back, any script, and the pixels stay', async () => {
    const text = JSON.stringify({ prompt: 'ein roter Würfel 红色 🟥', seed: 1 });
    const written = writePngText(png, 'ovis-studio', text);
    expect(readPngText(written, 'ovis-studio')).toBe(text);
    expect(await sharp(written).raw().toBuffer()).toEqual(await sharp(png).raw().toBuffer());
  });

  it('is replaced, not doubled, and leaves others alone', () => {
    const other = writePngText(png, 'other', 'kept');
    const twice = writePngText(writePngText(other, 'ovis-studio', 'first'), 'ovis-studio', 'second');
    expect(readPngText(twice, 'ovis-studio')).toBe('second');
    expect(readPngText(twice, 'other')).toBe('kept');
    expect(twice.length).toBe(writePngText(other, 'ovis-studio', 'second').length);
  });

  it('is absent from other files, cut files and plain pictures', () => {
    expect(readPngText(png, 'ovis-studio')).toBeUndefined();
    expect(readPngText(Buffer.from('GIF89a'), 'ovis-studio')).toBeUndefined();
    expect(readPngText(writePngText(png, 'ovis-studio', 'x').subarray(0, 50), 'ovis-studio')).toBeUndefined();
  });
});
