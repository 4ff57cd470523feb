import { describe, expect, it } from 'vitest';
import type { RgbImage } from '../types.ts';
import { drawSheet, layOut } from './sheet.ts';

const plain = (value: number, width = 64, height = 48): RgbImage => ({ width, height, data: new Uint8Array(width * height * 3).fill(value) });
const text = { columns: ['txtCfg 5', 'txtCfg 7.5'], rows: ['imgCfg 1.5', 'imgCfg 2'] };
const pixel = (image: RgbImage, x: number, y: number): number => image.data[(y * image.width + x) * 3]!;

function ink(image: RgbImage, x0: number, y0: number, x1: number, y1: number): number {
  let dark = 0;
  for (let y = y0; y < y1; y++) for (let x = x0; x < x1; x++) if (pixel(image, x, y) < 128) dark++;
  return dark;
}

describe('a labelled grid', () => {
  it('holds every cell byte for byte where it belongs, and labels on both sides', async () => {
    const values = [200, 210, 220, 230];
    const sheet = await drawSheet(text, values.map((value) => async () => plain(value)));
    const { cell, left, top, gap, width, height } = layOut(text, { width: 64, height: 48 });
    expect([sheet.width, sheet.height, cell]).toEqual([width, height, { width: 64, height: 48 }]);
    values.forEach((value, i) => {
      const x = left + (i % 2) * (cell.width + gap);
      const y = top + Math.floor(i / 2) * (cell.height + gap);
      expect([pixel(sheet, x, y), pixel(sheet, x + 63, y + 47), pixel(sheet, x + 64, y)]).toEqual([value, value, 255]);
    });
    // A label over each column and one before each row.
    for (const column of [0, 1]) expect(ink(sheet, left + column * (64 + gap), 0, left + column * (64 + gap) + 64, top)).toBeGreaterThan(15);
    for (const row of [0, 1]) expect(ink(sheet, 0, top + row * (48 + gap), left, top + row * (48 + gap) + 48)).toBeGreaterThan(15);
  });

  it('shows a decimal point beside cells of 64 pixels', async () => {
    const sheet = await drawSheet({ columns: [''], rows: ['.'] }, [async () => plain(255, 64, 64)]);
    expect(ink(sheet, 0, 0, sheet.width, sheet.height)).toBeGreaterThan(0);
  });

  it('is shrunk as a whole when the cells are many and large', () => {
    const many = { columns: Array.from({ length: 20 }, (_, i) => `txtCfg ${i}`), rows: Array.from({ length: 20 }, (_, i) => `imgCfg ${i}`) };
    const { width, height } = layOut(many, { width: 1024, height: 1024 });
    expect(width * height).toBeLessThan(30e6);
  });

  it('fits an odd cell in, and takes hostile labels as words', async () => {
    const sheet = await drawSheet({ columns: ['<text>&"\u0000\ud800'], rows: [''] }, [async () => plain(10, 30, 40)]);
    expect(ink(sheet, 0, 0, sheet.width, sheet.height)).toBeGreaterThanOrEqual(1200);
    await expect(drawSheet(text, [async () => plain(1)])).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
