import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { parseConfig, parsePreprocessor } from '../../native/config.ts';
import { EngineError } from '../../native/errors.ts';
import { parseStudioConfig, publishedStudioConfig } from '../../native/studioConfig.ts';
import { expectedTensors } from '../../native/weights/inventory.ts';
import { seeded } from '../helpers/random.ts';
import { type Json, mutateJson } from './mutate.ts';

const fixtures = path.join(import.meta.dirname, '../fixtures');
const read = (name: string): Json => JSON.parse(readFileSync(path.join(fixtures, name), 'utf8')) as Json;

/** Counts of accepted and refused; anything thrown but a CONFIG_INVALID fails with the seed that made it. */
function campaign(seeds: readonly Json[], rounds: number, run: (json: Json) => void): { accepted: number; refused: number } {
  const count = { accepted: 0, refused: 0 };
  for (let seed = 0; seed < rounds; seed++) {
    const random = seeded(seed);
    const json = mutateJson(seeds[seed % seeds.length]!, random);
    try {
      run(json);
      count.accepted++;
    } catch (error) {
      if (!(error instanceof EngineError) || error.code !== 'CONFIG_INVALID') throw new Error(`seed ${seed}: ${String(error)}`, { cause: error });
      if (error.message.length > 600) throw new Error(`seed ${seed}: a message of ${error.message.length} characters`, { cause: error });
      count.refused++;
    }
  }
  return count;
}

describe('mutated documents are read or refused as CONFIG_INVALID, never anything else', () => {
  it('config.json', () => {
    const configs = ['real', 'golden/dev_a', 'golden/dev_b', 'golden/dev_c'].map((name) => read(`${name}/config.json`));
    const { accepted, refused } = campaign(configs, 4000, (json) => {
      const tensors = expectedTensors(parseConfig(json));
      // What is accepted must describe shapes that exist.
      for (const shape of tensors.values()) if (!shape.every((size) => Number.isSafeInteger(size) && size > 0)) throw new Error(`shape ${String(shape)}`);
    });
    // Both must happen, or the mutations miss their aim.
    expect(Math.min(accepted, refused)).toBeGreaterThan(200);
  });

  it('preprocessor_config.json', () => {
    const { accepted, refused } = campaign([read('real/preprocessor_config.json')], 3000, (json) => void parsePreprocessor(json));
    expect(Math.min(accepted, refused)).toBeGreaterThan(200);
  });

  it('studio.json', () => {
    const whole = { ...publishedStudioConfig, previewFactors: { factors: [[1, 0, 0]], bias: [0, 0, 0] } } as unknown as Json;
    const { accepted, refused } = campaign([whole], 3000, (json) => void parseStudioConfig(json));
    expect(Math.min(accepted, refused)).toBeGreaterThan(200);
  });
});
