/** A whole studio with real services and a puppet in place of the engine, over the loopback host. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createORPCClient } from '@orpc/client';
import { RPCLink } from '@orpc/client/websocket';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { failureOf, type Failure } from '../../preload/contract/errors.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { openParts } from '../../main/parts.ts';
import { openStudio, type Studio } from '../../main/studio.ts';
import { startLoopback, type Loopback } from '../../main/transport/loopback.ts';
import { readPngText, writePngText } from '../../main/imaging/pngText.ts';
import type { StudioClient } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const entry = join(import.meta.dirname, '../helpers/fakeEngineEntry.ts');
const png = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
const absentId = '00000000-0000-4000-8000-000000000000';

let dir: string;
let studio: Studio;
let host: Loopback;
let client: StudioClient;
let socket: WebSocket;

async function open(): Promise<void> {
  const dataDir = join(dir, 'data');
  const builtInDir = join(dir, 'toybox');
  mkdirSync(builtInDir, { recursive: true });
  writeFileSync(join(builtInDir, 'config.json'), '{}');
  writeFileSync(join(builtInDir, 'model.safetensors'), 'weights');
  writeFileSync(join(builtInDir, 'studio.json'), JSON.stringify({ contextImages: 2, sizes: [[64, 64]], steps: 4, txtCfg: 3, imgCfg: 1.2, tasks: { inpaint: { template: 'x {prompt}', fill: 'grey' } } }));
  studio = await openStudio({ dataDir, builtInDir, version: '1.2.3', host: 'browser', spawn: spawnNode({ entry }), openParts, examplesDir: join(import.meta.dirname, '../../resources/app/examples') });
  host = await startLoopback({ handler: studio.handler, resources: studio.resources, pageDir: dir });
  socket = new WebSocket(`${host.origin.replace('http', 'ws')}/rpc`, { headers: { authorization: `Bearer ${host.secret}` } });
  client = createORPCClient(new RPCLink({ websocket: socket as never }));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
}

async function close(): Promise<void> {
  socket.close();
  await host.close();
  await studio.close();
}

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-studio-'));
  await open();
});
afterEach(async () => {
  await close();
  rmSync(dir, { recursive: true, force: true });
});

async function failure(promise: Promise<unknown>): Promise<Failure> {
  return failureOf(await promise.then(() => { throw new Error('expected a failure'); }, (error: unknown) => error));
}

const upload = (bytes: Uint8Array): ReturnType<StudioClient['assets']['upload']> => client.assets.upload({ file: new Blob([new Uint8Array(bytes)]) });

async function ended(jobId: string): Promise<string> {
  let state = '';
  for await (const event of await client.jobs.follow({ jobId })) if (event.type === 'job') state = event.job.state;
  return state;
}

describe('settings', () => {
  it('are told, kept, and read back', async () => {
    const stream = await client.events.watch({});
    await stream.next();
    await client.system.changeSettings({ theme: 'dark', idleUnloadMinutes: 0 });
    let event: StudioEvent | undefined;
    do event = (await stream.next()).value as StudioEvent; while (event.type !== 'settings');
    expect(event.settings).toMatchObject({ theme: 'dark', idleUnloadMinutes: 0 });
    await stream.return?.(undefined);
    await close();
    await open();
    expect(await client.system.settings()).toMatchObject({ theme: 'dark' });
  });

  it('lose only the field that cannot be read', async () => {
    await close();
    writeFileSync(join(dir, 'data/settings.json'), '{"theme":"pink","trashDays":7}');
    await open();
    expect(await client.system.settings()).toMatchObject({ theme: 'system', trashDays: 7 });
    await close();
    writeFileSync(join(dir, 'data/settings.json'), '{"theme":');
    await open();
    expect(await client.system.settings()).toMatchObject({ theme: 'system', trashDays: 30 });
    expect(readFileSync(join(dir, 'data/settings.json.unreadable'), 'utf8')).toBe('{"theme":');
  });
});

describe('the studio', () => {
  it('tells what it is, without secrets in its diagnostics', async () => {
    expect(await client.system.info()).toMatchObject({ version: '1.2.3', host: 'browser', dataDir: join(dir, 'data'), outboundRequests: 0 });
    await client.system.changeSettings({ keys: { run: 'Ctrl+Enter' } });
    const { text, logFile } = await client.system.diagnostics();
    expect(text).toContain('1.2.3');
    expect(text).not.toContain('Ctrl+Enter');
    expect(text).not.toContain(host.secret);
    expect(logFile).toBe(join(dir, 'data/logs/studio.log'));
  });

  it('holds its data folder alone', async () => {
    const second = openStudio({ dataDir: join(dir, 'data'), builtInDir: dir, version: '1', host: 'browser', spawn: spawnNode({ entry }), openParts });
    await expect(second).rejects.toMatchObject({ code: 'DATA_IN_USE' });
    expect(await client.gallery.counts()).toMatchObject({ all: 0 });
  });

  it('tells a page that its history was damaged, and makes the rows again', async () => {
    expect(await client.system.notices()).toEqual([]);
    await client.gallery.import({ files: [{ hash: (await client.assets.upload({ file: new Blob([png]) })).hash, name: 'dot.png' }] });
    await close();
    writeFileSync(join(dir, 'data', 'history.db'), 'not a database any more '.repeat(500));
    await open();
    const [notice] = await client.system.notices();
    expect(notice).toMatchObject({ code: 'DB_CORRUPT', details: { setAside: expect.stringContaining('history-damaged-') } });
    await vi.waitFor(async () => expect((await client.gallery.search({})).items).toHaveLength(1), 10_000);
  });

  it('lists models, takes folders in, and says what is wrong with them', async () => {
    expect(await client.models.list()).toMatchObject([
      { id: 'toybox', builtIn: true, state: 'ready', inUse: true, bytes: 7, contextImages: 2, sizes: [[64, 64]], defaults: { steps: 4, txtCfg: 3, imgCfg: 1.2 }, tasks: [{ name: 'inpaint', experimental: false }] },
      { id: 'aidc-ai--ovis-u1-3b', builtIn: false, state: 'absent', source: { repo: 'AIDC-AI/Ovis-U1-3B' } },
    ]);
    expect(await failure(client.models.importFolder({ dir: join(dir, 'absent') }))).toMatchObject({ code: 'MODEL_MISSING' });
    expect(await failure(client.models.importFolder({ dir: join(dir, 'data') }))).toMatchObject({ code: 'MODEL_MISSING' });
    mkdirSync(join(dir, 'other'));
    writeFileSync(join(dir, 'other/config.json'), '{}');
    writeFileSync(join(dir, 'other/a.safetensors'), 'aa');
    expect(await failure(client.models.importFolder({ dir: join(dir, 'other') }))).toMatchObject({ code: 'CONFIG_INVALID' });
    writeFileSync(join(dir, 'other/config.json'), '{"llm_config":{},"visual_tokenizer_config":{},"visual_generator_config":{}}');
    const taken = await client.models.importFolder({ dir: join(dir, 'other') });
    expect(taken).toMatchObject({ name: 'other', builtIn: false, state: 'ready', bytes: 2 });
    await client.models.importFolder({ dir: join(dir, 'other') });
    await close();
    await open();
    expect((await client.models.list()).map(({ id }) => id)).toEqual(['toybox', taken.id, 'aidc-ai--ovis-u1-3b']);
    rmSync(join(dir, 'other'), { recursive: true });
    expect((await client.models.list())[1]).toMatchObject({ state: 'absent', failure: { code: 'MODEL_MISSING' } });
    await client.models.forget({ modelId: taken.id });
    expect(await client.models.list()).toHaveLength(2);
  });
});

describe('the canvas document', () => {
  it('is written by one page, comes back after a restart, and refuses what does not follow', async () => {
    const [project] = await client.projects.list();
    const projectId = project?.id ?? '';
    const [one, two] = ['00000000-0000-4000-8000-00000000000a', '00000000-0000-4000-8000-00000000000b'];
    const entry = (seq: number) => ({ seq, text: `{"seq":${seq}}` });
    expect(await client.canvas.open({ projectId })).toEqual({ projectId, snapshot: null, entries: [], seq: 0, staged: [] });
    await client.projects.open({ id: projectId, pageId: one });
    expect(await client.canvas.append({ projectId, pageId: one, entries: [entry(1), entry(2)] })).toEqual({ seq: 2 });
    expect(await failure(client.canvas.append({ projectId, pageId: two, entries: [entry(3)] }))).toMatchObject({ code: 'PROJECT_LOCKED', details: { projectId, writer: one } });
    expect(await failure(client.canvas.snapshot({ projectId, pageId: two, seq: 2, text: '{}' }))).toMatchObject({ code: 'PROJECT_LOCKED' });
    expect(await failure(client.canvas.append({ projectId, pageId: one, entries: [entry(5)] }))).toMatchObject({ code: 'REQUEST_INVALID', details: { expected: 3, received: 5 } });
    expect(await client.canvas.snapshot({ projectId, pageId: one, seq: 1, text: '{"upTo":1}' })).toEqual({ seq: 1 });
    await close();
    await open();
    expect(await client.canvas.open({ projectId })).toMatchObject({ snapshot: { seq: 1, text: '{"upTo":1}' }, entries: [entry(2)], seq: 2 });
    // The page that was there goes on as if nothing had happened; another one has to take over.
    expect(await client.canvas.append({ projectId, pageId: one, entries: [entry(2), entry(3)] })).toEqual({ seq: 3 });
    expect(await failure(client.canvas.append({ projectId, pageId: two, entries: [entry(4)] }))).toMatchObject({ code: 'PROJECT_LOCKED' });
    await client.projects.open({ id: projectId, pageId: two, takeOver: true });
    expect(await client.canvas.append({ projectId, pageId: two, entries: [entry(4)] })).toEqual({ seq: 4 });
    expect(await failure(client.canvas.append({ projectId, pageId: one, entries: [entry(5)] }))).toMatchObject({ code: 'PROJECT_LOCKED', details: { writer: two } });
    const large = (seq: number) => ({ seq, text: JSON.stringify({ a: 'x'.repeat(15_000_000) }) });
    expect(await failure(client.canvas.append({ projectId, pageId: two, entries: [large(5), large(6), large(7)] }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failure(client.canvas.open({ projectId: absentId }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a picture', () => {
  it('is drawn, kept, searched for, and drawn again from its own parameters', async () => {
    const [job] = await client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'a red cube', steps: 2, seed: 9 }] });
    expect(await ended(job?.id ?? '')).toBe('done');
    const { items } = await client.gallery.search({ filter: { text: 'cube' } });
    expect(items).toMatchObject([{ title: 'a red cube', seed: 9, task: 'textToImage' }]);
    const id = items[0]?.id ?? '';
    expect((await client.gallery.recall({ id })).request).toMatchObject({ kind: 'textToImage', prompt: 'a red cube', seed: 9 });
    const file = await client.gallery.export({ id, format: 'png' });
    const again = await upload(new Uint8Array(await file.arrayBuffer()));
    expect(await client.assets.parameters({ hash: again.hash })).toMatchObject({ source: 'studio', request: { prompt: 'a red cube', seed: 9 } });
    expect(await client.system.engine()).toMatchObject({ state: 'ready', modelId: 'toybox', pid: expect.any(Number) });
  });

  it('leaves as a file of each kind, with its parameters or without', async () => {
    const [job] = await client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'a <red> cube & "more" ü', steps: 2, seed: 9, txtCfg: 4 }] });
    expect(await ended(job?.id ?? '')).toBe('done');
    const id = (await client.gallery.search({})).items[0]?.id ?? '';
    const stored = await client.gallery.get({ id });
    const bytesOf = async (format: 'png' | 'jpeg' | 'webp', withParameters?: boolean): Promise<Buffer> => {
      const blob = await client.gallery.export({ id, format, ...(withParameters === undefined ? {} : { withParameters }) });
      expect(blob.type).toBe(`image/${format}`);
      return Buffer.from(await blob.arrayBuffer());
    };
    const whole = await bytesOf('png');
    expect(readPngText(whole, 'parameters')).toMatch(/^a <red> cube & "more" ü\nSteps: 2, Sampler: Euler, CFG scale: 4, Seed: 9, Size: 16x16, Model hash: .*, Model: Toybox, Version: Ovis Studio/i);
    expect(readPngText(whole, 'XML:com.adobe.xmp')).toContain('a &lt;red&gt; cube &amp; "more" ü');
    const bare = await bytesOf('png', false);
    for (const keyword of ['parameters', 'ovis-studio', 'XML:com.adobe.xmp']) expect(readPngText(bare, keyword)).toBeUndefined();
    for (const format of ['jpeg', 'webp'] as const) {
      expect((await bytesOf(format)).includes('a &lt;red&gt; cube')).toBe(true);
      expect((await bytesOf(format, false)).includes('cube')).toBe(false);
      expect((await upload(await bytesOf(format))).width).toBe(stored.width);
    }
  });

  it('is brought in with what it says of itself', async () => {
    const own = writePngText(png, 'ovis-studio', JSON.stringify({ request: { kind: 'textToImage', prompt: 'from elsewhere', seed: 3 } }));
    const others = writePngText(png, 'parameters', 'a cat\nSteps: 20, Seed: 1');
    const broken = writePngText(png, 'ovis-studio', '{"request":{"kind":"unknown"}}');
    const [a, b, c] = await Promise.all([upload(own), upload(others), upload(broken)]);
    expect(await client.assets.parameters({ hash: b.hash })).toMatchObject({ source: 'a1111', request: null, text: 'a cat\nSteps: 20, Seed: 1' });
    expect(await client.assets.parameters({ hash: c.hash })).toMatchObject({ source: 'studio', request: null });
    const rows = await client.gallery.import({ files: [{ hash: a.hash, name: 'own.png' }, { hash: b.hash, name: 'cat.png' }] });
    expect(rows).toMatchObject([{ prompt: 'from elsewhere', fileName: 'own.png', task: 'import' }, { prompt: '', fileName: 'cat.png' }]);
    expect(await failure(client.gallery.recall({ id: rows[1]?.id ?? '' }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(client.gallery.import({ files: [{ hash: '0'.repeat(64), name: 'x' }] }))).toMatchObject({ code: 'ASSET_MISSING' });
    expect(await failure(upload(Buffer.from('<svg/>')))).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('comes by the folder, the unreadable ones named', async () => {
    mkdirSync(join(dir, 'folder/sub.png'), { recursive: true });
    writeFileSync(join(dir, 'folder/a.png'), png);
    writeFileSync(join(dir, 'folder/b.JPG'), 'no picture');
    writeFileSync(join(dir, 'folder/c.txt'), 'no picture either');
    expect(await client.gallery.importFolder({ dir: join(dir, 'folder') })).toMatchObject({ imported: 1, skipped: [{ name: 'b.JPG' }, { name: 'sub.png' }] });
    expect(await failure(client.gallery.importFolder({ dir: join(dir, 'absent') }))).toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('goes to the trash, comes back, and goes for ever', async () => {
    const { hash } = await upload(png);
    const [row] = await client.gallery.import({ files: [{ hash, name: 'a.png' }] });
    const ids = [row?.id ?? ''];
    await client.gallery.star({ ids, starred: true });
    await client.gallery.tag({ ids, add: ['blue'], remove: [] });
    await client.gallery.note({ id: ids[0] ?? '', note: 'a note' });
    expect(await client.gallery.get({ id: ids[0] ?? '' })).toMatchObject({ starred: true, tags: ['blue'], note: 'a note' });
    await client.gallery.trash({ ids });
    expect((await client.gallery.search({})).items).toEqual([]);
    await client.gallery.restore({ ids });
    expect((await client.gallery.search({})).items).toHaveLength(1);
    await client.gallery.trash({ ids });
    expect(await client.gallery.purge({})).toMatchObject({ rows: 1 });
    expect(await failure(client.gallery.get({ id: ids[0] ?? '' }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a chat', () => {
  it('is titled by its first question, remembers what was said, and takes one question at a time', async () => {
    const { hash } = await upload(png);
    const chat = await client.ask.create({ images: [hash] });
    const first = await client.ask.send({ chatId: chat.id, text: 'What is this?\nIn one word.' });
    expect(await failure(client.ask.send({ chatId: chat.id, text: 'And now?' }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await ended(first.job.id)).toBe('done');
    const after = await client.ask.get({ id: chat.id });
    expect(after).toMatchObject({ title: 'What is this?', questions: 1, turns: [{ role: 'user' }, { role: 'assistant', state: 'done', jobId: first.job.id }] });
    expect(after.turns[1]?.text).not.toBe('');
    const second = await client.ask.send({ chatId: chat.id, text: 'Are you sure?' });
    expect(second.job.request).toMatchObject({ kind: 'understand', images: [hash], history: [{ role: 'user' }, { role: 'assistant', text: after.turns[1]?.text }] });
    expect(await ended(second.job.id)).toBe('done');
    await client.ask.delete({ id: chat.id });
    expect(await failure(client.ask.get({ id: chat.id }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('a project', () => {
  it('is written by one page, read by others, and can be taken over', async () => {
    const { id } = await client.projects.create({ name: 'Harbour' });
    const [one, two] = ['00000000-0000-4000-8000-000000000001', '00000000-0000-4000-8000-000000000002'];
    expect(await client.projects.open({ id, pageId: one })).toMatchObject({ access: 'write' });
    expect(await client.projects.open({ id, pageId: two })).toMatchObject({ access: 'read', writer: one });
    const stream = await client.events.watch({});
    await stream.next();
    expect(await client.projects.open({ id, pageId: two, takeOver: true })).toMatchObject({ access: 'write' });
    let event: StudioEvent | undefined;
    do event = (await stream.next()).value as StudioEvent; while (event.type !== 'projectLost');
    expect(event).toMatchObject({ projectId: id, toPage: two });
    await stream.return?.(undefined);
    await client.projects.close({ id, pageId: one });
    expect(await client.projects.open({ id, pageId: one })).toMatchObject({ access: 'read' });
    await client.projects.close({ id, pageId: two });
    expect(await client.projects.open({ id, pageId: one })).toMatchObject({ access: 'write' });
    expect(await client.projects.rename({ id, name: 'Port' })).toMatchObject({ name: 'Port' });
    await client.projects.delete({ id });
    expect(await client.projects.list()).toMatchObject([{ name: 'Untitled' }]);
    expect(await client.projects.trashed()).toMatchObject([{ id, name: 'Port' }]);
    // The last one makes room for an empty one.
    await client.projects.delete({ id: (await client.projects.list())[0]?.id ?? '' });
    expect(await client.projects.list()).toMatchObject([{ name: 'Untitled', generations: 0 }]);
    expect(await client.projects.restore({ id })).toMatchObject({ name: 'Port' });
    expect(await failure(client.projects.restore({ id }))).toMatchObject({ code: 'NOT_FOUND' });
    expect(await failure(client.projects.open({ id: absentId, pageId: one }))).toMatchObject({ code: 'NOT_FOUND' });
  });
});

it('offers starts that the contract accepts, with pictures of the model\'s size', async () => {
  const starts = await client.examples.list();
  expect(starts.map(({ place }) => place)).toEqual(['create', 'edit', 'ask']);
  for (const { image } of starts) expect(await client.assets.info({ hash: image ?? '' })).toMatchObject({ width: 128, height: 128 });
  expect(starts[1]?.request).toMatchObject({ kind: 'edit', image: starts[1]?.image });
  await client.jobs.submit({ requests: starts.flatMap(({ request }) => (request ? [request] : [])) });
});
