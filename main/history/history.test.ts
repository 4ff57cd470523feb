import { copyFileSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { randomBytes, randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, describe, expect, it } from 'vitest';
import { fillHistory, hashOf, newGeneration, storedAsset } from '../../test/helpers/historyRows.ts';
import { jobRecord } from '../../test/helpers/memoryRooms.ts';
import { openHistory, type History } from './history.ts';

const folders: string[] = [];
const opened: History[] = [];
function temporary(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'ovis-history-')));
  return folders.at(-1) ?? '';
}
async function open(dir: string): Promise<History> {
  const history = await openHistory(dir);
  opened.push(history);
  return history;
}
afterEach(async () => {
  for (const history of opened.splice(0)) await history.close();
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const total = async (history: History): Promise<number> => (await history.gallery.timeline({})).total;

describe('the history in its thread', () => {
  it('keeps what it was told across a restart', async () => {
    const dir = temporary();
    const first = await open(dir);
    await first.assets.put(storedAsset(hashOf(1)));
    const [row] = await first.gallery.add([newGeneration(hashOf(1))]);
    await first.gallery.note({ id: row?.id ?? '', note: 'kept' });
    const saved = await first.gallery.saveSearch({ name: 'Reds', filter: { text: 'red' } });
    await first.close();
    await first.close();
    await expect(first.gallery.counts()).rejects.toThrow(/closed/);
    const second = await open(dir);
    expect(second.notice).toBeNull();
    expect(await second.gallery.get({ id: row?.id ?? '' })).toMatchObject({ note: 'kept' });
    expect(await second.gallery.savedSearches()).toEqual([saved]);
    expect(await second.needsRebuild()).toBe(false);
    expect(readdirSync(dir).filter((name) => name.endsWith('-shm'))).toEqual([]);
  });

  it('answers failures with their code', async () => {
    const history = await open(temporary());
    await expect(history.gallery.get({ id: randomUUID() })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(history.gallery.add([newGeneration(hashOf('nowhere'))])).rejects.toMatchObject({ code: 'ASSET_MISSING' });
  });

  it('never holds up the main thread', async () => {
    const dir = temporary();
    fillHistory(dir, { rows: 5000 });
    const history = await open(dir);
    let turns = 0;
    let working = true;
    const count = (): void => {
      turns += 1;
      if (working) setImmediate(count);
    };
    count();
    await Promise.all(Array.from({ length: 40 }, () => history.gallery.timeline({ filter: { text: 'red' } })));
    working = false;
    // At least one turn of the loop between any two answers.
    expect(turns).toBeGreaterThan(40);
  });

  it('refuses a second studio, and lets it in once the first is gone', async () => {
    const dir = temporary();
    const first = await open(dir);
    await expect(openHistory(dir)).rejects.toMatchObject({ code: 'DATA_IN_USE', retryable: true });
    await first.assets.put(storedAsset(hashOf(1)));
    await first.close();
    await open(dir);
  });
});

describe('the queue\'s rows', () => {
  it('come back as they were saved, in order of submission', async () => {
    const dir = temporary();
    const history = await open(dir);
    const jobs = [jobRecord({ order: 3 }), jobRecord({ order: 1 }), jobRecord({ order: 2 })];
    await history.jobs.save(jobs);
    const changed = { ...jobRecord(), ...jobs[1], state: 'running' as const };
    await history.jobs.save([changed]);
    await history.jobs.setPaused(true);
    await history.jobs.remove([jobs[0]?.id ?? '']);
    await history.close();
    expect(await (await open(dir)).jobs.load()).toEqual({ jobs: [changed, jobs[2]], batches: [], paused: true });
  });

  it('finish with their pictures or not at all, and once', async () => {
    const history = await open(temporary());
    const job = jobRecord();
    await history.jobs.save([job]);
    const done = { ...job, state: 'done' as const };
    const row = newGeneration(hashOf('result'));
    await expect(history.jobs.finish(done, [row])).rejects.toMatchObject({ code: 'ASSET_MISSING' });
    expect((await history.jobs.load()).jobs[0]?.state).toBe('queued');
    await history.assets.put(storedAsset(row.hash));
    await history.jobs.finish(done, [row]);
    await history.jobs.finish(done, [row]);
    expect((await history.jobs.load()).jobs).toEqual([done]);
    expect(await total(history)).toBe(1);
  });

  it('keep the pictures that they name', async () => {
    const history = await open(temporary());
    await history.assets.put(storedAsset(hashOf('in')));
    const job = jobRecord({ request: { kind: 'edit', prompt: 'p', seed: 1, image: hashOf('in') } });
    await history.jobs.save([job]);
    expect(await history.assets.forgetUnused(Date.now() + 1)).toBe(0);
    await history.jobs.remove([job.id]);
    expect(await history.assets.forgetUnused(Date.now() + 1)).toBe(1);
    await expect(history.jobs.save([job])).rejects.toMatchObject({ code: 'ASSET_MISSING' });
  });
});

/** A folder with a history of so many rows. */
function filled(rows = 300): string {
  const dir = temporary();
  fillHistory(dir, { rows });
  return dir;
}
const setAside = (dir: string): string[] => readdirSync(dir).filter((name) => name.includes('damaged'));

describe('a database that is not what it should be', () => {
  it.each([
    ['random bytes', (path: string) => writeFileSync(path, randomBytes(50_000))],
    ['a text', (path: string) => writeFileSync(path, 'not a database, and long enough to be looked at '.repeat(50))],
    ['a header and no more', (path: string) => truncateSync(path, 100)],
    ['a page and a half', (path: string) => truncateSync(path, 6000)],
    ['the first half', (path: string) => truncateSync(path, Math.floor(statSync(path).size / 8192) * 4096)],
    ['the database of another program', (path: string) => {
      rmSync(path);
      new Database(path).exec('CREATE TABLE bookmarks (url TEXT); INSERT INTO bookmarks VALUES (1)').close();
    }],
  ])('%s: set aside, with a notice, and a sound one begun', async (_name, damage) => {
    const dir = filled();
    const path = join(dir, 'history.db');
    damage(path);
    const bytes = readFileSync(path);
    const history = await open(dir);
    expect(history.notice).toMatchObject({ code: 'DB_CORRUPT', message: expect.stringContaining('set aside') });
    expect(setAside(dir)).toHaveLength(1);
    expect(readFileSync(history.notice?.setAside ?? '').equals(bytes)).toBe(true);
    expect(await history.needsRebuild()).toBe(true);
    await history.assets.put(storedAsset(hashOf('new')));
    await history.gallery.add([newGeneration(hashOf('new'))]);
    await history.close();
    const again = await open(dir);
    expect(again.notice).toBeNull();
    expect(setAside(dir)).toHaveLength(1);
  });

  it('an empty file is a new history', async () => {
    const dir = temporary();
    writeFileSync(join(dir, 'history.db'), '');
    expect((await open(dir)).notice).toBeNull();
  });

  it('pages overwritten in the middle: the rest is salvaged', async () => {
    const dir = filled(3000);
    const path = join(dir, 'history.db');
    const bytes = readFileSync(path);
    bytes.fill(0xa5, 40 * 4096, 44 * 4096);
    writeFileSync(path, bytes);
    // Left behind by a kill: every page is checked.
    writeFileSync(join(dir, 'history.in-use'), '');
    const history = await open(dir);
    expect(history.notice?.salvagedRows).toBeGreaterThan(1000);
    expect(await total(history)).toBeGreaterThan(0);
    expect((await history.gallery.search({ filter: { text: 'red' } })).items.length).toBeGreaterThan(0);
  });

  it('damage met while working is told, and set aside at the next start', async () => {
    const dir = filled(3000);
    const path = join(dir, 'history.db');
    const bytes = readFileSync(path);
    // Everything but the header and the schema.
    bytes.fill(0, 60 * 4096);
    writeFileSync(path, bytes);
    const history = await openHistory(dir);
    if (history.notice === null) {
      await expect((async () => {
        await history.gallery.counts();
        await history.gallery.search({ filter: { text: 'red' } });
        for (let i = 0; i < 3000; i += 50) await history.gallery.note({ id: `00000000-0000-4000-8000-${i.toString(16).padStart(12, '0')}`, note: 'x' });
      })()).rejects.toMatchObject({ code: expect.stringMatching(/DB_CORRUPT|NOT_FOUND/) });
    }
    await history.close().catch(() => undefined);
    const next = await open(dir);
    expect(setAside(dir)).toHaveLength(1);
    await next.gallery.counts();
  });

  it('a log that belongs to another database does no harm', async () => {
    const [dir, other] = [filled(), filled(50)];
    const history = await openHistory(other);
    await history.assets.put(storedAsset(hashOf('x')));
    const log = join(other, 'history.db-wal');
    if (existsSync(log)) copyFileSync(log, join(dir, 'history.db-wal'));
    await history.close();
    const mixed = await open(dir);
    await mixed.gallery.search({});
    await mixed.gallery.counts();
  });

  it('a folder in its place is told', async () => {
    const dir = temporary();
    mkdirSync(join(dir, 'history.db'));
    await expect(openHistory(dir)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });
});
