import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { startHub, type FakeHub } from '../../../test/helpers/hub.ts';
import { spawnNode } from '../../engine/spawnNode.ts';
import { Imaging } from '../../imaging/imaging.ts';
import { runStudio } from '../studio.ts';

const golden = join(import.meta.dirname, '../../../test/fixtures/golden/dev_a');
let dir: string;
let hub: FakeHub;

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-models-'));
  hub = await startHub({ dir: golden });
  vi.stubEnv('HF_ENDPOINT', '');
  vi.stubEnv('HF_TOKEN', '');
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await hub.close();
  rmSync(dir, { recursive: true, force: true });
});

async function models(args: readonly string[], interruptAfter?: string): Promise<{ code: number; out: string; err: string }> {
  let [out, err] = ['', ''];
  let interrupt: (() => void) | undefined;
  const code = await runStudio(['models', ...args, '--data', dir, '--endpoint', hub.endpoint], {
    stdout: { write: (text) => (out += text) },
    stderr: { isTTY: true, write: (text) => { err += text; if (interruptAfter !== undefined && err.includes(interruptAfter)) setTimeout(() => interrupt?.()); } },
    spawn: spawnNode(), imaging: new Imaging(),
    onInterrupt: (listener) => { interrupt = listener; return () => (interrupt = undefined); },
  });
  return { code, out, err };
}

describe('models', () => {
  it('plans, installs, lists, verifies, repairs and removes', async () => {
    const plan = await models(['plan', '--json']);
    expect(JSON.parse(plan.out)).toMatchObject({ modelId: 'aidc-ai--ovis-u1-3b', licence: 'apache-2.0', installed: false });
    expect(readdirSync(dir)).not.toContain('models');
    const text = await models(['plan']);
    expect(text.out).toMatch(/Licence +apache-2.0[^]*On this computer +no/);
    const installed = await models(['install', '--json']);
    expect(installed).toMatchObject({ code: 0 });
    const { dir: at } = JSON.parse(installed.out) as { dir: string };
    expect(readFileSync(join(at, 'config.json'))).toEqual(readFileSync(join(golden, 'config.json')));
    expect(JSON.parse((await models(['list', '--json'])).out)).toMatchObject({ models: [{ id: 'toybox' }, { id: 'aidc-ai--ovis-u1-3b', state: 'ready' }], installs: [] });
    expect((await models(['list'])).out).toContain('aidc-ai--ovis-u1-3b  ready');
    expect(await models(['verify', 'Ovis-U1-3B'])).toMatchObject({ code: 0, out: expect.stringContaining('whole') });
    // Every command takes it by its name.
    let told = '';
    const io = { stdout: { write: (said: string) => (told += said) }, stderr: { write: () => undefined }, spawn: spawnNode(), imaging: new Imaging(), dataDir: dir, onInterrupt: () => () => undefined };
    expect(await runStudio(['info', '--model', 'Ovis-U1-3B', '--json'], io)).toBe(0);
    expect(JSON.parse(told)).toMatchObject({ dir: at });
    writeFileSync(join(at, 'vocab.json'), '{}');
    expect(JSON.parse((await models(['verify', 'AIDC-AI/Ovis-U1-3B', '--json'])).out)).toMatchObject({ code: 'CHECKSUM', details: { files: ['vocab.json'] } });
    expect(await models(['install'])).toMatchObject({ code: 0 });
    expect(await models(['verify', 'aidc-ai--ovis-u1-3b'])).toMatchObject({ code: 0 });
    expect(await models(['remove', 'aidc-ai--ovis-u1-3b'])).toMatchObject({ code: 0 });
    expect(readdirSync(join(dir, 'models'))).toEqual([]);
  });

  it('stops at Ctrl-C with 130 and goes on at the next call', async () => {
    hub.bytesPerSecond = 400_000;
    const stopped = await models(['install'], 'MB/s');
    expect(stopped.code).toBe(130);
    const { installs } = JSON.parse((await models(['list', '--json'])).out) as { installs: { state: string; doneBytes: number }[] };
    expect(installs).toMatchObject([{ state: 'paused', doneBytes: expect.any(Number) }]);
    expect(installs[0]?.doneBytes).toBeGreaterThan(0);
    hub.bytesPerSecond = undefined;
    expect(await models(['install'])).toMatchObject({ code: 0 });
    await expect(models(['cancel', 'aidc-ai--ovis-u1-3b'])).resolves.toMatchObject({ code: 1 });
  });

  it('tells precisions, packs for one with its speed, chooses it for a model, and gives the room back', async () => {
    const told = await models(['precisions', '--json']);
    expect(JSON.parse(told.out)).toMatchObject({ modelId: 'toybox', used: 'fp32', recommended: { precision: 'fp32' } });
    expect(await models(['pack', 'toybox', '--precision', 'q4b128'])).toMatchObject({ code: 0, out: expect.stringMatching(/packed for q4b128: 3\.\d MB from .* GB\/s/), err: expect.stringContaining('Packing') });
    expect(await models(['choose', 'toybox', '--precision', 'q4b128'])).toMatchObject({ code: 0 });
    expect((await models(['precisions', 'Toybox'])).out).toMatch(/q4b128 +3\.\d MB +3\.\d MB .*in use/);
    expect(JSON.parse(readFileSync(join(dir, 'settings.json'), 'utf8'))).toMatchObject({ precisions: { toybox: 'q4b128' }, precision: null });
    expect(JSON.parse((await models(['unpack', 'toybox', '--precision', 'q4b128', '--json'])).out)).toMatchObject({ freedBytes: expect.any(Number) });
    expect(readdirSync(join(dir, 'packed/toybox'))).toEqual([]);
    expect(await models(['choose', 'toybox', '--precision', 'auto'])).toMatchObject({ code: 0 });
    expect(JSON.parse(readFileSync(join(dir, 'settings.json'), 'utf8'))).toMatchObject({ precisions: {} });
  });

  it('packing stops at Ctrl-C with 130', async () => {
    expect(await models(['pack', 'toybox', '--precision', 'int8'], 'Packing')).toMatchObject({ code: 130 });
    expect(await models(['pack', 'toybox', '--precision', 'int8'])).toMatchObject({ code: 0 });
  });

  it.each([
    ['a precision too many', ['list', '--precision', 'q4'], 1, 'takes no --precision'],
    ['no precision', ['pack', 'toybox'], 2, 'Which precision'],
    ['another precision', ['pack', 'toybox', '--precision', 'q3'], 1, 'q3'],
    ['nothing to pack', ['choose', 'nobody', '--precision', 'q4'], 1, 'There is no model'],
    ['no action', [], 2, 'What to do is missing'],
    ['another action', ['sing'], 2, 'models sing is not known'],
    ['no model', ['verify'], 2, 'models verify takes'],
    ['an unknown model', ['remove', 'x'], 1, 'There is no model "x"'],
    ['no repository', ['plan', 'ovis'], 1, 'expected OWNER/NAME'],
    ['a path for a repository', ['plan', '../../etc/passwd'], 1, 'expected OWNER/NAME'],
    ['a repository that is not there', ['plan', 'a/b'], 1, 'NOT_FOUND'],
    ['a revision that is a path', ['plan', '--revision', '../x'], 1, 'expected a branch'],
    ['a folder without a checkpoint', ['import', '/nowhere'], 1, 'MODEL_MISSING'],
  ])('%s', async (_name, args, code, words) => {
    const ran = await models(args);
    expect(ran).toMatchObject({ code, out: '' });
    expect(ran.err).toContain(words);
  });
});
