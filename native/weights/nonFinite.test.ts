import { mkdtemp, open, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { withDepth, writeRandomCheckpoint } from '../../test/helpers/randomCheckpoint.ts';
import { openCheckpoint } from './checkpoint.ts';
import type { Dtype } from './dtype.ts';
import { findNonFinite, scanNonFinite } from './nonFinite.ts';

const bad: Record<Dtype, number[]> = {
  F32: [0x7f80_0000, 0xff80_0000, 0x7fc0_0000, 0x7f80_0001, 0xffff_ffff],
  F16: [0x7c00, 0xfc00, 0x7e00, 0x7c01, 0xffff],
  BF16: [0x7f80, 0xff80, 0x7fc0, 0x7f81, 0xffff],
};
const good: Record<Dtype, number[]> = {
  F32: [0, 0x8000_0000, 0x7f7f_ffff, 0xff7f_ffff, 1, 0x007f_ffff, 0x3f80_0000],
  F16: [0, 0x8000, 0x7bff, 0xfbff, 1, 0x03ff, 0x3c00],
  BF16: [0, 0x8000, 0x7f7f, 0xff7f, 1, 0x007f, 0x3f80],
};
const dtypes: Dtype[] = ['F32', 'F16', 'BF16'];

function bytesOf(dtype: Dtype, values: readonly number[]): Uint8Array {
  return new Uint8Array(dtype === 'F32' ? Uint32Array.from(values).buffer : Uint16Array.from(values).buffer);
}

describe('the search', () => {
  it.each(dtypes)('finds every kind of non-finite %s at every place, among all kinds of finite ones', (dtype) => {
    for (const length of [1, 2, 3, 7, 2048, 4097]) {
      const values = Array.from({ length }, (_, i) => good[dtype][i % good[dtype].length]!);
      expect(findNonFinite(bytesOf(dtype, values), dtype)).toBe(-1);
      for (const at of new Set([0, 1, Math.floor(length / 2), length - 2, length - 1])) {
        if (at < 0 || at >= length) continue;
        for (const value of bad[dtype]) expect(findNonFinite(bytesOf(dtype, values.with(at, value)), dtype)).toBe(at);
      }
    }
  });
});

describe('the scan of a checkpoint', () => {
  let dir = '';
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'finite-'));
    const file = path.join(import.meta.dirname, '../../test/fixtures/golden/dev_eps/config.json');
    const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
    await writeRandomCheckpoint(dir, { config: withDepth(config, 1), shardBytes: 150_000 });
  });
  afterAll(() => rm(dir, { recursive: true, force: true }));

  it('passes finite weights and says how far it looked', async () => {
    const checkpoint = await openCheckpoint(dir);
    expect(await scanNonFinite(checkpoint)).toEqual({ scannedBytes: checkpoint.weightBytes, complete: true });
    expect(await scanNonFinite(checkpoint, { maxBytes: 1001 })).toEqual({ scannedBytes: 1000, complete: false });
  });

  it('names the tensor and the index', async () => {
    const checkpoint = await openCheckpoint(dir);
    const entry = checkpoint.expect('visual_generator.vae.decoder.conv_in.weight');
    const handle = await open(entry.file, 'r+');
    await handle.write(Uint8Array.of(0xc0, 0x7f), 0, 2, entry.offset + 2 * 33);
    await handle.close();
    await expect(scanNonFinite(checkpoint)).rejects.toMatchObject({ code: 'NON_FINITE', details: { tensor: entry.name, index: 33, dtype: 'BF16' } });
  });
});
