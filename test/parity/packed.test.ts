/** Weights that were packed ahead draw the very picture that weights packed at each load draw. */
import { mkdtempSync, readdirSync, rmSync, writeFileSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import type { ProgressEvent } from '../../native/types.ts';

const model = join(import.meta.dirname, '../fixtures/golden/dev_a');
const dir = mkdtempSync(join(tmpdir(), 'ovis-packed-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

async function draw(precision: 'fp16' | 'int8' | 'q4', packedDir?: string): Promise<{ bytes: Buffer; packing: Extract<ProgressEvent, { type: 'packing' }>[] }> {
  const engine = await createEngine(model, { precision, threads: 1, ...(packedDir !== undefined && { packedDir }) });
  const packing: Extract<ProgressEvent, { type: 'packing' }>[] = [];
  const { image } = await engine.generate({ kind: 'textToImage', prompt: 'a cube', width: 64, height: 64, steps: 2, seed: 3 }, { onEvent: (event) => { if (event.type === 'packing') packing.push(event); } });
  await engine.dispose();
  return { bytes: Buffer.from(image.data), packing };
}

describe.each(['int8', 'q4', 'fp16'] as const)('%s', (precision) => {
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
