import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { EngineError } from '../../native/errors.ts';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import { withDepth, writeRandomCheckpoint } from '../helpers/randomCheckpoint.ts';
import { seeded } from '../helpers/random.ts';
import { type Json, mutateBytes, mutateJson } from './mutate.ts';

const names = ['config.json', 'preprocessor_config.json', 'model.safetensors.index.json', 'studio.json'];
const codes = ['CONFIG_INVALID', 'WEIGHT_MISSING', 'WEIGHT_SHAPE', 'DTYPE_UNSUPPORTED'];

let root = '';
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'fuzz-checkpoint-'));
  const config = JSON.parse(await readFile(path.join(import.meta.dirname, '../fixtures/golden/dev_eps/config.json'), 'utf8')) as Record<string, unknown>;
  await writeRandomCheckpoint(root, { config: withDepth(config, 1), shardBytes: 150_000, studio: { contextImages: 2, tasks: {} } });
});
afterAll(() => rm(root, { recursive: true, force: true }));

it('a folder with one file spoilt opens or is refused with a typed error', async () => {
  const outcomes = { accepted: 0, refused: 0 };
  for (let seed = 0; seed < 400; seed++) {
    const random = seeded(seed);
    const name = names[seed % names.length]!;
    const file = path.join(root, name);
    const kept = `${file}.kept`;
    await cp(file, kept);
    const text = await readFile(file);
    const spoilt = random() < 0.6 ? JSON.stringify(mutateJson(JSON.parse(text.toString()) as Json, random)) : mutateBytes(text, random);
    await writeFile(file, spoilt);
    try {
      await openCheckpoint(root);
      outcomes.accepted++;
    } catch (error) {
      if (!(error instanceof EngineError) || !codes.includes(error.code)) throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      outcomes.refused++;
    }
    await cp(kept, file);
  }
  expect(Math.min(outcomes.accepted, outcomes.refused)).toBeGreaterThan(30);
});
