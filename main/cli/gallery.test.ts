/** The command line and the gallery: of a studio that runs, of one that does not, of one that cannot be reached. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import type { Caller } from '../services.ts';
import { openLibrary } from '../assets/library.ts';
import { spawnNode } from '../engine/spawnNode.ts';
import { Imaging } from '../imaging/imaging.ts';
import { readPngText } from '../imaging/pngText.ts';
import { openParts } from '../parts.ts';
import { openStudio, type Studio, type StudioParts } from '../studio.ts';
import { startLoopback, type Loopback } from '../transport/loopback.ts';
import { announce } from '../transport/running.ts';
import { runStudio } from './studio.ts';

const spawn = spawnNode({ entry: join(import.meta.dirname, '../../test/helpers/fakeEngineEntry.ts') });
const nobody: Caller = { signal: undefined };
let dir: string;
let data: string;
let imaging: Imaging;
const closing: (() => Promise<void>)[] = [];

beforeEach(async () => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-cli-gallery-'));
  data = join(dir, 'data');
  imaging = new Imaging();
  closing.push(() => imaging.close());
  await sharp({ create: { width: 48, height: 32, channels: 3, background: '#c03020' } }).png().toFile(join(dir, 'source.png'));
  await sharp({ create: { width: 48, height: 32, channels: 3, background: '#000' } })
    .composite([{ input: { create: { width: 16, height: 16, channels: 3, background: '#fff' } }, left: 16, top: 8 }]).png().toFile(join(dir, 'mask.png'));
});
afterEach(async () => {
  for (const close of closing.splice(0).toReversed()) await close();
  rmSync(dir, { recursive: true, force: true });
});

async function type(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  let out = '';
  let err = '';
  const code = await runStudio(argv, { stdout: { write: (text) => (out += text) }, stderr: { write: (text) => (err += text) }, spawn, imaging, dataDir: data, onInterrupt: () => () => undefined });
  return { code, out, err };
}

async function startRunning(): Promise<StudioParts> {
  const builtInDir = join(dir, 'toybox');
  mkdirSync(builtInDir, { recursive: true });
  writeFileSync(join(builtInDir, 'config.json'), '{}');
  writeFileSync(join(builtInDir, 'model.safetensors'), 'weights');
  let parts: StudioParts | undefined;
  const studio: Studio = await openStudio({
    dataDir: data, builtInDir, version: '1.2.3', host: 'browser', spawn, openParts: async (base) => (parts = await openParts(base)),
  });
  closing.push(() => studio.close());
  writeFileSync(join(dir, 'index.html'), '<!doctype html><title>page</title>');
  const host: Loopback = await startLoopback({ handler: studio.handler, api: studio.api, resources: studio.resources, pageDir: dir });
  closing.push(() => host.close());
  const withdraw = announce(data, host);
  closing.push(withdraw);
  if (!parts) throw new Error('no parts');
  return parts;
}

const png = (): string => join(dir, 'out.png');

describe('with a studio that runs', () => {
  it('its queue draws, its gallery shows, and the file holds what restores it', async () => {
    const { history, queue } = await startRunning();
    const ran = await type('generate', 'a red cube', '--out', png(), '--seed', '7', '--steps', '3', '--json', '--quiet');
    expect(ran).toMatchObject({ code: 0, err: '' });
    expect(JSON.parse(ran.out)).toMatchObject({ out: png(), width: 16, height: 16, seed: 7, steps: 3, timingsMs: { denoise: 1 } });
    const { items } = await history.gallery.search({});
    expect(items).toMatchObject([{ title: 'a red cube', seed: 7, task: 'textToImage' }]);
    expect(await queue.jobs.list({}, nobody)).toMatchObject([{ state: 'done', lane: 'foreground' }]);
    expect(JSON.parse(readPngText(readFileSync(png()), 'ovis-studio') ?? '')).toMatchObject({ request: { prompt: 'a red cube', seed: 7, steps: 3 } });
  });

  it('pictures go along as inputs of the row', async () => {
    const { history, assets } = await startRunning();
    expect(await type('inpaint', join(dir, 'source.png'), join(dir, 'mask.png'), 'a ball', '--out', png(), '--quiet')).toMatchObject({ code: 0, err: '' });
    const [item] = (await history.gallery.search({})).items;
    const { parents } = await history.gallery.get({ id: item?.id ?? '' });
    expect(parents.map(({ role }) => role).sort()).toEqual(['mask', 'mask', 'source']);
    const source = parents.find(({ role }) => role === 'source');
    expect(await assets.info(source?.hash ?? '')).toMatchObject({ width: 48, height: 32 });
    const mask = await sharp(Buffer.from(await assets.read(parents.find(({ role }) => role === 'mask')?.hash ?? ''))).greyscale().raw().toBuffer();
    expect([mask[0], mask[48 * 16 + 24]]).toEqual([0, 255]);
  });

  it('a question becomes a chat there', async () => {
    const { history } = await startRunning();
    expect(await type('ask', 'what is it?', join(dir, 'source.png'), '--quiet')).toEqual({ code: 0, out: 'It is a red cube.\n', err: '' });
    const [chat] = await history.chats.list();
    expect(chat).toMatchObject({ title: 'what is it?', questions: 1, images: [expect.any(String)] });
  });

  it('its failures come through typed', async () => {
    await startRunning();
    expect(JSON.parse((await type('generate', 'out of memory', '--out', png(), '--json')).out)).toMatchObject({ code: 'OUT_OF_MEMORY', retryable: false });
    expect((await type('generate', 'a cube', '--out', png(), '--steps', '0', '--json')).code).toBe(1);
  });

  it('settings of the engine are honoured by drawing here, and the picture is handed over', async () => {
    const { history, queue } = await startRunning();
    expect(await type('edit', join(dir, 'source.png'), 'make it blue', '--model', dir, '--threads', '1', '--out', png(), '--quiet')).toMatchObject({ code: 0, err: '' });
    expect(await queue.jobs.list({}, nobody)).toEqual([]);
    const [item] = (await history.gallery.search({})).items;
    expect(await history.gallery.get({ id: item?.id ?? '' })).toMatchObject({ task: 'import', fileName: 'out.png', request: { kind: 'edit', prompt: 'make it blue' } });
  });
});

describe('without one', () => {
  it('the row is written to the data folder, ready to be recalled', async () => {
    expect(await type('edit', join(dir, 'source.png'), 'make it blue', '--model', dir, '--seed', '5', '--out', png(), '--quiet')).toMatchObject({ code: 0, err: '' });
    const library = await openLibrary({ dir: data, imaging });
    closing.push(() => library.close());
    const [item] = (await library.history.gallery.search({})).items;
    const row = await library.history.gallery.get({ id: item?.id ?? '' });
    expect(row).toMatchObject({ task: 'edit', seed: 5, modelName: 'puppet', request: { kind: 'edit', seed: 5 }, parents: [{ role: 'source' }] });
    expect(await library.assets.info(row.parents[0]?.hash ?? '')).toMatchObject({ width: 48 });
    // The very file that was asked for.
    expect(Buffer.from(await library.assets.read(row.hash))).toEqual(readFileSync(png()));
  });

  it('a gallery that another program holds costs the picture nothing', async () => {
    const library = await openLibrary({ dir: data, imaging });
    closing.push(() => library.close());
    const ran = await type('generate', 'a cube', '--model', dir, '--out', png());
    expect(ran).toMatchObject({ code: 0, out: `${png()}\n` });
    expect(ran.err).toContain('Not added to the gallery: ');
    expect(readFileSync(png()).length).toBeGreaterThan(50);
  });

  it('--no-gallery leaves no trace', async () => {
    expect(await type('generate', 'a cube', '--model', dir, '--out', png(), '--no-gallery', '--quiet')).toMatchObject({ code: 0 });
    expect(() => readFileSync(join(data, 'history.db'))).toThrow();
  });
});
