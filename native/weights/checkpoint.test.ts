import { cp, mkdir, mkdtemp, open, readFile, readdir, rename, rm, stat, symlink, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { withDepth, writeRandomCheckpoint } from '../../test/helpers/randomCheckpoint.ts';
import { EngineError } from '../errors.ts';
import { type Checkpoint, openCheckpoint } from './checkpoint.ts';

const golden = path.join(import.meta.dirname, '../../test/fixtures/golden');
const goldenCases = ['dev_a', 'dev_b', 'dev_c', 'dev_eps'];
const indexName = 'model.safetensors.index.json';

let root = '';
/** A sharded checkpoint that every test gets a fresh copy of. */
let sharded = '';
let dir = '';
beforeAll(async () => {
  root = await mkdtemp(path.join(tmpdir(), 'checkpoint-'));
  sharded = path.join(root, 'sharded');
  const config = JSON.parse(await readFile(path.join(golden, 'dev_eps/config.json'), 'utf8')) as Record<string, unknown>;
  await writeRandomCheckpoint(sharded, { config: withDepth(config, 1), shardBytes: 150_000 });
});
afterAll(() => rm(root, { recursive: true, force: true }));
beforeEach(async () => {
  dir = path.join(root, 'copy');
  await rm(dir, { recursive: true, force: true });
  await cp(sharded, dir, { recursive: true });
});

async function refusal(folder: string): Promise<EngineError> {
  const error = await openCheckpoint(folder).then(
    () => new Error('nothing was refused'),
    (reason: unknown) => reason,
  );
  if (error instanceof EngineError) return error;
  throw error as Error;
}

interface Index {
  weight_map: Record<string, string>;
}

async function editJson<T = Record<string, unknown>>(name: string, edit: (json: T) => void): Promise<void> {
  const file = path.join(dir, name);
  const json = JSON.parse(await readFile(file, 'utf8')) as T;
  edit(json);
  await writeFile(file, JSON.stringify(json));
}

const shardNames = async (): Promise<string[]> => (await readdir(dir)).filter((name) => name.endsWith('.safetensors')).sort();

describe('a sound checkpoint', () => {
  it.each(goldenCases)('opens the golden case %s and reads its weights', async (name) => {
    const checkpoint = await openCheckpoint(path.join(golden, name));
    expect(checkpoint).toMatchObject({ name, unexpected: [], externalRoot: path.join(golden, name) });
    expect(checkpoint.studio.contextImages).toBe(1);
    const vte = checkpoint.expect('vte.weight', [checkpoint.config.vision.visualVocabSize, checkpoint.config.llm.hiddenSize]);
    expect(checkpoint.location(vte)).toBe('model.safetensors');
    const values = await checkpoint.readF32(vte);
    expect(values).toHaveLength(vte.shape[0]! * vte.shape[1]!);
    expect(values.every(Number.isFinite)).toBe(true);
    expect((await checkpoint.readRaw('vte.weight')).byteLength).toBe(vte.byteLength);
    expect(await checkpoint.readF32('vte.weight')).toEqual(values);
    expect(checkpoint.hash).toMatch(/^[0-9a-f]{64}$/);
  });

  it('reads the same values from one file and from shards', async () => {
    const whole = path.join(root, 'whole');
    await writeRandomCheckpoint(whole, { config: JSON.parse(await readFile(path.join(dir, 'config.json'), 'utf8')) as Record<string, unknown> });
    const [one, many] = [await openCheckpoint(whole), await openCheckpoint(dir)];
    expect((await shardNames()).length).toBeGreaterThan(2);
    expect(many.tensors.size).toBe(one.tensors.size);
    expect(many.parameterCount).toBe(one.parameterCount);
    expect(many.weightBytes).toBe(one.weightBytes);
    for (const name of one.tensors.keys()) expect(await many.readRaw(name)).toEqual(await one.readRaw(name));
  });

  it('opens a hub cache: links from the snapshot to blobs', async () => {
    const repository = path.join(root, 'models--AIDC-AI--Ovis-U1-3B');
    const snapshot = path.join(repository, 'snapshots', '0123abcd');
    await mkdir(snapshot, { recursive: true });
    await mkdir(path.join(repository, 'blobs'));
    let count = 0;
    for (const name of await readdir(dir)) {
      const blob = `blob${String(count++)}`;
      await rename(path.join(dir, name), path.join(repository, 'blobs', blob));
      await symlink(`../../blobs/${blob}`, path.join(snapshot, name));
    }
    const checkpoint = await openCheckpoint(snapshot);
    expect(checkpoint).toMatchObject({ dir: snapshot, name: 'Ovis-U1-3B', externalRoot: path.join(repository, 'blobs') });
    expect(checkpoint.location(checkpoint.expect('vte.weight'))).toMatch(/^blob\d+$/);
    expect((await checkpoint.readF32('vte.weight')).every(Number.isFinite)).toBe(true);
  });

  it('finds the common folder of files that lie apart', async () => {
    const [first, second] = (await shardNames()) as [string, string];
    const blobs = path.join(root, 'elsewhere', 'deep');
    await mkdir(blobs, { recursive: true });
    await rename(path.join(dir, first), path.join(blobs, first));
    await symlink(path.join(blobs, first), path.join(dir, first));
    const checkpoint = await openCheckpoint(dir);
    expect(checkpoint.externalRoot).toBe(root);
    const locations = [...new Set([...checkpoint.tensors.values()].map((entry) => checkpoint.location(entry)))];
    expect(locations).toContain(`elsewhere/deep/${first}`);
    expect(locations).toContain(`copy/${second}`);
  });

  it('reads studio.json and allows tensors that the config does not know', async () => {
    await writeFile(path.join(dir, 'studio.json'), JSON.stringify({ contextImages: 2, tasks: {} }));
    expect((await openCheckpoint(dir)).studio).toMatchObject({ contextImages: 2, tasks: {}, steps: 50 });
    // One block fewer in the config: the second-last weights become unknown.
    await rm(dir, { recursive: true });
    await cp(path.join(golden, 'dev_a'), dir, { recursive: true });
    await editJson<{ llm_config: Record<string, unknown> }>('config.json', (json) => (json.llm_config['num_hidden_layers'] = 2));
    const { unexpected } = await openCheckpoint(dir);
    expect(unexpected).toHaveLength(11);
    expect(unexpected.every((name) => name.startsWith('llm.model.layers.2.'))).toBe(true);
  });

  it('accepts a tied head that is stored all the same', async () => {
    const config = JSON.parse(await readFile(path.join(golden, 'dev_a/config.json'), 'utf8')) as Record<string, unknown>;
    const stored = path.join(root, 'stored-head');
    await writeRandomCheckpoint(stored, { config, storeTiedHead: true, dtype: 'F16' });
    const checkpoint = await openCheckpoint(stored);
    expect(checkpoint.has('llm.lm_head.weight')).toBe(true);
    expect(checkpoint).toMatchObject({ unexpected: [], parameterCount: (await openCheckpoint(path.join(golden, 'dev_a'))).parameterCount });
  });
});

describe('the hash', () => {
  const hashOf = async (): Promise<string> => (await openCheckpoint(dir)).hash;

  it('is the same for a copy elsewhere and another for any change', async () => {
    const before = await hashOf();
    expect((await openCheckpoint(sharded)).hash).toBe(before);
    await editJson<{ llm_config: Record<string, unknown> }>('config.json', (json) => (json.llm_config['rope_theta'] = 5000));
    const other = await hashOf();
    await writeFile(path.join(dir, 'studio.json'), '{}');
    expect(new Set([before, other, await hashOf()]).size).toBe(3);
  });

  it('sees a changed weight in its sample, and any changed byte in the full one', async () => {
    const before: Checkpoint = await openCheckpoint(dir);
    const entry = before.expect('llm.model.norm.weight');
    const full = await before.fullHash();
    const handle = await open(entry.file, 'r+');
    await handle.write(Uint8Array.of(0x11), 0, 1, entry.offset + 4);
    await handle.close();
    expect(await hashOf()).not.toBe(before.hash);
    expect(await before.fullHash()).not.toBe(full);
  });
});

describe('files that are missing or not what they say', () => {
  it.each([
    ['config.json', 'CONFIG_INVALID'],
    ['preprocessor_config.json', 'CONFIG_INVALID'],
    ['model-00001', 'WEIGHT_MISSING'],
  ])('without %s', async (name, code) => {
    const [found] = (await readdir(dir)).filter((one) => one.startsWith(name));
    await rm(path.join(dir, found!));
    const error = await refusal(dir);
    expect(error.code).toBe(code);
    expect(error.details['file']).toBe(found);
  });

  it.each(['config.json', 'preprocessor_config.json', 'studio.json', indexName])('with garbage in %s', async (name) => {
    for (const garbage of ['', '{', '[]', 'null', '\xff\xfe', '{"a":1}'.repeat(2)]) {
      await writeFile(path.join(dir, name), garbage, 'latin1');
      expect((await refusal(dir)).code).toBe('CONFIG_INVALID');
    }
  });

  it('with a folder for a config, or no folder at all', async () => {
    expect((await refusal(path.join(root, 'nowhere'))).code).toBe('CONFIG_INVALID');
    expect((await refusal(path.join(dir, 'config.json'))).code).toBe('CONFIG_INVALID');
    await rm(path.join(dir, 'config.json'));
    await mkdir(path.join(dir, 'config.json'));
    expect((await refusal(dir)).code).toBe('CONFIG_INVALID');
  });

  it('with a config larger than any config', async () => {
    await truncate(path.join(dir, 'config.json'), 2 ** 33);
    expect((await refusal(dir)).message).toContain('more than such a file can have');
  });

  it('with shards but no index, or without weights', async () => {
    await rm(path.join(dir, indexName));
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { file: indexName } });
    for (const name of await shardNames()) await rm(path.join(dir, name));
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { dir } });
  });

  it('with a shard cut short', async () => {
    const last = (await shardNames()).at(-1)!;
    const { size } = await stat(path.join(dir, last));
    await truncate(path.join(dir, last), size - 3);
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { missingBytes: 3 } });
  });

  it('with a processor that cuts other patches', async () => {
    await editJson('preprocessor_config.json', (json) => (json['patch_size'] = 16));
    expect(await refusal(dir)).toMatchObject({ code: 'CONFIG_INVALID', details: { field: 'patch_size', expected: 14, got: 16 } });
  });

  it('with a file that shrinks after it was opened', async () => {
    const checkpoint = await openCheckpoint(dir);
    const entry = checkpoint.expect('vte.weight');
    await truncate(entry.file, entry.offset + 10);
    await expect(checkpoint.readRaw(entry)).rejects.toMatchObject({ code: 'WEIGHT_MISSING' });
    await rm(entry.file);
    await expect(checkpoint.readF32(entry)).rejects.toMatchObject({ code: 'WEIGHT_MISSING', details: { tensor: 'vte.weight' } });
  });

  it('expect() names what is missing or misshapen', async () => {
    const checkpoint = await openCheckpoint(dir);
    expect(() => checkpoint.expect('no.such')).toThrow(expect.objectContaining({ code: 'WEIGHT_MISSING', details: { tensor: 'no.such' } }));
    expect(() => checkpoint.expect('vte.weight', [1])).toThrow(expect.objectContaining({ code: 'WEIGHT_SHAPE' }));
    await expect(checkpoint.readF32('no.such')).rejects.toMatchObject({ code: 'WEIGHT_MISSING' });
    await expect(checkpoint.readRaw('no.such')).rejects.toMatchObject({ code: 'WEIGHT_MISSING' });
    expect(checkpoint.has('no.such')).toBe(false);
  });
});

