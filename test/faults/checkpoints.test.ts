import { readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { ModelCopy } from '../helpers/brokenModel.ts';
import { CountingHost, failureOf } from '../helpers/countingHost.ts';

/** Damaged checkpoints given to the real engine process: a typed error names the damage, the process lives, a sound one loads next. */
const sound = join(import.meta.dirname, '../fixtures/golden/dev_a');
const host = new CountingHost();
let copy: ModelCopy | undefined;

beforeAll(async () => void (await host.load(sound, { threads: 1 })));
afterEach(() => copy?.remove());
afterAll(() => host.dispose());

const norm = 'llm.model.norm.weight';

describe('a checkpoint', () => {
  it.each<[name: string, damage: (copy: ModelCopy) => void, code: string, named: string]>([
    ['cut short', (c) => truncateSync(c.path('model.safetensors'), 1_000_000), 'WEIGHT_MISSING', 'model.safetensors'],
    ['cut inside its header', (c) => truncateSync(c.path('model.safetensors'), 100), 'WEIGHT_MISSING', 'model.safetensors'],
    ['emptied', (c) => truncateSync(c.path('model.safetensors'), 0), 'CONFIG_INVALID', 'model.safetensors'],
    ['without weights', (c) => rmSync(c.path('model.safetensors')), 'WEIGHT_MISSING', 'safetensors'],
    ['that is no safetensors', (c) => writeFileSync(c.path('model.safetensors'), 'PK\u0003\u0004 this is a zip'), 'CONFIG_INVALID', 'model.safetensors'],
    ['with a tensor of another shape', (c) => c.weights((header) => header[norm]!.shape.push(1)), 'WEIGHT_SHAPE', norm],
    ['without a tensor', (c) => c.weights((header) => {
      header['nobody.knows.it'] = header[norm]!;
      delete header[norm];
    }), 'WEIGHT_MISSING', norm],
    ['of an unknown number format', (c) => c.weights((header) => (header[norm]!.dtype = 'F8_E4M3')), 'DTYPE_UNSUPPORTED', norm],
    ['with NaN among its weights', (c) => c.weights((header, data) => data.writeFloatLE(Number.NaN, header[norm]!.data_offsets[0])), 'NON_FINITE', norm],
    ['with infinity among its weights', (c) => c.weights((header, data) => data.writeFloatLE(Infinity, header[norm]!.data_offsets[0] + 4)), 'NON_FINITE', norm],
    ['of an unknown model_type', (c) => c.json('config.json', (config) => (config['model_type'] = 'llama')), 'CONFIG_INVALID', 'model_type'],
    ['without model_type', (c) => c.json('config.json', (config) => delete config['model_type']), 'CONFIG_INVALID', 'model_type'],
    ['without config.json', (c) => rmSync(c.path('config.json')), 'CONFIG_INVALID', 'config.json'],
    ['whose config.json is a list', (c) => writeFileSync(c.path('config.json'), '[]'), 'CONFIG_INVALID', 'config.json'],
    ['whose config.json is cut', (c) => writeFileSync(c.path('config.json'), readFileSync(c.path('config.json')).subarray(0, 300)), 'CONFIG_INVALID', 'config.json'],
    ['without any tokenizer', (c) => ['tokenizer.json', 'vocab.json', 'merges.txt'].forEach((name) => rmSync(c.path(name))), 'CONFIG_INVALID', 'tokenizer'],
    ['whose tokenizer is nonsense', (c) => writeFileSync(c.path('tokenizer.json'), '{"model": 5}'), 'CONFIG_INVALID', 'tokenizer.json'],
    ['without a preprocessor', (c) => rmSync(c.path('preprocessor_config.json')), 'CONFIG_INVALID', 'preprocessor_config.json'],
    ['whose studio.json is nonsense', (c) => writeFileSync(c.path('studio.json'), '{"steps": "many"}'), 'CONFIG_INVALID', 'studio.json'],
  ])('%s', async (_name, damage, code, named) => {
    copy = new ModelCopy(sound);
    damage(copy);
    const failure = await failureOf(host.load(copy.dir, { threads: 1 }));
    expect([failure.code, failure.message]).toEqual([code, expect.stringContaining(named)]);
    await host.load(sound, { threads: 1 });
    expect(host.starts).toBe(1);
  });

  it('still draws after all that, in the first process', async () => {
    const { image } = await host.generate({ kind: 'textToImage', prompt: 'a red cube', width: 64, height: 64, steps: 1 });
    expect(image.data).toHaveLength(64 * 64 * 3);
    expect(host.starts).toBe(1);
  });

  it('that is no folder, or absent, is MODEL_MISSING', async () => {
    expect(await failureOf(host.load(join(sound, 'config.json')))).toMatchObject({ code: 'MODEL_MISSING' });
    expect(await failureOf(host.load(join(sound, 'absent')))).toMatchObject({ code: 'MODEL_MISSING' });
  });
});
