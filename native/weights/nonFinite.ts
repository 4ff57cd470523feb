/** Looks for NaN and infinity in stored weights, on their bit patterns, a piece at a time. */
import { open } from 'node:fs/promises';
import { EngineError } from '../errors.ts';
import type { Checkpoint } from './checkpoint.ts';
import { type Dtype, bytesPerElement } from './dtype.ts';
import { type TensorEntry, readExactly } from './safetensors.ts';

/** Bytes per read: large enough to run at the disk's speed, small enough to stay in a cache. */
const pieceBytes = 4 * 1024 * 1024;

/** A value is not finite exactly when all its exponent bits are set. Source: IEEE 754; bfloat16 shares float32's exponent. */
const exponentMask: Readonly<Record<Dtype, number>> = { F32: 0x7f80_0000, F16: 0x7c00, BF16: 0x7f80 };

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
  for (const entry of checkpoint.tensors.values()) {
    const elements = Math.floor(Math.min(entry.byteLength, left) / bytesPerElement[entry.dtype]);
    const bytes = elements * bytesPerElement[entry.dtype];
    await scanTensor(entry, bytes);
    scannedBytes += bytes;
    left -= bytes;
    if (bytes < entry.byteLength) return { scannedBytes, complete: false };
  }
  return { scannedBytes, complete: true };
}

async function scanTensor(entry: TensorEntry, bytes: number): Promise<void> {
  const handle = await open(entry.file, 'r');
  try {
    for (let start = 0; start < bytes; start += pieceBytes) {
      const piece = await readExactly(handle, entry.offset + start, Math.min(pieceBytes, bytes - start), entry.file);
      const at = findNonFinite(piece, entry.dtype);
      if (at < 0) continue;
      const index = start / bytesPerElement[entry.dtype] + at;
      throw new EngineError('NON_FINITE', `"${entry.name}" holds a value that is not finite at index ${String(index)}.`, {
        tensor: entry.name,
        index,
        dtype: entry.dtype,
      });
    }
  } finally {
    await handle.close();
  }
}

/** Index of the first NaN or infinity in freshly read (so aligned) bytes; -1 when all are finite. */
export function findNonFinite(bytes: Uint8Array, dtype: Dtype): number {
  const mask = exponentMask[dtype];
  const words =
    dtype === 'F32'
      ? new Uint32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 4)
      : new Uint16Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / 2);
  for (let i = 0; i < words.length; i++) if ((words[i]! & mask) === mask) return i;
  return -1;
}
