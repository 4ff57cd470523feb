import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeFloat } from './floats.ts';

/** One golden case on disk: a checkpoint folder with the expected tensors beside it. */

export interface GoldenTensor {
  readonly shape: readonly number[];
  readonly dtype: 'F32' | 'I32' | 'U8';
  readonly rms: number;
  /** The largest deviation of a second, pure float32 run of the reference. */
  readonly f32Err: number;
  readonly data: Float32Array | Int32Array | Uint8Array;
}

export interface GoldenInfo {
  readonly [key: string]: unknown;
  readonly 'u.prompt': string;
  readonly t2i: { readonly width: number; readonly height: number; readonly steps: number; readonly txt_cfg: number; readonly user_prompt: string };
  readonly edit: { readonly width: number; readonly height: number; readonly steps: number; readonly txt_cfg: number; readonly img_cfg: number; readonly user_prompt: string };
  readonly 'bb.t': readonly number[];
  readonly 'sched.case_seq_len': number;
}

export interface GoldenCase {
  readonly name: string;
  readonly dir: string;
  readonly info: GoldenInfo;
  readonly tensors: ReadonlyMap<string, GoldenTensor>;
}

interface Header {
  readonly dtype: 'F32' | 'I32' | 'U8';
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

interface Stats {
  readonly rms?: number;
  readonly f32_err?: number;
}

/** Reads a folder shaped like the golden cases. */
export async function readGoldenCase(dir: string): Promise<GoldenCase> {
  const json = JSON.parse(await readFile(path.join(dir, 'golden.json'), 'utf8')) as { case: string; info: GoldenInfo; tensors: Record<string, Stats> };
  const file = await readFile(path.join(dir, 'golden.safetensors'));
  const headerLength = Number(file.readBigUInt64LE(0));
  const header = JSON.parse(file.subarray(8, 8 + headerLength).toString('utf8')) as Record<string, Header>;
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, entry] of Object.entries(header)) {
    if (name === '__metadata__') continue;
    const [start, end] = entry.data_offsets;
    const bytes = file.subarray(8 + headerLength + start, 8 + headerLength + end);
    const stats = json.tensors[name];
    tensors.set(name, {
      shape: entry.shape, dtype: entry.dtype, rms: stats?.rms ?? 0, f32Err: stats?.f32_err ?? 0, data: decodeFloat(bytes, entry.dtype),
    });
  }
  return { name: json.case, dir, info: json.info, tensors };
}
