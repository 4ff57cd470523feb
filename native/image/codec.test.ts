import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deflateSync } from 'node:zlib';
import sharp from 'sharp';
import { describe, expect, it } from 'vitest';
import { decodeImage, decodeMask, encodePng } from './codec.ts';
import { goldenCases, loadGolden } from './golden.testing.ts';

function crc32(bytes: Uint8Array): number {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let k = 0; k < 8; k++) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

/** A PNG that claims a size: a few kilobytes for any number of pixels. */
function pngClaiming(width: number, height: number): Uint8Array {
  const chunk = (type: string, data: Buffer) => {
    const body = Buffer.concat([Buffer.from(type), data]);
    const length = Buffer.alloc(4);
    length.writeUInt32BE(data.length);
    const crc = Buffer.alloc(4);
    crc.writeUInt32BE(crc32(body));
    return Buffer.concat([length, body, crc]);
  };
  const header = Buffer.alloc(13);
  header.writeUInt32BE(width, 0);
  header.writeUInt32BE(height, 4);
  header.set([8, 2], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([signature, chunk('IHDR', header), chunk('IDAT', deflateSync(Buffer.alloc(1000))), chunk('IEND', Buffer.alloc(0))]);
}

const picture = () => sharp({ create: { width: 40, height: 20, channels: 3, background: { r: 200, g: 100, b: 50 } } });

describe('decodeImage', () => {
  it.each(goldenCases)('reads the golden pictures of %s to the byte, and they survive encoding', async (name) => {
    const golden = loadGolden(name);
    for (const [file, tensor] of [['u_image0.png', 'u.image0'], ['edit_image.png', 'edit.image']] as const) {
      const expected = golden.image(tensor);
      const image = await decodeImage(join(golden.dir, file));
      expect(image).toEqual(expected);
      const png = await encodePng(image);
      expect(await decodeImage(png)).toEqual(expected);
      expect(Buffer.compare(png, await encodePng(image))).toBe(0);
    }
  });

  it.each(['jpeg', 'webp', 'gif', 'tiff', 'avif', 'png'] as const)('reads %s', async (format) => {
    const image = await decodeImage(await picture().toFormat(format).toBuffer());
    expect([image.width, image.height, image.data.length]).toEqual([40, 20, 2400]);
    expect(Math.abs(image.data[0]! - 200)).toBeLessThan(8);
  });

  it('turns a photograph upright', async () => {
    const image = await decodeImage(await picture().jpeg().withMetadata({ orientation: 6 }).toBuffer());
    expect([image.width, image.height]).toEqual([20, 40]);
  });

  it('lays transparency on white for pictures and on black for masks', async () => {
    const rgba = Buffer.from([255, 0, 0, 255, 255, 0, 0, 0, 0, 0, 255, 128]);
    const png = await sharp(rgba, { raw: { width: 3, height: 1, channels: 4 } }).png().toBuffer();
    const { data } = await decodeImage(png);
    expect([...data.subarray(0, 6)]).toEqual([255, 0, 0, 255, 255, 255]);
    expect(Math.abs(data[6]! - 127)).toBeLessThanOrEqual(1);
    expect((await decodeMask(png)).data[1]).toBe(0);
  });

  it('reduces 16 bits to 8, and widens grey', async () => {
    const wide = Uint16Array.from([0, 0x8000, 0xffff, 0xffff, 0x1234, 0]);
    const png16 = await sharp(wide, { raw: { width: 2, height: 1, channels: 3 } }).toColourspace('rgb16').png().toBuffer();
    expect((await sharp(png16).metadata()).depth).toBe('ushort');
    const { data } = await decodeImage(png16);
    expect([data[0], data[2], data[3], data[5]]).toEqual([0, 255, 255, 0]);
    expect(Math.abs(data[1]! - 128)).toBeLessThanOrEqual(1);
    const grey = await sharp(Buffer.from([7, 99]), { raw: { width: 2, height: 1, channels: 1 } }).toColourspace('b-w').png().toBuffer();
    expect((await decodeImage(grey)).data).toEqual(Uint8Array.from([7, 7, 7, 99, 99, 99]));
  });

  it('reads one pixel, and a mask back as it was', async () => {
    expect(await decodeImage(await encodePng({ width: 1, height: 1, data: Uint8Array.from([1, 2, 3]) }))).toEqual({
      width: 1,
      height: 1,
      data: Uint8Array.from([1, 2, 3]),
    });
    const mask = { width: 3, height: 1, data: Uint8Array.from([0, 100, 255]) };
    expect(await decodeMask(await encodePng(mask))).toEqual(mask);
  });
});

describe('hostile files', () => {
  const heic = Buffer.concat([Buffer.from([0, 0, 0, 24]), Buffer.from('ftypheic\0\0\0\0mif1heic'), Buffer.alloc(64)]);

  it.each([
    ['nothing', Buffer.alloc(0), /empty/],
    ['text', Buffer.from('hello, I am no picture at all'), /no picture/],
    ['zeros', Buffer.alloc(4096), /no picture/],
    ['a PDF', Buffer.from('%PDF-1.7\n1 0 obj\n'), /no picture|not supported/],
    ['SVG', Buffer.from('<svg xmlns="http://www.w3.org/2000/svg" width="9" height="9"/>'), /SVG/],
    ['SVG behind a prolog', Buffer.from('\ufeff <?xml version="1.0"?><svg/>'), /SVG/],
    ['HEIC', heic, /HEIC.*JPEG or PNG/],
    ['a bomb of 20000x20000', pngClaiming(20000, 20000), /64 megapixels/],
    ['a lying PNG', pngClaiming(500, 500), /damaged|cut short/],
  ])('refuses %s', async (_name, bytes, message) => {
    await expect(decodeImage(bytes)).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: expect.stringMatching(message) as string });
  });

  it.each(['png', 'jpeg', 'webp'] as const)('refuses a truncated %s', async (format) => {
    const noise = Buffer.from(Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => Math.imul(i, 2654435761) >>> 24));
    const whole = await sharp(noise, { raw: { width: 64, height: 64, channels: 3 } }).toFormat(format).toBuffer();
    await expect(decodeImage(whole.subarray(0, whole.length >> 1))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('says which file is missing', async () => {
    await expect(decodeImage('/nowhere/cat.png')).rejects.toMatchObject({ code: 'REQUEST_INVALID', message: 'There is no file /nowhere/cat.png.' });
    const dir = await mkdtemp(join(tmpdir(), 'codec-'));
    await writeFile(join(dir, 'x.png'), 'x');
    await expect(decodeImage(dir)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(decodeImage(join(dir, 'x.png'))).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await rm(dir, { recursive: true });
  });

  it('refuses to encode what is no picture', async () => {
    await expect(encodePng({ width: 2, height: 2, data: new Uint8Array(5) })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
