import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPicture, foundIn, memoryHistory, start } from '../../test/helpers/historyDb.ts';
import { hashOf, newGeneration, storedAsset } from '../../test/helpers/historyRows.ts';
import { seeded } from '../../test/helpers/random.ts';
import { putAsset } from './assetRows.ts';
import { createChat, deleteChat, saveTurns } from './chats.ts';
import type { Db } from './connection.ts';
import { galleryCounts } from './counts.ts';
import { addGenerations, noteGeneration, starGenerations, tagGenerations } from './generations.ts';
import { createProject } from './projects.ts';
import { rebuildSearch, searchGenerations, timelineOf } from './search.ts';
import { purgeGenerations, trashGenerations } from './trash.ts';
import type { GalleryFilter, SearchInput } from '../../preload/contract/gallery.ts';
import type { NewGeneration } from './rowTypes.ts';

let db: Db;
beforeEach(() => { db = memoryHistory(); });
afterEach(() => db.close());

const add = (change: Partial<NewGeneration> = {}): NewGeneration => addPicture(db, change);
const found = (filter: GalleryFilter): string[] => foundIn(db, filter);

describe('search', () => {
  it('finds words, beginnings, phrases, and what is not excluded', () => {
    const cube = add({ prompt: 'a red cube on a table', createdAt: start });
    const ball = add({ prompt: 'a red ball under the table', createdAt: start + 1 });
    const photo = add({ prompt: '', task: 'import', fileName: 'Österreich_2024.jpg', createdAt: start + 2 });
    expect(found({ text: 'red' })).toEqual([ball.id, cube.id]);
    expect(found({ text: 'RED tab' })).toEqual([ball.id, cube.id]);
    expect(found({ text: '"red cube"' })).toEqual([cube.id]);
    expect(found({ text: '"a cube"' })).toEqual([]);
    expect(found({ text: 'red -cube' })).toEqual([ball.id]);
    expect(found({ text: '-red' })).toEqual([photo.id]);
    expect(found({ text: 'osterr' })).toEqual([photo.id]);
    expect(found({ text: '   ' })).toHaveLength(3);
  });

  it('finds parts of sentences in scripts without spaces', () => {
    const apple = add({ prompt: '桌子上的红苹果' });
    expect(found({ text: '苹果' })).toEqual([apple.id]);
    expect(found({ text: '红' })).toEqual([apple.id]);
    expect(found({ text: '果苹' })).toEqual([]);
  });

  it.each(['"', '""', '*', '(', ')', 'a AND', 'NEAR(', '^a', 'prompt:', '{a b}:', "'; DROP TABLE generations; --", '-', '--', '-"', 'a"b', '\0', 'a\0b', '😀', '𝒳', '​', '+ a', 'OR', 'NOT NOT'])('takes %j as words', (text) => {
    add();
    expect(() => searchGenerations(db, { filter: { text } })).not.toThrow();
    expect(() => timelineOf(db, { text })).not.toThrow();
  });

  it('takes any characters as words', () => {
    add();
    const random = seeded(3);
    const alphabet = '"\'*()-+^:{}[]\\%_\0 ab苹😀\u0301AND OR NOT NEAR';
    for (let i = 0; i < 2000; i++) {
      const text = Array.from({ length: Math.floor(random() * 12) }, () => alphabet[Math.floor(random() * alphabet.length)]).join('');
      expect(() => searchGenerations(db, { filter: { text } }), JSON.stringify(text)).not.toThrow();
    }
  });

  it('finds by note, tag and answer as they change', () => {
    const row = add();
    noteGeneration(db, row.id, 'for the calendar');
    tagGenerations(db, [row.id], ['Winter Fair', 'draft'], []);
    expect([found({ text: 'calendar' }), found({ text: 'fair' })]).toEqual([[row.id], [row.id]]);
    tagGenerations(db, [row.id], [], ['WINTER FAIR']);
    noteGeneration(db, row.id, '');
    expect([found({ text: 'calendar' }), found({ text: 'fair' }), found({ text: 'draft' })]).toEqual([[], [], [row.id]]);
    const chat = { id: randomUUID(), title: 't', projectId: null, images: [row.hash], questions: 0, createdAt: 1, updatedAt: 1 };
    createChat(db, chat);
    const turn = { id: randomUUID(), role: 'assistant' as const, text: 'A pelican', createdAt: 2, jobId: null, state: null, tokens: null, stopReason: null, timingsMs: {}, failure: null };
    saveTurns(db, chat.id, [turn], 2);
    expect(found({ text: 'pelican' })).toEqual([row.id]);
    saveTurns(db, chat.id, [{ ...turn, text: 'A heron' }], 3);
    expect([found({ text: 'pelican' }), found({ text: 'heron' })]).toEqual([[], [row.id]]);
    deleteChat(db, chat.id);
    expect(found({ text: 'heron' })).toEqual([]);
  });

  it('an index that is written anew finds the same', () => {
    const row = add({ prompt: 'a red cube' });
    rebuildSearch(db);
    expect(found({ text: 'cube' })).toEqual([row.id]);
    expect(found({ text: 'ball' })).toEqual([]);
  });
});

