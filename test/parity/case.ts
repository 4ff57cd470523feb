import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readTensors, type StoredTensor } from './tensors.ts';

/** One golden case on disk: a checkpoint folder with the expected tensors beside it. */

export interface GoldenTensor extends StoredTensor {
  readonly rms: number;
  /** The largest deviation of a second, pure float32 run of the reference. */
  readonly f32Err: number;
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

interface Stats {
  readonly rms?: number;
  readonly f32_err?: number;
}

/** Reads a folder shaped like the golden cases. */
export async function readGoldenCase(dir: string): Promise<GoldenCase> {
  const json = JSON.parse(await readFile(path.join(dir, 'golden.json'), 'utf8')) as { case: string; info: GoldenInfo; tensors: Record<string, Stats> };
  const tensors = new Map<string, GoldenTensor>();
  for (const [name, stored] of await readTensors(path.join(dir, 'golden.safetensors'))) {
    const stats = json.tensors[name];
    tensors.set(name, { ...stored, rms: stats?.rms ?? 0, f32Err: stats?.f32_err ?? 0 });
  }
  return { name: json.case, dir, info: json.info, tensors };
}
