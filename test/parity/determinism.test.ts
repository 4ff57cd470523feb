import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import type { EngineOptions, GenerateRequest, RgbImage } from '../../native/types.ts';

const dir = path.resolve(import.meta.dirname, '../fixtures/golden/dev_a');
const image: RgbImage = { width: 96, height: 64, data: Uint8Array.from({ length: 96 * 64 * 3 }, (_, i) => (i * 31) % 256) };
const requests: readonly GenerateRequest[] = [
  { kind: 'textToImage', prompt: 'a red cube', width: 96, height: 64, steps: 3, seed: 7 },
  { kind: 'edit', prompt: 'make it night', image, steps: 3, seed: 7 },
];

async function draw(options: EngineOptions, request: GenerateRequest, times = 1): Promise<Uint8Array[]> {
  const engine = await createEngine(dir, options);
  const out: Uint8Array[] = [];
  for (let i = 0; i < times; i++) out.push((await engine.generate(request)).image.data);
  await engine.dispose();
  return out;
}

describe.each(['fp32', 'int8'] as const)('%s: the same request gives the same bytes', (precision) => {
  it.each(requests.map((request) => [request.kind, request] as const))('%s: twice, in a new engine, and on one or two threads', async (_, request) => {
    const [first, second] = await draw({ precision, threads: 2 }, request, 2) as [Uint8Array, Uint8Array];
    const [again] = await draw({ precision, threads: 2 }, request) as [Uint8Array];
    const [alone] = await draw({ precision, threads: 1 }, request) as [Uint8Array];
    expect(second).toEqual(first);
    expect(again).toEqual(first);
    expect(alone).toEqual(first);
  });

  it('another seed gives other bytes', async () => {
    const request = requests[0] as GenerateRequest;
    const [one] = await draw({ precision }, request) as [Uint8Array];
    const [other] = await draw({ precision }, { ...request, seed: 8 }) as [Uint8Array];
    expect(other).not.toEqual(one);
  });
});
