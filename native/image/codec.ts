/** Files to pixels and back. Whatever comes in is hostile until decoded. */

import { readFile, stat } from 'node:fs/promises';
import sharp from 'sharp';
import type { Sharp } from 'sharp';
import { EngineError } from '../errors.ts';
import type { MaskImage, RgbImage } from '../types.ts';
import { maxPixels } from './limits.ts';
import type { RgbaImage } from './rgba.ts';

/** Larger files are refused unread. */
const maxBytes = 512 * 1024 * 1024;

const supported = 'PNG, JPEG, WebP, GIF, TIFF or AVIF';
const decodable = new Set(['png', 'jpeg', 'webp', 'gif', 'tiff', 'heif']);

function invalid(message: string, details: Record<string, string | number> = {}, cause?: unknown): EngineError {
  return new EngineError('REQUEST_INVALID', message, details, cause === undefined ? {} : { cause });
}

async function readBytes(input: Uint8Array | string): Promise<Uint8Array> {
  if (typeof input !== 'string') return input;
  try {
    const { size } = await stat(input);
    if (size > maxBytes) throw invalid(`The file has ${size} bytes; ${maxBytes} are the limit.`, { size, maxBytes });
    return await readFile(input);
  } catch (cause) {
    if (cause instanceof EngineError) throw cause;
    const missing = (cause as NodeJS.ErrnoException).code === 'ENOENT';
    throw invalid(missing ? `There is no file ${input}.` : `The file ${input} cannot be read.`, { path: input }, cause);
  }
}

function ascii(bytes: Uint8Array, from: number, to: number): string {
  return String.fromCharCode(...bytes.subarray(from, to));
}

/** Formats that must not reach a decoder: scripts and links in SVG, patents and missing codecs in HEIC. */
function refuseByContent(bytes: Uint8Array): void {
  if (bytes.length === 0) throw invalid('The file is empty.');
  if (ascii(bytes, 4, 8) === 'ftyp' && /hei|hev|mif1|msf1/.test(ascii(bytes, 8, 12)) && !ascii(bytes, 8, 64).includes('avif')) {
    throw invalid('HEIC pictures are not supported: save it as JPEG or PNG first (most phones and viewers export one).', { format: 'heic' });
  }
  const head = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart().toLowerCase();
  if (/^(<\?xml|<!--|<!doctype svg|<svg)/.test(head) || bytes[0] === 0x1f) {
    throw invalid(`SVG pictures are not supported: export it as ${supported}.`, { format: 'svg' });
  }
}

/** Opens a picture with every limit in place, upright. */
async function open(input: Uint8Array | string): Promise<Sharp> {
  const bytes = await readBytes(input);
  refuseByContent(bytes);
  // The limit is checked by hand first, so that the message can name the picture's size.
  const metadata = await sharp(bytes, { limitInputPixels: false }).metadata().catch((cause: unknown) => {
    throw invalid(`The file is no picture that can be read (${supported}).`, {}, cause);
  });
  const { format, width, height } = metadata;
  if (!decodable.has(format)) throw invalid(`${format.toUpperCase()} pictures are not supported: use ${supported}.`, { format });
  if (width * height > maxPixels) {
    throw invalid(`The picture has ${width}x${height} pixels; ${maxPixels / 1e6} megapixels are the limit. Make it smaller first.`, {
      width,
      height,
      maxPixels,
    });
  }
  return sharp(bytes, { limitInputPixels: maxPixels, failOn: 'warning' }).autoOrient();
}

async function raw(picture: Sharp): Promise<{ data: Uint8Array; width: number; height: number; channels: number }> {
  try {
    const { data, info } = await picture.raw({ depth: 'uchar' }).toBuffer({ resolveWithObject: true });
    return { data: new Uint8Array(data), width: info.width, height: info.height, channels: info.channels };
  } catch (cause) {
    throw invalid('The picture is damaged or cut short.', { reason: (cause as Error).message }, cause);
  }
}

