import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { EngineHost, type EngineHostOptions } from '../../main/engine/host.ts';
import { spawnNode, type SpawnNodeOptions } from '../../main/engine/spawnNode.ts';
import type { GenerateRequest, ProgressEvent } from '../../main/engine/protocol.ts';
import type { Failure } from '../../main/errors.ts';

const entry = join(import.meta.dirname, '../helpers/fakeEngineEntry.ts');
let dir: string;
let host: EngineHost;

beforeAll(() => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-host-'));
  mkdirSync(join(dir, 'broken'));
});
afterAll(() => rmSync(dir, { recursive: true }));
afterEach(() => host.dispose());

function start(options: EngineHostOptions = {}, spawn: SpawnNodeOptions = {}): EngineHost {
  host = new EngineHost({ spawn: spawnNode({ entry, ...spawn }), restartDelaysMs: [0, 50], shutdownGraceMs: 1000, ...options });
  return host;
}

const draw = (prompt: string, more: Partial<GenerateRequest> = {}): GenerateRequest => ({ kind: 'textToImage', prompt, ...more }) as GenerateRequest;

async function failure(promise: Promise<unknown>): Promise<Failure> {
  const error: unknown = await promise.then(() => { throw new Error('expected a failure'); }, (reason: unknown) => reason);
  expect(error).toMatchObject({ name: 'StudioError' });
  return error as Failure;
}

/** The puppet reports its process id as weightBytes. */
const pid = async (): Promise<number> => (await host.info()).weightBytes;

describe('a request', () => {
  it('loads, reports progress and previews, and returns pixels as bytes', async () => {
    start();
    const info = await host.load(dir, { threads: 1, precision: 'int8' });
    expect(info).toMatchObject({ dir, name: 'puppet', reproduce: { precision: 'int8', threads: 1 } });
    const events: ProgressEvent[] = [];
    const result = await host.generate(draw('a cube', { steps: 3, seed: 9, previewEvery: 1 }), { onEvent: (event) => events.push(event) });
    expect(result.image.data).toBeInstanceOf(Uint8Array);
    expect(result).toMatchObject({ seed: 9, steps: 3, image: { width: 16, height: 16 } });
    expect(events.map((event) => event.type)).toEqual(['stage', 'step', 'preview', 'step', 'preview', 'step', 'preview']);
    expect(events.filter((event) => event.type === 'step').at(-1)).toEqual({ type: 'step', step: 3, steps: 3, stepMs: 1, leftMs: 0 });
  });

  it('carries a picture there and back unchanged', async () => {
    start();
    await host.load(dir);
    const image = { width: 64, height: 33, data: Uint8Array.from({ length: 64 * 33 * 3 }, (_, i) => (i * 7) & 255) };
    const result = await host.generate(draw('edit', { kind: 'edit', image }));
    expect(result.image).toEqual(image);
  });

  it('streams the tokens of an answer in order', async () => {
    start();
    await host.load(dir);
    const tokens: string[] = [];
    const answer = await host.understand({ prompt: 'what?', images: [] }, { onEvent: (event) => event.type === 'token' && tokens.push(event.text) });
    expect(tokens.join('')).toBe(answer.text);
    expect(answer).toMatchObject({ tokens: 5, stopReason: 'eos' });
  });

  it('waits for the one before it', async () => {
    start();
    await host.load(dir);
    const done: string[] = [];
    await Promise.all([
      host.generate(draw('slow')).then(() => done.push('first')),
      host.generate(draw('quick', { steps: 1 })).then(() => done.push('second')),
    ]);
    expect(done).toEqual(['first', 'second']);
  });

  it('without a model says MODEL_MISSING', async () => {
    start();
    expect(await failure(host.generate(draw('a cube')))).toMatchObject({ code: 'MODEL_MISSING' });
    expect(await failure(host.load(join(dir, 'nowhere')))).toMatchObject({ code: 'MODEL_MISSING', details: { dir: join(dir, 'nowhere') } });
  });

  it.each([
    ['NaN guidance', { txtCfg: Number.NaN }, 'txtCfg'],
    ['infinite steps', { steps: Infinity }, 'steps'],
    ['a misspelt field', { step: 5 }, ''],
    ['a picture whose bytes do not fit', { kind: 'edit', image: { width: 2, height: 2, data: new Uint8Array(5) } }, 'image'],
    ['an unknown kind', { kind: 'sing' }, 'kind'],
  ])('with %s is refused by name', async (_name, more, field) => {
    start();
    await host.load(dir);
    const error = await failure(host.generate(draw('a cube', more as Partial<GenerateRequest>)));
    expect(error).toMatchObject({ code: 'REQUEST_INVALID', details: { field } });
    expect((await host.generate(draw('next'))).steps).toBe(3);
  });
});