/** What the filter says, row by row. */
function keeps(row: NewGeneration & { starred: boolean; tags: string[]; trashed: boolean }, filter: GalleryFilter): boolean {
  const words = filter.text?.split(' ') ?? [];
  return words.every((word) => row.prompt.split(' ').some((other) => other.startsWith(word)))
    && (filter.tasks === undefined || filter.tasks.length === 0 || filter.tasks.includes(row.task))
    && (filter.modelNames === undefined || filter.modelNames.includes(row.modelName ?? ''))
    && (filter.starred === undefined || filter.starred === row.starred)
    && (filter.tags ?? []).every((tag) => row.tags.includes(tag))
    && (filter.batchId === undefined || filter.batchId === row.batchId)
    && (filter.withoutPrompt === undefined || filter.withoutPrompt === (row.prompt === ''))
    && (filter.from === undefined || row.createdAt >= filter.from)
    && (filter.to === undefined || row.createdAt < filter.to)
    && (filter.trashed ?? false) === row.trashed;
}

describe('pages and filters', () => {
  it('agree with a plain list, for random filters, page by page, both ways', () => {
    const random = seeded(11);
    const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)] as T;
    const some = <T>(list: readonly T[]): T[] => list.filter(() => random() < 0.5);
    const batches = [randomUUID(), randomUUID()];
    const words = ['red', 'blue', 'cube', 'ball', 'reddish'];
    const rows = Array.from({ length: 400 }, () => {
      const prompt = random() < 0.1 ? '' : `${pick(words)} ${pick(words)}`;
      // Many in the same millisecond, and not in order of time.
      const row = add({ prompt, task: pick(['edit', 'inpaint', 'textToImage'] as const), modelName: pick(['a', 'b']), batchId: pick([null, ...batches]), createdAt: start + Math.floor(random() * 40) });
      const extra = { starred: random() < 0.3, tags: some(['x', 'y']), trashed: random() < 0.1 };
      if (extra.starred) starGenerations(db, [row.id], true);
      tagGenerations(db, [row.id], extra.tags, []);
      if (extra.trashed) trashGenerations(db, [row.id], 5);
      return { ...row, ...extra };
    });
    const seqs = new Map(db.prepare('SELECT id, seq FROM generations').raw().all() as [string, number][]);
    rows.sort((a, b) => (seqs.get(b.id) ?? 0) - (seqs.get(a.id) ?? 0));
    for (let round = 0; round < 200; round++) {
      const filter: GalleryFilter = {
        ...(random() < 0.5 && { text: some(words).slice(0, 2).join(' ') }),
        ...(random() < 0.3 && { tasks: some(['edit', 'inpaint', 'control'] as const) }),
        ...(random() < 0.3 && { modelNames: [pick(['a', 'b', 'c'])] }),
        ...(random() < 0.3 && { starred: random() < 0.5 }),
        ...(random() < 0.4 && { tags: some(['x', 'y']) }),
        ...(random() < 0.2 && { batchId: pick(batches) }),
        ...(random() < 0.2 && { withoutPrompt: random() < 0.5 }),
        ...(random() < 0.3 && { from: start + Math.floor(random() * 20) }),
        ...(random() < 0.3 && { to: start + 20 + Math.floor(random() * 20) }),
        ...(random() < 0.2 && { trashed: true }),
      };
      if (filter.text === '') delete filter.text;
      const expected = rows.filter((row) => keeps(row, filter)).map((row) => row.id);
      const sort = pick(['newest', 'oldest'] as const);
      const ids: string[] = [];
      let after: SearchInput['after'];
      do {
        const page = searchGenerations(db, { filter, sort, limit: 1 + Math.floor(random() * 60), ...(after && { after }) });
        ids.push(...page.items.map((item) => item.id));
        after = page.next ?? undefined;
      } while (after);
      expect(sort === 'newest' ? ids : ids.reverse(), JSON.stringify(filter)).toEqual(expected);
      const timeline = timelineOf(db, filter);
      expect(timeline.total).toBe(expected.length);
      expect(timeline.days.reduce((sum, day) => sum + day.count, 0)).toBe(expected.length);
    }
  });

  it('a cursor whose row was purged goes on from its time; a made-up one jumps to a date', () => {
    const rows = Array.from({ length: 10 }, (_, i) => add({ createdAt: start + i * 1000 }));
    const page = searchGenerations(db, { limit: 3 });
    trashGenerations(db, [page.next?.id ?? ''], 5);
    purgeGenerations(db);
    expect(searchGenerations(db, { limit: 3, after: page.next ?? { createdAt: 0 } }).items.map((item) => item.id)).toEqual([rows[6]?.id, rows[5]?.id, rows[4]?.id]);
    expect(searchGenerations(db, { limit: 1, after: { createdAt: start + 3000 } }).items[0]?.id).toBe(rows[2]?.id);
    expect(searchGenerations(db, { limit: 1, sort: 'oldest', after: { createdAt: start + 3000 } }).items[0]?.id).toBe(rows[4]?.id);
  });

  it('a millisecond holds more rows than it has places', () => {
    putAsset(db, storedAsset(hashOf(1)), start);
    addGenerations(db, Array.from({ length: 2500 }, () => newGeneration(hashOf(1), { createdAt: start })));
    expect(timelineOf(db, {}).total).toBe(2500);
    expect(searchGenerations(db, { limit: 1 }).items[0]?.createdAt).toBe(start + 2);
  });

  it('counts by local day, newest first', () => {
    const noon = new Date(2026, 2, 29, 12).getTime();
    const days = [noon, noon + 86_400_000, noon + 86_400_000 + 1, noon + 10 * 86_400_000];
    for (const createdAt of days) add({ createdAt });
    expect(timelineOf(db, {}).days).toEqual([
      { from: new Date(2026, 3, 8).getTime(), to: new Date(2026, 3, 9).getTime(), count: 1 },
      { from: new Date(2026, 2, 30).getTime(), to: new Date(2026, 2, 31).getTime(), count: 2 },
      { from: new Date(2026, 2, 29).getTime(), to: new Date(2026, 2, 30).getTime(), count: 1 },
    ]);
  });

  it('counts what the side bar shows, and again after a change', () => {
    const project = createProject(db, randomUUID(), 'P', 1);
    const row = add({ projectId: project.id, task: 'edit' });
    add({ modelName: null });
    expect(galleryCounts(db)).toMatchObject({ all: 2, starred: 0, trashed: 0, tasks: { edit: 1, textToImage: 1, inpaint: 0 }, models: [{ modelName: 'Toybox', count: 1 }], tags: [], bytes: 2000 });
    starGenerations(db, [row.id], true);
    tagGenerations(db, [row.id], ['t'], []);
    expect(galleryCounts(db)).toMatchObject({ starred: 1, tags: [{ tag: 't', count: 1 }], projects: [{ projectId: null, count: 1 }, { projectId: project.id, count: 1 }] });
    trashGenerations(db, [row.id], 2);
    expect(galleryCounts(db)).toMatchObject({ all: 1, starred: 0, trashed: 1, tags: [] });
  });
});
