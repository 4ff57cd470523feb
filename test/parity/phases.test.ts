import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import { planMemory } from '../../native/pipelines/memoryPlan.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import type { EngineOptions, GenerateRequest, ProgressEvent, RgbImage } from '../../native/types.ts';

/** Room for the largest network alone, not for two. */
async function roomForOne(): Promise<number> {
  return Math.ceil(planMemory(await openCheckpoint(dir), { precision: 'fp32', attention: 'fused', packed: false }, { size: { width: 64, height: 64 }, pictures: [{ width: 64, height: 64 }], words: 400 }, 0).largest);
}

/** Networks that come and go for want of memory, against all of them at once. */

const dir = path.resolve(import.meta.dirname, '../fixtures/golden/dev_a');
const image: RgbImage = { width: 64, height: 64, data: Uint8Array.from({ length: 64 * 64 * 3 }, (_, i) => (i * 7919) % 256) };
const requests: readonly GenerateRequest[] = [
  { kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 2, seed: 7 },
  { kind: 'edit', image, prompt: 'make it night', sizing: 'exact', steps: 2, seed: 7 },
  { kind: 'control', control: 'canny', map: image, prompt: 'a red cube', steps: 4, start: 0.5, end: 1, seed: 7 },
];
type Loading = Extract<ProgressEvent, { type: 'loading' }>;

async function run(options: EngineOptions): Promise<{ readonly pictures: Uint8Array[]; readonly answer: string; readonly loads: Loading[][] }> {
  const engine = await createEngine(dir, { threads: 1, ...options });
  const pictures: Uint8Array[] = [];
  const loads: Loading[][] = [];
  for (const request of requests) {
    const seen: Loading[] = [];
    pictures.push((await engine.generate(request, { onEvent: (event) => event.type === 'loading' && seen.push(event) })).image.data);
    loads.push(seen);
  }
  const { text } = await engine.understand({ prompt: 'What is it?', images: [image], maxTokens: 4 });
  await engine.dispose();
  return { pictures, answer: text, loads };
}

describe('phase by phase', () => {
  it('gives the bytes that all networks at once give, and says when a network had to come alone', async () => {
    const whole = await run({ memoryBytes: 2 ** 40 });
    const phased = await run({ memoryBytes: await roomForOne() });
    expect(phased.pictures).toEqual(whole.pictures);
    expect(phased.answer).toBe(whole.answer);
    expect(whole.loads.flat().some(({ alone }) => alone)).toBe(false);
    const edit = phased.loads[1]!.map(({ network }) => network);
    // Each network once: nothing is loaded again within a job.
    expect(edit).toEqual(['visualTokenizer', 'llm', 'refiner', 'vaeEncoder', 'yak', 'vaeDecoder']);
    expect(phased.loads[1]!.every(({ alone }) => alone)).toBe(true);
    expect(phased.loads[1]!.find(({ network }) => network === 'yak')).toMatchObject({ again: true });
  });

  it('says what is needed where a network does not fit even alone, and the engine goes on', async () => {
    const engine = await createEngine(dir, { threads: 1, memoryBytes: await roomForOne() });
    const [first] = requests as [GenerateRequest];
    await expect(engine.generate({ ...first, width: 1024, height: 1024 } as GenerateRequest)).rejects.toMatchObject({ code: 'OUT_OF_MEMORY', retryable: true, details: { neededBytes: expect.any(Number) } });
    expect((await engine.generate(first)).image.width).toBe(64);
    await engine.dispose();
  });

  it('refuses a budget that is no number', async () => {
    await expect(createEngine(dir, { memoryBytes: Number.NaN })).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'memoryBytes' } });
  });
});

describe('conditions of former jobs', () => {
  it('are not read again, and change nothing', async () => {
    const [first] = requests as [GenerateRequest];
    const engine = await createEngine(dir, { threads: 1, memoryBytes: await roomForOne() });
    const networks: string[] = [];
    const listen = { onEvent: (event: ProgressEvent) => void (event.type === 'loading' && networks.push(event.network)) };
    const before = (await engine.generate(first, listen)).image.data;
    networks.length = 0;
    const again = (await engine.generate(first, listen)).image.data;
    expect(networks).toEqual(['yak', 'vaeDecoder']);
    networks.length = 0;
    // Other words: the empty condition is known, the other is not; the blank picture must be seen again for it.
    await engine.generate({ ...first, prompt: 'a blue cube' }, listen);
    expect(networks).toEqual(['visualTokenizer', 'llm', 'refiner', 'yak', 'vaeDecoder']);
    await engine.dispose();
    expect(again).toEqual(before);
  });
});
