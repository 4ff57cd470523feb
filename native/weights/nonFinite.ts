/** Looks for NaN and infinity in stored weights, on their bit patterns, a piece at a time. */
import { type FileHandle, open } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Dtype, bytesPerElement } from './dtype.ts';
import { type TensorEntry, readExactly } from './safetensors.ts';

/** Bytes per read: large enough to run at the disk's speed, small enough to stay in a cache. */
const pieceBytes = 4 * 1024 * 1024;

/**
 * A value is not finite exactly when all its exponent bits are set. Adding the exponent's lowest bit then carries into the sign's place,
 * and nowhere else, so one addition tests a 32-bit word: one float32 or two 16-bit values at once.
 * Source: IEEE 754; bfloat16 shares float32's exponent.
 */
const patterns: Readonly<Record<Dtype, { readonly exponent: number; readonly lowest: number; readonly carry: number }>> = {
  F32: { exponent: 0x7f80_0000, lowest: 0x0080_0000, carry: 0x8000_0000 | 0 },
  F16: { exponent: 0x7c00_7c00, lowest: 0x0400_0400, carry: 0x8000_8000 | 0 },
  BF16: { exponent: 0x7f80_7f80, lowest: 0x0080_0080, carry: 0x8000_8000 | 0 },
};

/** Words that are tested together before the loop looks at the outcome. */
const blockWords = 1024;

/**
 * Reads the weights in file order and refuses the first value that is not finite: NON_FINITE with `tensor` and `index` (flat, row-major).
 * Stops after `maxBytes`; returns how many bytes it read and whether that was everything.
 */
export async function scanNonFinite(
  checkpoint: Pick<Checkpoint, 'tensors'>,
  options: { readonly maxBytes?: number } = {},
): Promise<{ readonly scannedBytes: number; readonly complete: boolean }> {
  let left = options.maxBytes ?? Infinity;
  let scannedBytes = 0;
  let handle: FileHandle | undefined;
  let openFile: string | undefined;
  const buffer = new Uint8Array(pieceBytes);
  try {
    for (const entry of checkpoint.tensors.values()) {
      if (entry.file !== openFile) {
        await handle?.close();
        handle = undefined;
        handle = await openForScan(entry);
        openFile = entry.file;
      }
      const size = bytesPerElement[entry.dtype];
      const bytes = Math.min(entry.byteLength, Math.floor(left / size) * size);
      await scanTensor(handle!, entry, bytes, buffer);
      scannedBytes += bytes;
      left -= bytes;
      if (bytes < entry.byteLength) return { scannedBytes, complete: false };
    }
    return { scannedBytes, complete: true };
  } finally {
    await handle?.close();
  }
}

async function openForScan({ file, name }: TensorEntry): Promise<FileHandle> {
  try {
    return await open(file, 'r');
  } catch (error) {
    throw new EngineError('WEIGHT_MISSING', `${file}: cannot be read for "${name}": ${String(error)}`, { tensor: name, file }, { cause: error });
  }
}

async function scanTensor(handle: FileHandle, entry: TensorEntry, bytes: number, buffer: Uint8Array): Promise<void> {
  for (let start = 0; start < bytes; start += pieceBytes) {
    const piece = await readExactly(handle, entry.offset + start, Math.min(pieceBytes, bytes - start), entry.file, buffer);
    const at = findNonFinite(piece, entry.dtype);
    if (at < 0) continue;
    const index = start / bytesPerElement[entry.dtype] + at;
    throw new EngineError('NON_FINITE', `"${entry.name}" holds a value that is not finite at index ${String(index)}.`, {
      tensor: entry.name,
      index,
      dtype: entry.dtype,
    });
  }
}

/** Index of the first NaN or infinity; -1 when all values are finite. The bytes must begin at a multiple of 4. */
export function findNonFinite(bytes: Uint8Array, dtype: Dtype): number {
  const { exponent, lowest, carry } = patterns[dtype];
  const words = new Int32Array(bytes.buffer, bytes.byteOffset, Math.floor(bytes.byteLength / 4));
  for (let block = 0; block < words.length; block += blockWords) {
    const end = Math.min(block + blockWords, words.length);
    let seen = 0;
    for (let i = block; i < end; i++) seen |= ((words[i]! & exponent) + lowest) | 0;
    if ((seen & carry) !== 0) return findExactly(bytes, dtype, block * 4, end * 4);
  }
  return findExactly(bytes, dtype, words.length * 4, bytes.byteLength);
}

/** Value by value, between two byte positions. */
function findExactly(bytes: Uint8Array, dtype: Dtype, from: number, to: number): number {
  const size = bytesPerElement[dtype];
  // The last 16 bits of a word pattern are those of a single 16-bit value.
  const mask = size === 4 ? patterns[dtype].exponent : patterns[dtype].exponent & 0xffff;
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = from; at < to; at += size) {
    const bits = size === 4 ? view.getUint32(at, true) : view.getUint16(at, true);
    if ((bits & mask) === mask) return at / size;
  }
  return -1;
}
