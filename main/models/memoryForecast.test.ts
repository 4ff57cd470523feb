import path from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { ModelEntry } from '../../preload/contract/system.ts';
import { defaultSettings } from '../settings.ts';
import type { CardMemory } from './cardMemory.ts';
import { MemoryForecast } from './memoryForecast.ts';
import { PlanThread } from './planThread.ts';

const dir = path.resolve('test/fixtures/golden/dev_a');
const request = { kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, seed: 1 } as const;
const model = { id: 'golden', sizes: [[64, 64]] } as unknown as ModelEntry;
const nothing = { source: undefined, references: [] };
let plans: PlanThread;
afterEach(() => plans.close());

function forecast(provider: 'cpu' | 'webgpu', card?: CardMemory, memoryLimitBytes: number | null = null): MemoryForecast {
  plans = new PlanThread(() => null);
  return new MemoryForecast({ models: { dirOf: async () => dir }, settings: () => ({ ...defaultSettings, provider, memoryLimitBytes }), plans, card: async () => card });
}

describe('the memory of a job on a card', () => {
  it('is foretold where the card tells what it has, or a limit is set', async () => {
    expect(await forecast('webgpu').of(request, model, nothing)).toBeUndefined();
    await plans.close();
    expect(await forecast('webgpu', { totalBytes: 8e9, freeBytes: 7e9 }).of(request, model, nothing)).toMatchObject({ fits: 'whole', freeBytes: 7e9, plan: null });
    await plans.close();
    expect(await forecast('webgpu', undefined, 2 ** 30).of(request, model, nothing)).toMatchObject({ fits: 'whole' });
  });

  it('that ran out has a plan even where nothing is known of the card: one part after the other', async () => {
    expect(await forecast('webgpu').of(request, model, nothing, true)).toMatchObject({ fits: 'no', freeBytes: null, plan: { memoryLimitBytes: expect.any(Number) } });
    await plans.close();
    expect(await forecast('cpu').of(request, model, nothing, true)).toMatchObject({ fits: 'whole', plan: null });
  });
});