describe('a crash', () => {
  it.each([
    ['abort', { code: 'ENGINE_CRASHED', retryable: true, details: { reason: 'aborted', signal: 'SIGABRT' } }],
    ['sigkill', { code: 'ENGINE_CRASHED', retryable: true, details: { signal: 'SIGKILL' } }],
    ['exit', { code: 'ENGINE_CRASHED', retryable: true, details: { reason: 'exited', exitCode: 3, signal: null } }],
    ['throw later', { code: 'ENGINE_CRASHED', details: { reason: 'exited', exitCode: 1, stderrTail: expect.stringContaining('thrown outside of any call') } }],
    ['bad_alloc', { code: 'OUT_OF_MEMORY', retryable: true, details: { reason: 'outOfMemory', signal: 'SIGABRT' } }],
    ['heap', { code: 'OUT_OF_MEMORY', details: { reason: 'outOfMemory' } }],
    ['card out of memory', { code: 'OUT_OF_MEMORY', retryable: true, details: { reason: 'outOfMemory', device: 'card' } }],
    ['nonsense message', { code: 'IPC_INVALID' }],
    ['nonsense text', { code: 'IPC_INVALID' }],
    ['malformed result', { code: 'IPC_INVALID', details: { field: 'image' } }],
    ['bare error', { code: 'INTERNAL' }],
    ['out of memory', { code: 'OUT_OF_MEMORY' }],
  ])('by %s is a typed error, and the next request works', async (how, expected) => {
    start({}, { execArgv: ['--max-old-space-size=48'] });
    await host.load(dir);
    expect(await failure(host.generate(draw(how)))).toMatchObject(expected);
    expect((await host.generate(draw('a cube'))).steps).toBe(3);
  });

  it('while loading leaves the wish standing', async () => {
    const env: NodeJS.ProcessEnv = { ...process.env, FAKE_ENGINE_LOAD: 'abort' };
    start({}, { env });
    expect(await failure(host.load(dir))).toMatchObject({ code: 'ENGINE_CRASHED' });
    env['FAKE_ENGINE_LOAD'] = '';
    expect((await host.generate(draw('a cube'))).steps).toBe(3);
  });

  it('at the start, and silence at the start, are told apart', async () => {
    start({}, { env: { ...process.env, FAKE_ENGINE: 'dies at start' } });
    expect(await failure(host.load(dir))).toMatchObject({ code: 'ENGINE_CRASHED', details: { exitCode: 7 } });
    await host.dispose();
    start({ startTimeoutMs: 300 }, { env: { ...process.env, FAKE_ENGINE: 'silent' } });
    expect(await failure(host.load(dir))).toMatchObject({ code: 'ENGINE_CRASHED', details: { reason: 'silent' } });
  });

  it('again and again backs off', async () => {
    start({ restartDelaysMs: [0, 400] });
    await host.load(dir);
    await failure(host.generate(draw('exit')));
    await failure(host.generate(draw('exit')));
    await failure(host.generate(draw('exit')));
    const before = Date.now();
    await host.generate(draw('a cube'));
    expect(Date.now() - before).toBeGreaterThan(300);
  });

  it('fails the running request only; the waiting one is run', async () => {
    start();
    await host.load(dir);
    const [first, second] = await Promise.allSettled([host.generate(draw('sigkill')), host.generate(draw('a cube'))]);
    expect([first?.status, second?.status]).toEqual(['rejected', 'fulfilled']);
  });
});

describe('a bad checkpoint', () => {
  it('is a typed error, the process lives, and nothing stays loaded', async () => {
    start();
    await host.load(dir);
    const before = await pid();
    expect(await failure(host.load(join(dir, 'broken')))).toMatchObject({ code: 'CONFIG_INVALID', details: { from: 'fake' } });
    expect(await failure(host.generate(draw('a cube')))).toMatchObject({ code: 'MODEL_MISSING' });
    await host.load(dir);
    expect(await pid()).toBe(before);
  });
});

describe('cancel', () => {
  it('ends a run between steps, in the same process', async () => {
    start();
    await host.load(dir);
    const before = await pid();
    const abort = new AbortController();
    const run = host.generate(draw('slow', { steps: 1000 }), { signal: abort.signal, onEvent: (event) => event.type === 'step' && event.step === 2 && abort.abort() });
    expect(await failure(run)).toMatchObject({ code: 'CANCELLED' });
    expect(await pid()).toBe(before);
  });

  it('kills a step that does not end within the grace', async () => {
    start({ cancelGraceMs: 200 });
    await host.load(dir);
    const before = await pid();
    const abort = new AbortController();
    const run = host.generate(draw('hang'), { signal: abort.signal });
    setTimeout(() => abort.abort(), 100);
    expect(await failure(run)).toMatchObject({ code: 'CANCELLED', details: { forced: true } });
    expect(await pid()).not.toBe(before);
  });

  it('frees a waiting request at once', async () => {
    start();
    await host.load(dir);
    const running = host.generate(draw('slow', { steps: 10 }));
    const abort = new AbortController();
    const waiting = host.generate(draw('a cube'), { signal: abort.signal });
    abort.abort();
    expect(await failure(waiting)).toMatchObject({ code: 'CANCELLED' });
    expect((await running).steps).toBe(10);
  });
});

describe('the end', () => {
  it('comes by itself when idle, and the next request starts anew', async () => {
    start({ idleTimeoutMs: 100 });
    await host.load(dir);
    const before = await pid();
    await new Promise((resolve) => setTimeout(resolve, 600));
    expect(() => process.kill(before, 0)).toThrow();
    expect((await host.generate(draw('a cube'))).steps).toBe(3);
    expect(await pid()).not.toBe(before);
  });

  it('unload frees the model and keeps the process', async () => {
    start();
    await host.load(dir);
    await host.unload();
    expect(await failure(host.info())).toMatchObject({ code: 'MODEL_MISSING' });
  });

  it('dispose ends a hanging process and what waits behind it', async () => {
    start({ shutdownGraceMs: 200 });
    await host.load(dir);
    const settled = Promise.allSettled([failure(host.generate(draw('hang'))), failure(host.generate(draw('a cube')))]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    await host.dispose();
    for (const outcome of await settled) expect(outcome).toMatchObject({ status: 'fulfilled', value: { code: 'CANCELLED' } });
    expect(await failure(host.load(dir))).toMatchObject({ code: 'CANCELLED' });
  });
});
