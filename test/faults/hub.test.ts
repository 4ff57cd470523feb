/** Downloads from a hub on this machine that does as it should, and repositories that do not. */
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { verifyFolder } from '../../main/models/verify.ts';
import { startHub } from '../helpers/hub.ts';
import { dir, events, freshStudio, golden, hub, install, model, modelId, open, repo, settled, signal, studio, whole, withHub } from '../helpers/hubStudio.ts';

freshStudio();

describe('a sound hub', () => {
  it('is asked nothing before a press; then the plan tells what a download would take', async () => {
    await withHub();
    await studio.models.list();
    await studio.installs.close();
    await open();
    expect([hub.asked, studio.network.requests]).toEqual([[], 0]);
    const plan = await studio.installs.plan({ repo });
    expect(plan).toMatchObject({ modelId, name: 'Ovis-U1-3B', licence: 'apache-2.0', source: { repo, revision: hub.commit, endpoint: hub.endpoint }, presentBytes: 0, installed: false });
    // The pictures and golden tensors beside it are none of our business.
    expect(plan.files.map(({ name, check }) => [name, check]).sort()).toEqual([
      ['added_tokens.json', 'git'], ['config.json', 'git'], ['merges.txt', 'git'], ['model.safetensors', 'sha256'], ['preprocessor_config.json', 'git'], ['tokenizer.json', 'git'],
      ['tokenizer_config.json', 'git'], ['vocab.json', 'git'],
    ]);
    expect(plan.bytes).toBe(plan.files.reduce((sum, { name }) => sum + statSync(join(golden, name)).size, 0));
    expect(plan.memory.map(({ precision }) => precision)).toEqual(['fp32', 'fp16', 'int8', 'q4']);
    expect(hub.asked.every(({ path }) => path.startsWith('/api/') || path.endsWith('/config.json'))).toBe(true);
  });

  it('gives a model in ranges over several lines, checked, with progress', async () => {
    await withHub();
    expect(await install()).toBeUndefined();
    whole();
    const ranges = hub.asked.filter(({ host, range }) => host === 'storage' && range !== undefined);
    expect(ranges).toHaveLength(Math.ceil(statSync(join(golden, 'model.safetensors')).size / 200_000));
    expect(await model()).toMatchObject({ state: 'ready', owned: true, licence: 'apache-2.0', source: { revision: hub.commit }, verifiedAt: expect.any(Number) });
    const told = events.filter((event) => event.type === 'install').map(({ install: one }) => one);
    expect(told[0]).toMatchObject({ state: 'downloading', doneBytes: 0 });
    expect(events.at(-1)).toEqual({ type: 'models' });
    const report = await verifyFolder(modelId, await studio.models.dirOf(modelId), signal, () => undefined);
    expect(report).toMatchObject({ whole: true, bytes: expect.any(Number) });
    expect(new Set(report.files.map(({ state }) => state))).toEqual(new Set(['ok']));
    expect((await studio.installs.plan({ repo })).installed).toBe(true);
  });

  it('never sees its token handed on to the storage host, nor a token of another hub', async () => {
    await withHub({ token: 'hf_secret' });
    await expect(studio.installs.plan({ repo })).rejects.toMatchObject({ code: 'HUB_DENIED' });
    await studio.hub.change({ token: 'hf_secret' });
    expect(await install()).toBeUndefined();
    expect(hub.asked.filter(({ host }) => host === 'storage').map(({ authorization }) => authorization)).toEqual(hub.asked.filter(({ host }) => host === 'storage').map(() => undefined));
    expect(statSync(join(dir, 'hub.json')).mode & 0o777).toBe(0o600);
    const other = await startHub({ dir: golden });
    await studio.installs.plan({ repo, endpoint: other.endpoint });
    expect(other.asked.map(({ authorization }) => authorization)).toEqual([undefined, undefined]);
    await studio.hub.change({ endpoint: other.endpoint });
    expect(await studio.hub.source()).toMatchObject({ hasToken: false });
    await other.close();
  });

  it('pauses, survives the end of the studio, goes on, and fetches no byte twice', async () => {
    await withHub({ bytesPerSecond: 1_500_000 });
    await studio.installs.install({ repo });
    await expect.poll(() => studio.installs.list()[0]?.doneBytes, { interval: 5 }).toBeGreaterThan(400_000);
    expect(await studio.installs.pause(modelId)).toMatchObject({ state: 'paused', failure: null });
    const paused = studio.installs.list()[0]?.doneBytes ?? 0;
    await studio.installs.close();
    await open();
    expect(studio.installs.list()).toMatchObject([{ state: 'paused', doneBytes: paused }]);
    const asked = hub.asked.length;
    await new Promise((done) => setTimeout(done, 50));
    expect(hub.asked).toHaveLength(asked);
    await studio.installs.resume(modelId);
    await expect.poll(() => studio.installs.list()[0]?.doneBytes, { interval: 5 }).toBeGreaterThan(paused + 100_000);
    await studio.installs.close();
    await open();
    expect(studio.installs.list()).toMatchObject([{ state: 'interrupted' }]);
    hub.bytesPerSecond = undefined;
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
    // What was in flight at either end may come again; nothing that was written down does.
    expect(hub.sent()).toBeLessThan(statSync(join(golden, 'model.safetensors')).size + 2 * 4 * 200_000);
  });

  it('cancels: parts kept or removed as asked; removes, remembers, fetches again', async () => {
    await withHub({ bytesPerSecond: 1_000_000 });
    await studio.installs.install({ repo });
    await studio.installs.cancel(modelId, true);
    expect(existsSync(join(dir, 'models', `${modelId}.part`))).toBe(true);
    await studio.installs.cancel(modelId, false);
    expect(readdirSync(join(dir, 'models'))).toEqual([]);
    await expect(studio.installs.pause(modelId)).rejects.toMatchObject({ code: 'NOT_FOUND' });
    hub.bytesPerSecond = undefined;
    expect(await install()).toBeUndefined();
    await studio.models.remove(modelId);
    expect(readdirSync(join(dir, 'models'))).toEqual([]);
    await expect(studio.models.dirOf(modelId)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
    expect(await model()).toMatchObject({ state: 'absent', source: { repo } });
    expect(await install()).toBeUndefined();
    whole();
  });

  it('gives several models side by side', async () => {
    await withHub();
    const second = await startHub({ dir: golden, repo: 'someone/Ovis-U1-tuned' });
    const tuned = 'someone--ovis-u1-tuned';
    await Promise.all([studio.installs.install({ repo }), studio.installs.install({ repo: 'someone/Ovis-U1-tuned', endpoint: second.endpoint })]);
    await Promise.all([settled(), studio.installs.ended(tuned)]);
    expect((await studio.models.list()).map(({ id, state }) => [id, state])).toEqual([['toybox', 'ready'], [modelId, 'ready'], [tuned, 'ready']]);
    await second.close();
  });
});

describe('hostile repositories', () => {
  it.each<[string, Record<string, string>]>([
    ['another model', { 'config.json': '{"architectures":["LlamaForCausalLM"]}' }],
    ['a config that is no JSON', { 'config.json': '<html>' }],
  ])('%s is refused before its weights are fetched', async (_name, extra) => {
    const other = join(dir, 'other');
    mkdirSync(other);
    writeFileSync(join(other, 'model.safetensors'), 'x');
    for (const [name, text] of Object.entries(extra)) writeFileSync(join(other, name), text);
    await withHub({ dir: other });
    await expect(studio.installs.install({ repo })).rejects.toMatchObject({ code: expect.stringMatching(/CONFIG_INVALID|HUB_INVALID/) });
    expect(hub.asked.some(({ path }) => path.endsWith('.safetensors'))).toBe(false);
  });

  it('names that lead out of the folder are never written', async () => {
    await withHub({ extra: { '../../evil.json': Buffer.from('x'), 'a/b.safetensors': Buffer.from('x'), '.npmrc': Buffer.from('x'), 'modeling_ovis.py': Buffer.from('x') } });
    const { files } = await studio.installs.plan({ repo });
    expect(files.map(({ name }) => name).filter((name) => /evil|\/|npmrc|py$/.test(name))).toEqual([]);
  });
});
