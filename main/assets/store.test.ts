import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, truncateSync, utimesSync, writeFileSync } from 'node:fs';
import { createHash, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeAll, afterAll, describe, expect, it } from 'vitest';
import { newGeneration } from '../../test/helpers/historyRows.ts';
import { seeded } from '../../test/helpers/random.ts';
import { jobRecord } from '../../test/helpers/memoryRooms.ts';
import { Imaging } from '../imaging/imaging.ts';
import { writePngText } from '../imaging/pngText.ts';
import { openLibrary, type Library } from './library.ts';

const imaging = new Imaging();
afterAll(() => imaging.close());

/** PNGs that differ in their first pixel. */
const pictures: Uint8Array[] = [];
beforeAll(async () => {
  for (let i = 0; i < 12; i++) pictures.push(await imaging.encodePng({ width: 8, height: 6, data: new Uint8Array(8 * 6 * 3).fill(i * 20) }, '{}'));
});
const picture = (i: number): Uint8Array => pictures[i] as Uint8Array;
const nameOf = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

const folders: string[] = [];
const opened: Library[] = [];
function temporary(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'ovis-assets-')));
  return folders.at(-1) ?? '';
}
async function open(dir: string, graceMs?: number): Promise<Library> {
  const library = await openLibrary({ dir, imaging, ...(graceMs !== undefined && { graceMs }) });
  opened.push(library);
  return library;
}
afterEach(async () => {
  for (const library of opened.splice(0)) await library.close();
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

/** Every file under a folder of the data folder, as paths from there. */
function filesOf(dir: string, folder: string): string[] {
  const root = join(dir, folder);
  return existsSync(root) ? readdirSync(root, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1)).sort() : [];
}
const pathOf = (dir: string, hash: string): string => join(dir, 'assets', hash.slice(0, 2), `${hash.slice(2)}.png`);

describe('putting and getting', () => {
  it('stores the bytes as they are, under their hash, with a thumbnail', async () => {
    const dir = temporary();
    const { assets } = await open(dir);
    const info = await assets.put(picture(0));
    expect(info).toEqual({ hash: nameOf(picture(0)), mime: 'image/png', width: 8, height: 6, bytes: picture(0).length });
    expect(Buffer.from(await assets.read(info.hash)).equals(picture(0))).toBe(true);
    expect(await assets.info(info.hash)).toEqual(info);
    expect(await assets.file(info.hash)).toEqual({ path: pathOf(dir, info.hash), mime: 'image/png', bytes: info.bytes });
    const thumbnail = await assets.thumbnail(info.hash);
    expect(readFileSync(thumbnail.path).subarray(8, 12).toString()).toBe('WEBP');
    await assets.verify(info.hash);
  });

  it('the same bytes many times at once are one file', async () => {
    const dir = temporary();
    const { assets } = await open(dir);
    const infos = await Promise.all(Array.from({ length: 20 }, (_, i) => assets.put(picture(i % 2))));
    expect(new Set(infos.map((info) => info.hash)).size).toBe(2);
    expect(filesOf(dir, 'assets')).toHaveLength(2);
    expect(filesOf(dir, 'thumbnails')).toHaveLength(2);
  });

  it('a lost thumbnail is made again, once for many who ask', async () => {
    const dir = temporary();
    const { assets } = await open(dir);
    const { hash } = await assets.put(picture(0));
    rmSync(join(dir, 'thumbnails'), { recursive: true });
    const made = await Promise.all(Array.from({ length: 10 }, () => assets.thumbnail(hash)));
    expect(new Set(made.map((thumbnail) => thumbnail.path)).size).toBe(1);
    expect(filesOf(dir, 'thumbnails')).toHaveLength(1);
  });

  it('refuses what cannot be decoded, and leaves nothing', async () => {
    const dir = temporary();
    const { assets } = await open(dir);
    for (const bytes of [new Uint8Array(), Buffer.from('hello'), Buffer.from('<svg xmlns="http://www.w3.org/2000/svg"/>'), picture(0).subarray(0, 60)]) {
      await expect(assets.put(bytes)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    }
    expect(filesOf(dir, 'assets')).toEqual([]);
  });

  it('says what is missing or damaged, and a new put repairs it', async () => {
    const dir = temporary();
    const { assets } = await open(dir);
    await expect(assets.read('0'.repeat(64))).rejects.toMatchObject({ code: 'ASSET_MISSING' });
    const { hash } = await assets.put(picture(0));
    truncateSync(pathOf(dir, hash), 20);
    await expect(assets.read(hash)).rejects.toMatchObject({ code: 'CHECKSUM' });
    rmSync(pathOf(dir, hash));
    await expect(assets.file(hash)).rejects.toMatchObject({ code: 'ASSET_MISSING' });
    await assets.put(picture(0));
    await assets.verify(hash);
    const changed = readFileSync(pathOf(dir, hash));
    changed[40] = (changed[40] ?? 0) ^ 1;
    writeFileSync(pathOf(dir, hash), changed);
    await expect(assets.verify(hash)).rejects.toMatchObject({ code: 'CHECKSUM' });
  });

  it('removes what a killed studio was writing', async () => {
    const dir = temporary();
    mkdirSync(join(dir, 'assets', '.parts'), { recursive: true });
    writeFileSync(join(dir, 'assets', '.parts', randomUUID()), 'half');
    await open(dir);
    expect(filesOf(dir, 'assets')).toEqual([]);
  });
});

describe('collecting', () => {
  it('removes what was purged at once, and nothing fresh or used', async () => {
    const dir = temporary();
    const { assets, history } = await open(dir);
    const [kept, purged, fresh] = [await assets.put(picture(0)), await assets.put(picture(1)), await assets.put(picture(2))];
    const rows = await history.gallery.add([kept, purged].map(({ hash }) => newGeneration(hash, { createdAt: Date.now() + 10 })));
    await history.gallery.trash({ ids: [rows[1]?.id ?? ''] });
    expect(await assets.collect()).toEqual({ files: 0, bytes: 0 });
    await history.gallery.purge();
    expect(await assets.collect()).toEqual({ files: 1, bytes: purged.bytes });
    expect(existsSync(pathOf(dir, kept.hash))).toBe(true);
    expect(existsSync(pathOf(dir, fresh.hash))).toBe(true);
    expect(filesOf(dir, 'thumbnails')).toHaveLength(2);
    await expect(assets.info(purged.hash)).rejects.toMatchObject({ code: 'ASSET_MISSING' });
  });

  it('tidying leaves the trash alone until its days are over', async () => {
    const { assets, history, tidy } = await open(temporary());
    const { hash } = await assets.put(picture(0));
    const [row] = await history.gallery.add([newGeneration(hash, { createdAt: Date.now() + 10 })]);
    await history.gallery.trash({ ids: [row?.id ?? ''] });
    expect([await tidy(0), await tidy(30)]).toEqual(Array(2).fill({ rows: 0, files: 0, bytes: 0 }));
    await new Promise((resolve) => setTimeout(resolve, 5));
    expect(await tidy(1e-8)).toMatchObject({ rows: 1, files: 1 });
  });

  it('gives a file without a row a chance, then removes it', async () => {
    const dir = temporary();
    await (await open(dir)).close();
    const hash = nameOf(picture(3));
    mkdirSync(join(dir, 'assets', hash.slice(0, 2)), { recursive: true });
    writeFileSync(pathOf(dir, hash), picture(3));
    const grace = 1000;
    const { assets, history } = await open(dir, grace);
    expect(await assets.collect()).toMatchObject({ files: 0 });
    expect(await assets.info(hash)).toMatchObject({ width: 8 });
    await new Promise((resolve) => setTimeout(resolve, grace + 50));
    expect(await assets.collect()).toMatchObject({ files: 1 });
    expect(filesOf(dir, 'assets')).toEqual([]);
    expect(await history.assets.unknown([hash])).toEqual([hash]);
  });

  it.each([1, 2, 5])('never removes what a row uses, whatever happens in whatever order (%i)', { timeout: 120_000 }, async (seed) => {
    const dir = temporary();
    const { assets, history } = await open(dir, 0);
    const random = seeded(seed);
    const below = (n: number): number => Math.floor(random() * n);
    const project = await history.projects.create('P');
    const users = new Map<string, Set<string>>();
    const use = (user: string, hashes: readonly string[]): void => void users.set(user, new Set(hashes));
    /** Runs what may find its picture already collected: then nothing may have been written. */
    const unlessGone = async (work: () => Promise<unknown>, user: string, hashes: readonly string[]): Promise<void> => {
      try {
        await work();
        use(user, hashes);
      } catch (error) {
        expect(error).toMatchObject({ code: 'ASSET_MISSING' });
      }
    };
    const some = (): string => nameOf(picture(below(pictures.length)));
    const steps: (() => Promise<void>)[] = [
      async () => void await assets.put(picture(below(pictures.length))),
      async () => void await assets.put(picture(below(pictures.length))),
      async () => {
        const [hash, parent] = [some(), some()];
        const row = newGeneration(hash, { parents: [{ hash: parent, role: 'source' }], createdAt: Date.now() });
        await unlessGone(() => history.gallery.add([row]), row.id, [hash, parent]);
      },
      async () => {
        const hash = some();
        const job = jobRecord({ request: { kind: 'edit', prompt: 'p', image: hash } });
        await unlessGone(() => history.jobs.save([job]), `job ${job.id}`, [hash]);
      },
      async () => {
        const hashes = [some(), some()];
        await unlessGone(() => history.setCanvasReferences(project.id, hashes), 'canvas', hashes);
      },
      async () => {
        const hash = some();
        const chat = { id: randomUUID(), title: '', projectId: null, images: [hash], questions: 0, createdAt: 1, updatedAt: 1 };
        await unlessGone(() => history.chats.create(chat), `chat ${chat.id}`, [hash]);
      },
      async () => {
        const key = [...users.keys()][below(users.size)];
        if (key === undefined) return;
        if (key.startsWith('job ')) await history.jobs.remove([key.slice(4)]);
        else if (key.startsWith('chat ')) await history.chats.delete(key.slice(5));
        else if (key === 'canvas') await history.setCanvasReferences(project.id, []);
        else {
          await history.gallery.trash({ ids: [key] });
          await history.gallery.purge([key]);
        }
        users.delete(key);
      },
      async () => void await assets.collect(),
    ];
    for (let round = 0; round < 150; round++) {
      // Several at a time: collections overlap with puts and rows.
      await Promise.all(Array.from({ length: 5 }, () => (steps[below(steps.length)] as () => Promise<void>)()));
      const used = new Set([...users.values()].flatMap((hashes) => [...hashes]));
      for (const hash of used) expect(existsSync(pathOf(dir, hash)), `round ${round}`).toBe(true);
    }
    await new Promise((resolve) => setTimeout(resolve, 5));
    await assets.collect();
    const used = new Set([...users.values()].flatMap((hashes) => [...hashes]));
    expect(filesOf(dir, 'assets').map((path) => path.replace('/', '').replace('.png', '')).sort()).toEqual([...used].sort());
  });
});

describe('a history that was lost', () => {
  it('is made again from what the pictures say of themselves', async () => {
    const dir = temporary();
    const { assets, close } = await open(dir);
    const source = await assets.put(picture(0));
    const request = { kind: 'edit' as const, prompt: 'make it violet', image: source.hash, seed: 42, steps: 12 };
    const told = { request, seed: 42, modelName: 'Toybox', reproduce: { engineVersion: '1', provider: 'cpu', precision: 'fp32', threads: 2, attention: 'fused', modelHash: 'm' } };
    const made = await assets.put(writePngText(picture(1), 'ovis-studio', JSON.stringify(told)));
    const drawn = await assets.put(writePngText(picture(2), 'ovis-studio', JSON.stringify({ kind: 'textToImage', prompt: 'by the command line', seed: 7, steps: 3, model: 'Toybox' })));
    const photo = await assets.put(picture(3));
    const hostile = await assets.put(writePngText(picture(4), 'ovis-studio', '{"request":{"kind":"edit","prompt":5},"__proto__":{}}'));
    await close();
    for (const [i, { hash }] of [source, made, drawn, photo, hostile].entries()) utimesSync(pathOf(dir, hash), 1000 + i, 1000 + i);
    writeFileSync(join(dir, 'history.db'), 'gone');
    rmSync(join(dir, 'history.db-wal'), { force: true });

    const library = await open(dir, 0);
    expect(library.notice).toMatchObject({ code: 'DB_CORRUPT' });
    expect(await library.rebuilding).toEqual({ generations: 2, imports: 2 });
    await library.assets.collect();
    const { items } = await library.history.gallery.search({});
    expect(items.map((item) => [item.hash, item.task, item.title, item.createdAt])).toEqual([
      [hostile.hash, 'import', '', 1_004_000], [photo.hash, 'import', '', 1_003_000], [drawn.hash, 'textToImage', 'by the command line', 1_002_000], [made.hash, 'edit', 'make it violet', 1_001_000],
    ]);
    expect(await library.history.gallery.get({ id: items[3]?.id ?? '' })).toMatchObject({ request, seed: 42, steps: 12, modelName: 'Toybox', reproduce: told.reproduce, parents: [{ hash: source.hash, role: 'source' }] });
    expect(filesOf(dir, 'assets')).toHaveLength(5);
    await library.close();
    expect((await open(dir)).rebuilding).toBeNull();
  });

  it('a removed database is made again too', async () => {
    const dir = temporary();
    const { assets, close } = await open(dir);
    await assets.put(picture(0));
    await close();
    rmSync(join(dir, 'history.db'));
    const library = await open(dir);
    expect(library.notice).toBeNull();
    expect(await library.rebuilding).toEqual({ generations: 0, imports: 1 });
  });
});
