/** Downloads from a hub on this machine that does everything wrong that a hub can do: each ends well, or in a typed failure that one more press repairs. */
import { createHash } from 'node:crypto';
import { appendFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { NewEvent } from '../../preload/contract/events.ts';
import type { Install } from '../../preload/contract/models.ts';
import { openModels, type Models } from '../../main/models/openModels.ts';
import { verifyFolder } from '../../main/models/verify.ts';
import type { Timing } from '../../main/models/timing.ts';
import { startHub, type Fault, type FakeHub, type HubOptions } from '../helpers/hub.ts';

const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
const repo = 'AIDC-AI/Ovis-U1-3B';
const modelId = 'aidc-ai--ovis-u1-3b';
const quick: Partial<Timing> = { stallMs: 300, firstWaitMs: 5, longestWaitMs: 40, attempts: 4, longestRetryAfterMs: 3_000, segmentBytes: 200_000, saveMs: 250, tellMs: 20 };
const signal = new AbortController().signal;
const sumOf = (path: string): string => createHash('sha256').update(readFileSync(path)).digest('hex');

let dir: string;
let hub: FakeHub;
let studio: Models;
let events: NewEvent[];

async function open(timing: Partial<Timing> = quick): Promise<void> {
  studio = await openModels({ dataDir: dir, builtInDir: golden, chosen: () => 'toybox', publish: (event) => events.push(event), timing });
}
async function withHub(options: Partial<HubOptions> = {}): Promise<void> {
  hub = await startHub({ dir: golden, ...options });
  await studio.hub.change({ endpoint: hub.endpoint });
}
/** How it stands once it runs no more; undefined = installed. */
async function settled(): Promise<Install | undefined> {
  return studio.installs.ended(modelId);
}
async function install(): Promise<Install | undefined> {
  await studio.installs.install({ repo });
  return settled();
}
const model = async () => (await studio.models.list()).find(({ id }) => id === modelId);
const whole = (): void => {
  expect(sumOf(join(dir, 'models', modelId, 'model.safetensors'))).toBe(sumOf(join(golden, 'model.safetensors')));
  expect(readdirSync(join(dir, 'models'))).toEqual([modelId]);
};

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-hub-'));
  events = [];
  await open();
});
afterEach(async () => {
  await studio.installs.close();
  await hub?.close();
  rmSync(dir, { recursive: true, force: true });
});

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

describe('a hub that misbehaves and recovers', () => {
  it.each<[string, Fault]>([
    ['drops lines in mid-body', { kind: 'drop', times: 6, after: 60_000 }],
    ['stalls in mid-body', { kind: 'stall', times: 2, after: 30_000 }],
    ['is busy', { kind: 'busy', times: 3 }],
    ['asks for a pause of a second', { kind: 'limit', times: 1, retryAfter: '1' }],
    ['asks for a pause until a date', { kind: 'limit', times: 1, retryAfter: new Date(Date.now() + 1_000).toUTCString() }],
    ['sends wrong bytes once', { kind: 'wrongBytes', times: 15 }],
    ['gives no ranges', { kind: 'noRanges' }],
  ])('%s: the model arrives whole', async (_name, fault) => {
    await withHub();
    hub.faults = [fault];
    expect(await install()).toBeUndefined();
    whole();
  });

  it('honours Retry-After, and says what it waits for', async () => {
    await withHub();
    hub.faults = [{ kind: 'limit', times: 4, retryAfter: '1' }];
    const began = Date.now();
    expect(await install()).toBeUndefined();
    expect(Date.now() - began).toBeGreaterThan(950);
    const waits = events.flatMap((event) => (event.type === 'install' && event.install.state === 'waiting' ? [event.install] : []));
    expect(waits[0]).toMatchObject({ failure: { code: 'HUB_BUSY', details: { status: 429, retryAfterMs: 1000 } }, retryAt: expect.any(Number) });
  });
});

describe('a hub that stays bad ends in a typed failure; one press repairs it', () => {
  it.each<[string, Fault, Record<string, unknown>]>([
    ['drops', { kind: 'drop', after: 0 }, { code: 'NETWORK', retryable: true }],
    ['stalls', { kind: 'stall', after: 0 }, { code: 'NETWORK', details: { reason: 'stalled' } }],
    ['is busy', { kind: 'busy' }, { code: 'HUB_BUSY', details: { status: 503 } }],
    ['asks for too long a pause', { kind: 'limit', retryAfter: '86400' }, { code: 'HUB_BUSY', details: { retryAfterMs: 86_400_000 } }],
    ['sends wrong bytes', { kind: 'wrongBytes' }, { code: 'CHECKSUM', details: { reason: 'hash', file: 'model.safetensors' } }],
    ['sends a truncated file', { kind: 'truncated' }, { code: 'CHECKSUM', details: { reason: 'changed', file: 'model.safetensors' } }],
    ['changes the file in between', { kind: 'changedEtag' }, { code: 'CHECKSUM', details: { reason: 'changed' } }],
    ['wants leave', { kind: 'denied' }, { code: 'HUB_DENIED' }],
    ['has lost the file', { kind: 'absent' }, { code: 'NOT_FOUND' }],
    ['redirects to where nobody goes', { kind: 'plainRedirect' }, { code: 'HUB_INVALID' }],
  ])('%s', async (_name, fault, failure) => {
    await withHub();
    hub.faults = [fault];
    expect(await install()).toMatchObject({ state: 'failed', failure });
    // It says so after a restart, too.
    await studio.installs.close();
    await open();
    expect(studio.installs.list()).toMatchObject([{ state: 'failed', failure }]);
    expect(await model()).toMatchObject({ state: 'absent' });
    hub.faults = [];
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
  });

  it('exchanges the file between two parts: the parts are not mixed', async () => {
    await withHub({ bytesPerSecond: 1_500_000 });
    await studio.installs.install({ repo });
    await expect.poll(() => studio.installs.list()[0]?.doneBytes, { interval: 5 }).toBeGreaterThan(400_000);
    hub.faults = [{ kind: 'changedEtag' }];
    expect(await settled()).toMatchObject({ state: 'failed', failure: { code: 'CHECKSUM', details: { reason: 'changed' } } });
    hub.faults = [];
    hub.bytesPerSecond = undefined;
    await studio.installs.resume(modelId);
    expect(await settled()).toBeUndefined();
    whole();
  });

  it.each<[string, Fault, string]>([
    ['is busy', { kind: 'busy', info: true }, 'HUB_BUSY'],
    ['is gated', { kind: 'denied', info: true }, 'HUB_DENIED'],
    ['knows no such repository', { kind: 'absent', info: true }, 'NOT_FOUND'],
    ['is a log-in page', { kind: 'notJson', info: true }, 'HUB_INVALID'],
    ['redirects in circles', { kind: 'redirectLoop', info: true }, 'HUB_INVALID'],
  ])('%s when asked for a plan', async (_name, fault, code) => {
    await withHub();
    hub.faults = [fault];
    await expect(studio.installs.plan({ repo })).rejects.toMatchObject({ code });
    hub.faults = [];
    await studio.installs.plan({ repo });
  });

  it('is not there at all', async () => {
    await withHub();
    await hub.close();
    await expect(studio.installs.plan({ repo })).rejects.toMatchObject({ code: 'NETWORK', retryable: true, details: { reason: 'ECONNREFUSED' } });
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
