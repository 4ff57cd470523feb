/** Models as a page has them, over both transports, with the real services and a hub on this machine. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { errorCodeSchema, failureOf, type Failure } from '../../preload/contract/errors.ts';
import type { Install } from '../../preload/contract/models.ts';
import { modelsRoom } from '../../main/models/modelsRoom.ts';
import { openModels, type Models } from '../../main/models/openModels.ts';
import { PlanThread } from '../../main/models/planThread.ts';
import { Packs } from '../../main/models/packs.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import type { Settings, SettingsChange } from '../../preload/contract/system.ts';
import type { Packing } from '../../preload/contract/precisions.ts';
import { startHub, type FakeHub } from '../helpers/hub.ts';
import { absentEngine, defaultSettings, memoryRooms } from '../helpers/memoryRooms.ts';
import { electronTransport, loopbackTransport, type Line, type Transport } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const golden = join(import.meta.dirname, '../fixtures/golden/dev_a');
const repo = 'AIDC-AI/Ovis-U1-3B';
const modelId = 'aidc-ai--ovis-u1-3b';

describe.each([['loopback', loopbackTransport], ['electron', electronTransport]] as const)('models over the %s transport', (_name, openTransport) => {
  let dir: string;
  let hub: FakeHub;
  let opened: Models;
  let transport: Transport;
  let line: Line;
  let chosen: string;
  let plans: PlanThread;
  let packs: Packs;
  const bugs: string[] = [];

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'ovis-models-'));
    chosen = 'toybox';
    hub = await startHub({ dir: golden });
    const memory = memoryRooms();
    const publish = (event: Parameters<typeof memory.events.publish>[0]): void => void memory.events.publish(event);
    opened = await openModels({ dataDir: dir, builtInDir: golden, chosen: () => chosen, publish, timing: { tellMs: 20, segmentBytes: 200_000, firstWaitMs: 5 } });
    const stored: { current: Settings } = { current: defaultSettings };
    const settings = {
      get: () => ({ ...stored.current, modelId: chosen }),
      change: async (change: SettingsChange) => {
        chosen = change.modelId ?? chosen;
        stored.current = { ...stored.current, ...change } as Settings;
        return settings.get();
      },
    };
    plans = new PlanThread(() => null);
    packs = new Packs({ models: opened.models, spawn: spawnNode(), threads: () => 1, tell: (packing) => publish({ type: 'packing', packing }), changed: () => publish({ type: 'models' }) });
    const models = modelsRoom({ ...opened, settings, engine: { status: () => absentEngine, kill: () => undefined }, publish, packs, plans, provider: () => 'cpu' });
    transport = await openTransport({ ...memory.rooms, models }, (failure, call) => bugs.push(`${call}: ${failure.message}`));
    line = await transport.connect();
  });
  afterEach(async () => {
    line.close();
    await transport.close();
    await packs.close();
    await plans.close();
    await opened.installs.close();
    await hub.close();
    rmSync(dir, { recursive: true, force: true });
    expect(bugs.splice(0)).toEqual([]);
  });
  const failure = async (promise: Promise<unknown>): Promise<Failure> => failureOf(await promise.then(() => { throw new Error('expected a failure'); }, (error: unknown) => error));

  it('plan, install with events, verify, remove: the model in use gives way to the built-in one', async () => {
    const { models, events } = line.client;
    expect(await models.changeSource({ endpoint: hub.endpoint })).toMatchObject({ endpoint: hub.endpoint, hasToken: false, modelsDir: join(dir, 'models') });
    const plan = await models.plan({ repo });
    const stream = await events.watch({});
    const begun = await models.install(plan.source);
    expect(begun).toMatchObject({ modelId, bytes: plan.bytes });
    const told: Install[] = [];
    for await (const event of stream) {
      if (event.type === 'install') told.push(event.install);
      if (event.type === 'models') break;
    }
    expect(told.length).toBeGreaterThan(0);
    expect(told.every(({ doneBytes, bytes }) => doneBytes <= bytes)).toBe(true);
    expect(await models.installs()).toEqual([]);
    expect(await failure(models.install(plan.source))).toMatchObject({ code: 'REQUEST_INVALID', details: { reason: 'installed' } });
    expect(await models.verify({ modelId })).toMatchObject({ whole: true });
    expect(await failure(models.resume({ modelId }))).toMatchObject({ code: 'REQUEST_INVALID' });
    writeFileSync(join(dir, 'models', modelId, 'vocab.json'), 'x');
    expect(await models.verify({ modelId })).toMatchObject({ whole: false });
    chosen = modelId;
    await models.remove({ modelId });
    expect(chosen).toBe('toybox');
    expect((await models.list()).find(({ id }) => id === modelId)).toMatchObject({ state: 'absent', source: { repo } });
  });

  it('a token is stored and never told again', async () => {
    const { models } = line.client;
    await models.changeSource({ endpoint: hub.endpoint, token: 'hf_secret' });
    expect(JSON.stringify([await models.source(), await models.list(), await models.installs()])).not.toContain('hf_secret');
    expect(await models.source()).toMatchObject({ hasToken: true });
    expect(await models.changeSource({ token: null })).toMatchObject({ hasToken: false });
  });

  it('precisions: what each takes and costs, one chosen and packed with progress, its pack removed', async () => {
    const { models, events } = line.client;
    const before = await models.precisions({ modelId: 'toybox' });
    expect(before).toMatchObject({ used: 'fp32', own: null, provider: 'cpu', packing: null, recommended: { precision: 'fp32' } });
    expect(before.choices.map(({ precision, ready }) => [precision, ready])).toEqual([['fp32', true], ['fp16', true], ['int8', false], ['q4', false], ['q4b128', false]]);
    const [exact, , int8, q4] = before.choices;
    expect([exact!.packBytes, exact!.error]).toEqual([0, 0]);
    expect(int8!.error).toBeLessThan(q4!.error);
    expect(int8!.memory.oneByOneBytes).toBeLessThanOrEqual(int8!.memory.wholeBytes);
    const stream = await events.watch({});
    await models.choosePrecision({ modelId: 'toybox', precision: 'int8' });
    const told: Packing[] = [];
    for await (const event of stream) {
      if (event.type === 'packing') told.push(event.packing);
      if (event.type === 'models' && (await models.precisions({ modelId: 'toybox' })).packing === null) break;
    }
    expect(told[0]).toMatchObject({ modelId: 'toybox', precision: 'int8', state: 'packing', failure: null });
    expect(told.every(({ doneBytes, totalBytes }) => doneBytes <= totalBytes)).toBe(true);
    const after = await models.precisions({ modelId: 'toybox' });
    expect(after).toMatchObject({ used: 'int8', own: 'int8' });
    const made = after.choices[2]!;
    expect(made.ready).toBe(true);
    expect(made.diskBytes).toBeGreaterThan(int8!.packBytes * 0.9);
    expect(await failure(models.pack({ modelId: 'toybox', precision: 'int8' }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failure(models.pack({ modelId: 'toybox', precision: 'fp32' }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await models.removePack({ modelId: 'toybox', precision: 'int8' })).toEqual({ freedBytes: made.diskBytes });
    expect((await models.precisions({ modelId: 'toybox' })).choices[2]).toMatchObject({ ready: false, diskBytes: 0 });
    await models.choosePrecision({ modelId: 'toybox', precision: null });
    expect(await models.precisions({ modelId: 'toybox' })).toMatchObject({ used: 'fp32', own: null });
  });

  it('packing that is called off keeps what it has; one for another precision takes its place', async () => {
    const { models } = line.client;
    await models.pack({ modelId: 'toybox', precision: 'q4' });
    expect(await models.pack({ modelId: 'toybox', precision: 'int8' })).toMatchObject({ precision: 'int8', state: 'packing' });
    expect((await models.precisions({ modelId: 'toybox' })).packing).toMatchObject({ precision: 'int8' });
    await models.cancelPack({ modelId: 'toybox' });
    expect((await models.precisions({ modelId: 'toybox' })).packing).toBeNull();
    await models.pack({ modelId: 'toybox', precision: 'int8' });
    await packs.ended('toybox');
    expect((await models.precisions({ modelId: 'toybox' })).choices[2]).toMatchObject({ ready: true });
  });

  it('hostile words never leave the machine, nor the folder', async () => {
    const calls = line.client.models as unknown as Record<string, (input: unknown) => Promise<unknown>>;
    await line.client.models.changeSource({ endpoint: hub.endpoint });
    const words = ['../../etc', '..', '', 'a', 'a/b/c', 'a/..', '/a/b', 'a/b?x=1', 'a/b#', 'a\\b', 'a/b\0', 'a/b\n', 'A'.repeat(300), '%2e%2e/x', 'http://x/y', '{}', '\ud800/b'];
    for (const word of words) {
      for (const [call, input] of [
        ['plan', { repo: word }], ['install', { repo: word }], ['plan', { repo, revision: `../${word}` }], ['plan', { repo, endpoint: word }], ['plan', { repo, endpoint: `file:///${word}` }],
        ['pause', { modelId: word }], ['resume', { modelId: word }], ['cancel', { modelId: word }], ['remove', { modelId: word }], ['verify', { modelId: word }],
        ['precisions', { modelId: word }], ['choosePrecision', { modelId: word, precision: 'q4' }], ['choosePrecision', { modelId: word, precision: null }], ['pack', { modelId: word, precision: 'int8' }],
        ['removePack', { modelId: word, precision: 'int8' }], ['choosePrecision', { modelId: 'toybox', precision: word }], ['pack', { modelId: 'toybox', precision: word }], ['changeSource', { token: `${word} \n` }],
      ] as const) {
        const { code } = await failure(calls[call]!(input));
        expect(errorCodeSchema.safeParse(code).success && code !== 'INTERNAL', `${call} ${JSON.stringify(input)}: ${code}`).toBe(true);
      }
    }
    expect(hub.asked).toEqual([]);
  });
});
