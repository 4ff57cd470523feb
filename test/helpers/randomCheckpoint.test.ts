import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { openCheckpoint } from '../../native/weights/checkpoint.ts';
import type { Dtype } from '../../native/weights/dtype.ts';
import { scanNonFinite } from '../../native/weights/nonFinite.ts';
import { realConfig, writeRandomCheckpoint } from './randomCheckpoint.ts';
import { realMergeCount, writeRandomTokenizer } from './randomTokenizer.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures');
const readJson = async <T>(file: string): Promise<T> => JSON.parse(await readFile(file, 'utf8')) as T;

let root = '';
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'random-'));
});
afterAll(() => rm(root, { recursive: true, force: true }));

describe('random checkpoints', () => {
  it.each<Dtype>(['BF16', 'F16', 'F32'])('in %s open, with finite weights of the scale asked for, the same for a seed', async (dtype) => {
    const dir = path.join(root, dtype);
    const config = await readJson<Record<string, unknown>>(path.join(fixtures, 'golden/dev_b/config.json'));
    await writeRandomCheckpoint(dir, { config, dtype, seed: 3 });
    const checkpoint = await openCheckpoint(dir);
    expect((await scanNonFinite(checkpoint)).complete).toBe(true);
    const values = await checkpoint.readF32('visual_tokenizer.head.0.weight');
    const rms = Math.sqrt(values.reduce((sum, x) => sum + x * x, 0) / values.length);
    expect(rms).toBeCloseTo(1 / Math.sqrt(192), 2);
    expect((await checkpoint.readF32('llm.model.norm.weight')).every((x) => x > 0.4 && x < 1.6)).toBe(true);

    const again = path.join(root, `${dtype}-again`);
    await writeRandomCheckpoint(again, { config, dtype, seed: 3 });
    expect((await openCheckpoint(again)).hash).toBe(checkpoint.hash);
  });

  it('keep the published widths at a reduced depth', async () => {
    const config = await realConfig(2);
    expect(config).toMatchObject({ llm_config: { num_hidden_layers: 2, hidden_size: 2048 }, visual_generator_config: { depth: 2, depth_single_blocks: 2 } });
  });
});

describe('the generated tokenizer', () => {
  it('puts the special tokens behind its merges, at the published ids when there are as many', async () => {
    await writeRandomTokenizer(root, 3000, 1);
    const { model, added_tokens } = await readJson<{ model: { vocab: Record<string, number>; merges: string[] }; added_tokens: { id: number; content: string }[] }>(
      path.join(root, 'tokenizer.json'),
    );
    expect(model.merges).toHaveLength(3000);
    expect(Object.keys(model.vocab)).toHaveLength(3256);
    // Every merge joins two known tokens to a third.
    expect(model.merges.every((pair) => [...pair.split(' '), pair.replace(' ', '')].every((token) => token in model.vocab))).toBe(true);
    expect(added_tokens[0]).toMatchObject({ id: 3256, content: '<|endoftext|>' });
    const published = await readJson<Record<string, number>>(path.join(fixtures, 'real/added_tokens.json'));
    expect(256 + realMergeCount).toBe(published['<|endoftext|>']);
    expect(added_tokens.map(({ id }) => id - 3256 + published['<|endoftext|>']!).sort()).toEqual(Object.values(published).sort());
  });
});