describe('an index that disagrees with its shards', () => {
  const edit = (change: (map: Record<string, string>) => void): Promise<void> => editJson<Index>(indexName, ({ weight_map }) => { change(weight_map); });

  it.each(['../model.safetensors', '/etc/passwd', '..', 'sub/model.safetensors', 'a\\b.safetensors', 'C:model.safetensors', '', 'config.json', 'x\0.safetensors'])(
    'a shard named %j',
    async (name) => {
      await edit((map) => (map['vte.weight'] = name));
      expect(await refusal(dir)).toMatchObject({ code: 'CONFIG_INVALID', details: { file: indexName } });
    },
  );

  it('a shard that is not there', async () => {
    await edit((map) => (map['vte.weight'] = 'model-00099-of-00099.safetensors'));
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { file: 'model-00099-of-00099.safetensors', tensor: 'vte.weight' } });
  });

  it('a tensor listed in another shard than its own', async () => {
    const [first] = await shardNames();
    await edit((map) => (map['visual_generator.vae.quant_conv.bias'] = first!));
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { tensor: 'visual_generator.vae.quant_conv.bias', file: first } });
  });

  it('a tensor listed but stored nowhere', async () => {
    const [first] = await shardNames();
    await edit((map) => (map['ghost'] = first!));
    expect(await refusal(dir)).toMatchObject({ code: 'WEIGHT_MISSING', details: { tensor: 'ghost' } });
  });

  it('a tensor stored but not listed', async () => {
    await edit((map) => Reflect.deleteProperty(map, 'vte.weight'));
    expect(await refusal(dir)).toMatchObject({ code: 'CONFIG_INVALID', details: { tensor: 'vte.weight' } });
  });

  it('a tensor stored in two shards', async () => {
    const [first] = await shardNames();
    await cp(path.join(dir, first!), path.join(dir, 'again.safetensors'));
    await edit((map) => (map['again'] = 'again.safetensors'));
    const error = await refusal(dir);
    expect(error.code).toBe('CONFIG_INVALID');
    expect(error.message).toContain('model-00001');
    expect(error.message).toContain('again.safetensors');
  });

  it('a name listed twice', async () => {
    const text = await readFile(path.join(dir, indexName), 'utf8');
    await writeFile(path.join(dir, indexName), text.replace('"weight_map": {', '"weight_map": {"vte.weight": "model-00001-of-00001.safetensors",'));
    expect((await refusal(dir)).message).toContain('stands twice');
  });

  it('a single file beside the shards', async () => {
    const [first] = await shardNames();
    await cp(path.join(dir, first!), path.join(dir, 'model.safetensors'));
    expect((await refusal(dir)).message).toContain('remove one of them');
  });
});