/**
 * Decodes a picture file to 8-bit sRGB: turned upright, transparency laid on white, 16 bits reduced to 8, the first frame of
 * several. Takes bytes or a path. REQUEST_INVALID for what is no picture, damaged, HEIC, SVG, or above 64 megapixels.
 */
export async function decodeImage(input: Uint8Array | string): Promise<RgbImage> {
  const picture = (await open(input)).flatten({ background: '#ffffff' }).toColourspace('srgb').removeAlpha();
  const { data, width, height, channels } = await raw(picture);
  if (channels === 3) return { width, height, data };
  const rgb = new Uint8Array(width * height * 3);
  for (let i = 0; i < width * height; i++) rgb.fill(data[i * channels]!, i * 3, i * 3 + 3);
  return { width, height, data: rgb };
}

/** Decodes a picture file to 8-bit sRGB with its transparency; an opaque file gives alpha 255. See `decodeImage`. */
export async function decodeRgba(input: Uint8Array | string): Promise<RgbaImage> {
  const { data, width, height, channels } = await raw((await open(input)).toColourspace('srgb').ensureAlpha());
  if (channels === 4) return { width, height, data };
  const rgba = new Uint8Array(width * height * 4);
  for (let i = 0; i < width * height; i++) {
    rgba.fill(data[i * channels]!, i * 4, i * 4 + 3);
    rgba[i * 4 + 3] = data[i * channels + channels - 1]!;
  }
  return { width, height, data: rgba };
}

/**
 * Decodes a mask file: the brightness of each pixel, transparency laid on black. See `decodeImage`.
 */
export async function decodeMask(input: Uint8Array | string): Promise<MaskImage> {
  const picture = (await open(input)).flatten({ background: '#000000' }).toColourspace('b-w').removeAlpha();
  const { data, width, height, channels } = await raw(picture);
  return { width, height, data: channels === 1 ? data : data.filter((_, i) => i % channels === 0) };
}

/** Decodes a depth map: the brightness of each pixel, in 16 bits where the file has them. See `decodeImage`. */
export async function decodeDepth(input: Uint8Array | string): Promise<{ readonly width: number; readonly height: number; readonly data: Uint16Array }> {
  const picture = (await open(input)).flatten({ background: '#000000' }).toColourspace('grey16').removeAlpha();
  try {
    const { data, info } = await picture.raw({ depth: 'ushort' }).toBuffer({ resolveWithObject: true });
    const values = new Uint16Array(data.buffer.slice(data.byteOffset, data.byteOffset + data.byteLength));
    return { width: info.width, height: info.height, data: info.channels === 1 ? values : values.filter((_, i) => i % info.channels === 0) };
  } catch (cause) {
    throw invalid('The picture is damaged or cut short.', { reason: (cause as Error).message }, cause);
  }
}

/**
 * Encodes pixels as a PNG, losslessly; equal pixels give equal bytes, with no date and no metadata in them.
 */
export async function encodePng(image: RgbImage | MaskImage | RgbaImage): Promise<Uint8Array> {
  const { width, height, data } = image;
  const channels = data.length / (width * height);
  if (channels !== 1 && channels !== 3 && channels !== 4) {
    throw invalid(`A ${width}x${height} picture has 1, 3 or 4 bytes a pixel, not ${channels}.`, { width, height, got: data.length });
  }
  const picture = sharp(data, { raw: { width, height, channels }, limitInputPixels: false });
  const png = channels === 1 ? picture.toColourspace('b-w') : picture;
  return new Uint8Array(await png.png({ compressionLevel: 6, adaptiveFiltering: false, palette: false }).toBuffer());
}

/** Draws an SVG of our own making: never one that came from outside. */
export async function renderSvg(svg: string): Promise<RgbImage> {
  const { data, width, height } = await raw(sharp(Buffer.from(svg)).flatten({ background: '#ffffff' }).toColourspace('srgb').removeAlpha());
  return { width, height, data };
}

