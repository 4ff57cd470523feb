/** Reads the golden cases for the unit tests of the pure rooms; nothing but tests imports it. */

import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { RgbImage } from '../types.ts';

export const goldenCases = ['dev_a', 'dev_b', 'dev_c', 'dev_eps'] as const;
export const goldenRoot = join(import.meta.dirname, '../../test/fixtures/golden');

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface GoldenCase {
  readonly dir: string;
  readonly config: Record<string, never>;
  readonly preprocessor: {
    patch_size: number;
    hidden_stride: number;
    image_mean: [number, number, number];
    image_std: [number, number, number];
    min_pixels: number;
    max_pixels: number;
  };
  readonly info: Record<string, unknown>;
  has(name: string): boolean;
  f32(name: string): Float32Array;
  i32(name: string): Int32Array;
  image(name: string): RgbImage;
  shape(name: string): readonly number[];
}

function json<T>(path: string): T {
  return JSON.parse(readFileSync(path, 'utf8')) as T;
}

export function loadGolden(name: string): GoldenCase {
  const dir = join(goldenRoot, name);
  const bytes = readFileSync(join(dir, 'golden.safetensors'));
  const headerLength = Number(bytes.readBigUInt64LE(0));
  const header = JSON.parse(bytes.subarray(8, 8 + headerLength).toString()) as Record<
    string,
    { dtype: string; shape: number[]; data_offsets: [number, number] }
  >;
  const read = (tensor: string, dtype: string): ArrayBuffer => {
    const entry = header[tensor];
    if (!entry || entry.dtype !== dtype) throw new Error(`${name}: no ${dtype} tensor ${tensor}`);
    const [start, end] = entry.data_offsets;
    return new Uint8Array(bytes.subarray(8 + headerLength + start, 8 + headerLength + end)).buffer;
  };
  return {
    dir,
    config: json(join(dir, 'config.json')),
    preprocessor: json(join(dir, 'preprocessor_config.json')),
    info: json<{ info: Record<string, unknown> }>(join(dir, 'golden.json')).info,
    has: (tensor) => tensor in header,
    f32: (tensor) => new Float32Array(read(tensor, 'F32')),
    i32: (tensor) => new Int32Array(read(tensor, 'I32')),
    image: (tensor) => {
      const [height, width] = header[tensor]!.shape as [number, number, number];
      return { width, height, data: new Uint8Array(read(tensor, 'U8')) };
    },
    shape: (tensor) => header[tensor]!.shape,
  };
}

/** Largest absolute difference; Infinity for another length. */
export function maxAbsDiff(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) return Infinity;
  let max = 0;
  for (let i = 0; i < a.length; i++) max = Math.max(max, Math.abs(a[i]! - b[i]!));
  return max;
}
