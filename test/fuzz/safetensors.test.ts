import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EngineError } from '../../native/errors.ts';
import { readSafetensorsHeader } from '../../native/weights/safetensors.ts';
import { rawSafetensors } from '../helpers/rawSafetensors.ts';
import { seeded } from '../helpers/random.ts';
import { type Json, mutateBytes, mutateJson } from './mutate.ts';

const codes = ['CONFIG_INVALID', 'WEIGHT_MISSING', 'WEIGHT_SHAPE', 'DTYPE_UNSUPPORTED'];
const header: Json = {
  __metadata__: { format: 'pt' },
  'a.weight': { dtype: 'F32', shape: [2, 3], data_offsets: [0, 24] },
  'a.bias': { dtype: 'F16', shape: [3], data_offsets: [24, 30] },
  'b.weight': { dtype: 'BF16', shape: [1, 1, 5], data_offsets: [30, 40] },
  scalar: { dtype: 'F32', shape: [], data_offsets: [40, 44] },
};
const data = new Uint8Array(44);

let dir = '';
beforeAll(() => {
  dir = mkdtempSync(path.join(tmpdir(), 'fuzz-'));
});
afterAll(() => {
  rmSync(dir, { recursive: true, force: true });
});

/** Reads each mutant; fails on any error but the reader's own, on an entry that leaves the file, and on growing memory. */
async function campaign(rounds: number, make: (random: () => number) => Uint8Array): Promise<{ accepted: number; refused: number }> {
  const count = { accepted: 0, refused: 0 };
  const file = path.join(dir, 'model.safetensors');
  const before = process.memoryUsage().rss;
  for (let seed = 0; seed < rounds; seed++) {
    const bytes = make(seeded(seed));
    writeFileSync(file, bytes);
    try {
      const { tensors } = await readSafetensorsHeader(file);
      for (const { offset, byteLength } of tensors.values()) expect(offset + byteLength).toBeLessThanOrEqual(bytes.byteLength);
      count.accepted++;
    } catch (error) {
      if (!(error instanceof EngineError) || !codes.includes(error.code)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      if (error.message.length > 1000) throw new Error(`seed ${seed}: a message of ${error.message.length} characters`, { cause: error });
      count.refused++;
    }
  }
  expect(process.memoryUsage().rss - before).toBeLessThan(500e6);
  return count;
}

describe('mutated safetensors files are read or refused with a typed error', () => {
  it('bytes of the length, header and data', async () => {
    const sound = rawSafetensors(header, data);
    const { refused } = await campaign(3000, (random) => mutateBytes(sound, random));
    expect(refused).toBeGreaterThan(1000);
  });

  it('fields of the header', async () => {
    const { accepted, refused } = await campaign(3000, (random) => rawSafetensors(mutateJson(header, random), data));
    expect(refused).toBeGreaterThan(1000);
    expect(accepted).toBeGreaterThan(20);
  });
});
