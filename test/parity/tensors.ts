import { readFile } from 'node:fs/promises';
import { decodeFloat } from './floats.ts';

/** A tensor of a test fixture. */
export interface StoredTensor {
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'I32' | 'U8';
  readonly data: Float32Array | Int32Array | Uint8Array;
}

/** All tensors of a small safetensors fixture (the engine's own reader takes float types only). */
export async function readTensors(file: string): Promise<Map<string, StoredTensor>> {
  const bytes = await readFile(file);
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString('utf8')) as
    Record<string, { dtype: 'F32' | 'I32' | 'U8'; shape: number[]; data_offsets: [number, number] }>;
  const tensors = new Map<string, StoredTensor>();
  delete header.__metadata__;
  for (const [name, { dtype, shape, data_offsets: [start, end] }] of Object.entries(header)) {
    tensors.set(name, { shape, dtype, data: decodeFloat(bytes.subarray(8 + headerLength + start, 8 + headerLength + end), dtype) });
  }
  return tensors;
}
