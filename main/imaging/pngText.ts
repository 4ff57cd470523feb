/** A text of our own inside a PNG: an iTXt chunk, UTF-8, uncompressed. */
import { crc32 } from 'node:zlib';

/** The keyword of our parameters inside a PNG. */
export const parametersKeyword = 'ovis-studio';

const signature = [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a];
/** Length, type and check sum around a chunk's data. */
const overhead = 12;

interface Chunk {
  readonly type: string;
  readonly start: number;
  readonly end: number;
  readonly data: Uint8Array;
}

/** Puts `text` under `keyword` behind the header, in place of an older text of that keyword. in: PNG bytes → out: PNG bytes. */
export function writePngText(png: Uint8Array, keyword: string, text: string): Uint8Array {
  const chunks = [...chunksOf(png)];
  const header = chunks[0];
  if (header?.type !== 'IHDR') throw new TypeError('not a PNG: it does not begin with IHDR');
  // keyword, end, uncompressed, method 0, no language, no translated keyword
  const data = Buffer.concat([Buffer.from(keyword, 'latin1'), Buffer.from([0, 0, 0, 0, 0]), Buffer.from(text, 'utf8')]);
  const rest = chunks.slice(1).filter((chunk) => keywordOf(chunk) !== keyword).map((chunk) => png.subarray(chunk.start, chunk.end));
  return Buffer.concat([png.subarray(0, header.end), encodeChunk('iTXt', data), ...rest]);
}

/** Takes the texts of these keywords out. in: PNG bytes → out: PNG bytes; bytes that are no PNG come back as they are. */
export function removePngTexts(png: Uint8Array, keywords: readonly string[]): Uint8Array {
  const chunks = [...chunksOf(png)];
  const kept = chunks.filter((chunk) => !keywords.includes(keywordOf(chunk) ?? ''));
  return kept.length === chunks.length ? png : Buffer.concat(kept.map((chunk) => png.subarray(chunk.start, chunk.end)));
}

/** The text under `keyword`, or undefined. Bytes that are no PNG hold none. */
export function readPngText(png: Uint8Array, keyword: string): string | undefined {
  for (const chunk of chunksOf(png)) {
    if (keywordOf(chunk) !== keyword) continue;
    const [compressed, method] = chunk.data.subarray(keyword.length + 1, keyword.length + 3);
    if (compressed !== 0 || method !== 0) return undefined; // not one of ours
    const language = chunk.data.indexOf(0, keyword.length + 3);
    const translated = language < 0 ? -1 : chunk.data.indexOf(0, language + 1);
    return translated < 0 ? undefined : Buffer.from(chunk.data.subarray(translated + 1)).toString('utf8');
  }
  return undefined;
}

function* chunksOf(png: Uint8Array): Generator<Chunk> {
  if (signature.some((byte, i) => png[i] !== byte)) return;
  const view = new DataView(png.buffer, png.byteOffset, png.byteLength);
  for (let start = signature.length; start + overhead <= png.length; ) {
    const end = start + overhead + view.getUint32(start);
    if (end > png.length) return;
    const type = Buffer.from(png.subarray(start + 4, start + 8)).toString('latin1');
    // The signature belongs to the first chunk, so that chunks put end to end are the file.
    yield { type, start: start === signature.length ? 0 : start, end, data: png.subarray(start + 8, end - 4) };
    start = end;
  }
}

function keywordOf(chunk: Chunk): string | undefined {
  if (chunk.type !== 'iTXt') return undefined;
  const end = chunk.data.indexOf(0);
  return end < 0 ? undefined : Buffer.from(chunk.data.subarray(0, end)).toString('latin1');
}

function encodeChunk(type: string, data: Uint8Array): Uint8Array {
  const chunk = Buffer.alloc(overhead + data.length);
  chunk.writeUInt32BE(data.length, 0);
  chunk.write(type, 4, 'latin1');
  chunk.set(data, 8);
  chunk.writeUInt32BE(crc32(chunk.subarray(4, 8 + data.length)), 8 + data.length);
  return chunk;
}