/** Encodes pixels for a quick look: small and lossy. */
export async function encodeWebp(image: RgbImage, quality = 80): Promise<Uint8Array> {
  const { width, height, data } = image;
  return new Uint8Array(await sharp(data, { raw: { width, height, channels: 3 } }).webp({ quality, effort: 2 }).toBuffer());
}

/** Pixels → file bytes for other programs, at a quality of 1–100; `xmp` is a whole packet. */
export async function encodeFile(image: RgbImage, { format, quality, xmp }: { readonly format: 'png' | 'jpeg' | 'webp'; readonly quality: number; readonly xmp: string | undefined }): Promise<Uint8Array> {
  const { width, height, data } = image;
  const picture = sharp(data, { raw: { width, height, channels: 3 } });
  if (xmp !== undefined) picture.withXmp(xmp);
  switch (format) {
    case 'png': return new Uint8Array(await picture.png().toBuffer());
    // Above 90 a person wants the colours whole too.
    case 'jpeg': return new Uint8Array(await picture.jpeg({ quality, chromaSubsampling: quality > 90 ? '4:4:4' : '4:2:0', mozjpeg: true }).toBuffer());
    case 'webp': return new Uint8Array(await picture.webp({ quality }).toBuffer());
  }
}

/** `rect`: undefined = all of it; `xmp`: a whole packet. */
interface PartOptions {
  readonly format: 'png' | 'jpeg' | 'webp';
  readonly quality: number;
  readonly rect: { readonly left: number; readonly top: number; readonly width: number; readonly height: number } | undefined;
  readonly xmp?: string | undefined;
}

/** A part of a picture file in another format, transparency kept where the format knows it (JPEG: on white). REQUEST_INVALID where the part leaves the picture. */
export async function encodePart(input: Uint8Array | string, { format, quality, rect, xmp }: PartOptions): Promise<Uint8Array> {
  const { width, height, data } = await decodeRgba(input);
  const part = rect ?? { left: 0, top: 0, width, height };
  if (part.left + part.width > width || part.top + part.height > height) {
    throw invalid(`The part ${part.width}x${part.height}+${part.left}+${part.top} leaves the ${width}x${height} picture.`, { ...part });
  }
  const cut = sharp(data, { raw: { width, height, channels: 4 }, limitInputPixels: false }).extract(part);
  if (xmp !== undefined) cut.withXmp(xmp);
  switch (format) {
    case 'png': return new Uint8Array(await cut.png({ palette: false }).toBuffer());
    case 'jpeg': return new Uint8Array(await cut.flatten({ background: '#ffffff' }).jpeg({ quality, chromaSubsampling: quality > 90 ? '4:4:4' : '4:2:0', mozjpeg: true }).toBuffer());
    // Exact: colours under full transparency stay as they are.
    case 'webp': return new Uint8Array(await cut.webp({ quality, exact: true }).toBuffer());
  }
}

/** What a picture file is, without its pixels. */
export interface PictureFacts {
  readonly mime: string;
  /** Upright. */
  readonly width: number;
  readonly height: number;
  /** WebP; undefined when none was asked for. */
  readonly thumbnail: Uint8Array | undefined;
}

/**
 * Reads a picture file's format and size, and decodes it whole for a thumbnail at most `edge` pixels wide and high (0 = headers only).
 * REQUEST_INVALID as for `decodeImage`.
 */
export async function inspectImage(input: Uint8Array | string, edge: number): Promise<PictureFacts> {
  const picture = await open(input);
  const { format, autoOrient: { width, height } } = await picture.metadata();
  const facts = { mime: format === 'heif' ? 'image/avif' : `image/${format}`, width, height };
  if (edge === 0) return { ...facts, thumbnail: undefined };
  try {
    const small = picture.resize({ width: edge, height: edge, fit: 'inside', withoutEnlargement: true }).toColourspace('srgb');
    return { ...facts, thumbnail: new Uint8Array(await small.webp({ quality: 82, effort: 2 }).toBuffer()) };
  } catch (cause) {
    throw invalid('The picture is damaged or cut short.', { reason: (cause as Error).message }, cause);
  }
}
