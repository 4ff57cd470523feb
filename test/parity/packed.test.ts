/** Weights that were packed ahead draw the very picture that weights packed at each load draw. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine, packModel } from '../../native/index.ts';
import { packOutlook } from '../../native/pipelines/packing.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import type { Precision, ProgressEvent } from '../../native/types.ts';

const model = join(import.meta.dirname, '../fixtures/golden/dev_a');
const dir = mkdtempSync(join(tmpdir(), 'ovis-packed-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

type PackedPrecision = Exclude<Precision, 'fp32'>;

async function draw(precision: PackedPrecision, packedDir?: string): Promise<{ bytes: Buffer; packing: Extract<ProgressEvent, { type: 'packing' }>[] }> {
  const engine = await createEngine(model, { precision, threads: 1, ...(packedDir !== undefined && { packedDir }) });
  const packing: Extract<ProgressEvent, { type: 'packing' }>[] = [];
  const { image } = await engine.generate({ kind: 'textToImage', prompt: 'a cube', width: 64, height: 64, steps: 2, seed: 3 }, { onEvent: (event) => { if (event.type === 'packing') packing.push(event); } });
  await engine.dispose();
  return { bytes: Buffer.from(image.data), packing };
}

describe.each(['int8', 'q4', 'q4b128', 'fp16'] as const)('%s', (precision) => {
  it('packed ahead, packed before, damaged and packed again: one picture', async () => {
    const packedDir = join(dir, precision);
    const plain = await draw(precision);
    const first = await draw(precision, packedDir);
    expect(first.bytes.equals(plain.bytes)).toBe(true);
    if (precision === 'fp16' && first.packing.length === 0) return; // Its matrices are too small to be worth it.
    expect(first.packing.at(-1)).toMatchObject({ network: expect.any(String), bytesPerSecond: expect.any(Number) });
    const again = await draw(precision, packedDir);
    expect([again.bytes.equals(plain.bytes), again.packing]).toEqual([true, []]);
    const [folder] = readdirSync(packedDir);
    const file = readdirSync(join(packedDir, folder ?? '')).find((name) => name === 'yak.bin' || name === 'llm.bin') ?? '';
    const path = join(packedDir, folder ?? '', file);
    const bytes = readFileSync(path);
    bytes.fill(0x5a, 0, 4_096);
    writeFileSync(path, bytes);
    const repaired = await draw(precision, packedDir);
    expect([repaired.bytes.equals(plain.bytes), repaired.packing.length > 0]).toEqual([true, true]);
  });
});

describe('a whole model packed ahead', () => {
  const toybox = join(import.meta.dirname, '../../resources/models/toybox');

  it('is called off after a tensor, goes on from there, and leaves nothing for a job to pack', async () => {
    const packedDir = join(dir, 'ahead');
    const abort = new AbortController();
    await expect(packModel(model, { precision: 'q4', packedDir, threads: 1 }, { signal: abort.signal, onEvent: () => abort.abort() })).rejects.toMatchObject({ code: 'CANCELLED' });
    const checkpoint = await openCheckpoint(model);
    const half = await packOutlook(checkpoint, 'q4', packedDir);
    expect(half.doneBytes).toBeGreaterThan(0);
    expect(half.doneBytes).toBeLessThan(half.bytes);
    const shares: number[] = [];
    const report = await packModel(model, { precision: 'q4', packedDir, threads: 1 }, { onEvent: (event) => { if (event.type === 'packing') shares.push(event.doneBytes / event.totalBytes); } });
    expect(shares).toEqual([...shares].sort((a, b) => a - b));
    expect(shares.at(-1)).toBe(1);
    expect(report.bytes).toBe((await packOutlook(checkpoint, 'q4', packedDir)).doneBytes);
    expect(await packModel(model, { precision: 'q4', packedDir, threads: 1 })).toMatchObject({ packedStoredBytes: 0 });
    expect((await draw('q4', packedDir)).packing).toEqual([]);
  });

  it('takes less with fewer bits and costs more, by what is measured on its own weights', async () => {
    const checkpoint = await openCheckpoint(toybox);
    const found = await Promise.all((['fp32', 'int8', 'q4', 'q4b128'] as const).map((precision) => packOutlook(checkpoint, precision, join(dir, 'nothing'))));
    const [exact, int8, q4, q4b128] = found;
    expect(exact).toEqual({ bytes: 0, doneBytes: 0, error: 0 });
    expect(found.map(({ doneBytes }) => doneBytes)).toEqual([0, 0, 0, 0]);
    expect(int8!.bytes).toBeGreaterThan(q4!.bytes);
    expect(q4!.bytes).toBeGreaterThan(q4b128!.bytes);
    expect(int8!.error).toBeGreaterThan(0.002);
    expect(int8!.error).toBeLessThan(q4!.error / 3);
    expect(q4!.error).toBeLessThan(q4b128!.error);
    expect(q4b128!.error).toBeLessThan(0.2);
  });

  it('refuses a precision that packs nothing, and says what the disk says', async () => {
    await expect(packModel(model, { precision: 'fp32', packedDir: join(dir, 'no') })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    writeFileSync(join(dir, 'in the way'), '');
    await expect(packModel(model, { precision: 'int8', packedDir: join(dir, 'in the way') })).rejects.toMatchObject({ code: 'ENOTDIR' });
  });
});
