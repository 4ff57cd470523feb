import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { type OvisConfig, parseConfig } from '../config.ts';
import { countParameters, expectedTensors, optionalTensors, validateInventory } from './inventory.ts';
import { type TensorEntry, readSafetensorsHeader } from './safetensors.ts';

const fixtures = path.join(import.meta.dirname, '../../test/fixtures');

async function readJson<T>(name: string): Promise<T> {
  return JSON.parse(await readFile(path.join(fixtures, name), 'utf8')) as T;
}

const readConfig = async (name: string): Promise<OvisConfig> => parseConfig(await readJson(`${name}/config.json`));

describe('the inventory', () => {
  it.each(['dev_a', 'dev_b', 'dev_c', 'dev_eps'])('is exactly what the golden case %s stores', async (name) => {
    const { tensors } = await readSafetensorsHeader(path.join(fixtures, 'golden', name, 'model.safetensors'));
    const stored = Object.fromEntries([...tensors].map(([tensor, { shape }]) => [tensor, shape]));
    expect(Object.fromEntries(expectedTensors(await readConfig(`golden/${name}`)))).toEqual(stored);
  });

  it('is exactly the published model\'s: names, shapes and 3,644,208,367 parameters', async () => {
    const expected = expectedTensors(await readConfig('real'));
    expect(Object.fromEntries(expected)).toEqual(await readJson('golden/real_inventory.json'));
    const counts = await readJson<Record<string, number>>('golden/real_param_counts.json');
    expect(countParameters(expected.values())).toBe(counts['total']);
    const vision = [...expected].filter(([name]) => name.startsWith('visual_tokenizer.backbone')).map(([, shape]) => shape);
    expect(countParameters(vision)).toBe(counts['visual_tokenizer.backbone (AIMv2-large-448)']);
  });

  it('holds biases on the language model\'s attention when the config asks for them', async () => {
    const config = await readConfig('golden/dev_b');
    const biased = expectedTensors({ ...config, llm: { ...config.llm, attentionBias: true } });
    expect(biased.get('llm.model.layers.0.self_attn.k_proj.bias')).toEqual([12]);
    expect(biased.get('llm.model.layers.0.self_attn.o_proj.bias')).toEqual([40]);
  });
});

describe('validation', () => {
  const entriesOf = (config: OvisConfig): Map<string, TensorEntry> =>
    new Map(
      [...expectedTensors(config)].map(([name, shape]) => [name, { name, shape, dtype: 'F32', file: '/model.safetensors', offset: 0, byteLength: 0 }]),
    );

  it('passes the exact list, a tied model\'s stored head and unknown tensors', async () => {
    const config = await readConfig('golden/dev_a');
    const tensors = entriesOf(config);
    expect(validateInventory({ config, tensors })).toEqual([]);
    const some = tensors.get('vte.weight')!;
    for (const [name, shape] of optionalTensors(config)) tensors.set(name, { ...some, name, shape });
    tensors.set('ema.decay', { ...some, name: 'ema.decay', shape: [1] });
    expect(tensors.has('llm.lm_head.weight')).toBe(true);
    expect(validateInventory({ config, tensors })).toEqual(['ema.decay']);
  });

  it('names the first missing tensor and counts the others', async () => {
    const config = await readConfig('golden/dev_b');
    const tensors = entriesOf(config);
    tensors.delete('llm.lm_head.weight');
    expect(() => validateInventory({ config, tensors })).toThrow('"llm.lm_head.weight" is missing');
    tensors.delete('vte.weight');
    expect(() => validateInventory({ config, tensors })).toThrow(
      expect.objectContaining({ code: 'WEIGHT_MISSING', details: { tensor: 'llm.lm_head.weight', expected: [280, 40], missing: 2 } }),
    );
  });

  it.each([
    ['vte.weight', [72, 41]],
    ['vte.weight', [72, 40, 1]],
    ['vte.weight', [40, 72]],
    ['visual_tokenizer.backbone.trunk.post_trunk_norm.weight', []],
  ])('names a tensor of another shape: %s %j', async (name, shape) => {
    const config = await readConfig('golden/dev_b');
    const tensors = entriesOf(config);
    const expected = tensors.get(name)!.shape;
    tensors.set(name, { ...tensors.get(name)!, shape });
    expect(() => validateInventory({ config, tensors })).toThrow(
      expect.objectContaining({ code: 'WEIGHT_SHAPE', details: { tensor: name, expected, got: shape } }),
    );
  });

  it('checks a stored head of a tied model too', async () => {
    const config = await readConfig('golden/dev_a');
    const tensors = entriesOf(config);
    tensors.set('llm.lm_head.weight', { ...tensors.get('vte.weight')!, name: 'llm.lm_head.weight', shape: [1, 1] });
    expect(() => validateInventory({ config, tensors })).toThrow(expect.objectContaining({ code: 'WEIGHT_SHAPE' }));
  });
});
