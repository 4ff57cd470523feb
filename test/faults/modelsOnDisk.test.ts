/** Models that lie on the disk already: damaged, in a hub cache, half done. */
import { appendFileSync, cpSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyFolder } from '../../main/models/verify.ts';
import { dir, freshStudio, golden, hub, install, model, modelId, open, settled, signal, studio, sumOf, whole, withHub } from '../helpers/hubStudio.ts';

freshStudio();

describe('models on the disk', () => {
  it('that are damaged later are found out, and only their damaged files are fetched again', async () => {
    await withHub();
    await install();
    const path = join(dir, 'models', modelId, 'model.safetensors');
    const bytes = readFileSync(path);
    bytes[1_000_000] = (bytes[1_000_000] ?? 0) ^ 1;
    writeFileSync(path, bytes);
    rmSync(join(dir, 'models', modelId, 'vocab.json'));
    const report = await verifyFolder(modelId, await studio.models.dirOf(modelId), signal, () => undefined);
    expect(report.whole).toBe(false);
    expect(report.files.filter(({ state }) => state !== 'ok')).toEqual([{ name: 'model.safetensors', state: 'changed' }, { name: 'vocab.json', state: 'missing' }].sort((a, b) => (report.files.findIndex(({ name }) => name === a.name) - report.files.findIndex(({ name }) => name === b.name))));
    expect(await model()).toMatchObject({ state: 'damaged', failure: { code: 'CHECKSUM' } });
    const before = hub.asked.length;
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
    expect(new Set(hub.asked.slice(before).filter(({ host }) => host === 'hub').map(({ path: asked }) => asked.split('/').at(-1)))).toEqual(new Set(['model.safetensors', 'vocab.json']));
    expect(await model()).toMatchObject({ state: 'ready' });
  });

  it.each(['the repository', 'the snapshot', 'the whole cache'])('are taken in from a hub cache, by %s', async (what) => {
    const repository = join(dir, 'hub/models--AIDC-AI--Ovis-U1-3B');
    const snapshot = join(repository, 'snapshots', 'c'.repeat(40));
    mkdirSync(join(repository, 'blobs'), { recursive: true });
    mkdirSync(join(repository, 'refs'), { recursive: true });
    mkdirSync(snapshot, { recursive: true });
    writeFileSync(join(repository, 'refs/main'), 'c'.repeat(40));
    for (const name of ['config.json', 'preprocessor_config.json', 'model.safetensors', 'tokenizer.json', 'vocab.json', 'merges.txt', 'tokenizer_config.json', 'added_tokens.json']) {
      const blob = sumOf(join(golden, name));
      cpSync(join(golden, name), join(repository, 'blobs', blob));
      symlinkSync(`../../blobs/${blob}`, join(snapshot, name));
    }
    const taken = await studio.models.importFolder({ 'the repository': repository, 'the snapshot': snapshot, 'the whole cache': dir }[what] ?? '');
    expect(taken).toMatchObject({ name: 'Ovis-U1-3B', state: 'ready', bytes: statSync(join(golden, 'model.safetensors')).size });
    expect(await verifyFolder(taken.id, await studio.models.dirOf(taken.id), signal, () => undefined)).toMatchObject({ whole: true });
    appendFileSync(join(snapshot, 'model.safetensors'), 'x');
    expect(await verifyFolder(taken.id, await studio.models.dirOf(taken.id), signal, () => undefined)).toMatchObject({ whole: false });
    rmSync(join(repository, 'blobs'), { recursive: true });
    expect((await studio.models.list()).find(({ id }) => id === taken.id)).toMatchObject({ state: 'absent', failure: { code: 'MODEL_MISSING' } });
    await studio.models.forget(taken.id);
    expect((await studio.models.list()).some(({ id }) => id === taken.id)).toBe(false);
  });

  it('half done and with a state that cannot be read start anew', async () => {
    await withHub();
    mkdirSync(join(dir, 'models', `${modelId}.part`), { recursive: true });
    writeFileSync(join(dir, 'models', `${modelId}.part`, '.install.json'), '{"version":1,"files":[{"name":"../x"}]}');
    await open();
    expect(studio.installs.list()).toEqual([]);
    expect(await install()).toBeUndefined();
    whole();
  });
});
