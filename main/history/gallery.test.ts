import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { hashOf, newGeneration, seeded, storedAsset } from '../../test/helpers/historyRows.ts';
import { addAssetSource, forgetAsset, forgetUnused, isUsed, pendingRemovals, putAsset, setCanvasReferences } from './assetRows.ts';
import { changeChat, createChat, deleteChat, getChat, listChats, saveTurns } from './chats.ts';
import { connect, type Db } from './connection.ts';
import { galleryCounts } from './counts.ts';
import { addGenerations, getGeneration, moveGenerations, noteGeneration, starGenerations, tagGenerations } from './generations.ts';
import { lineageOf } from './lineage.ts';
import { migrate } from './migrate.ts';
import { createProject, deleteProject, listProjects, renameProject, restoreProject, touchProject, trashedProjects } from './projects.ts';
import { rebuildSearch, searchGenerations, timelineOf } from './search.ts';
import { purgeGenerations, restoreGenerations, trashGenerations } from './trash.ts';
import type { GalleryFilter, SearchInput } from '../../preload/contract/gallery.ts';
import type { NewGeneration } from '../services.ts';

let db: Db;
beforeEach(() => {
  db = connect(':memory:');
  migrate(db);
});
afterEach(() => db.close());

const start = 1_700_000_000_000;

/** Writes a picture of its own and the row. */
function add(change: Partial<NewGeneration> = {}): NewGeneration {
  const row = newGeneration(hashOf(randomUUID()), change);
  putAsset(db, storedAsset(row.hash), start);
  addGenerations(db, [row]);
  return row;
}

const found = (filter: GalleryFilter): string[] => searchGenerations(db, { filter }).items.map((item) => item.id);

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

describe('rows', () => {
  it('come back with every input, and twice told are once written', () => {
    const source = add();
    const mask = hashOf('mask');
    putAsset(db, storedAsset(mask), start);
    const request = { kind: 'inpaint' as const, prompt: 'p', image: source.hash, denoiseMask: mask, seed: 7 };
    const row = add({ task: 'inpaint', prompt: 'p', request, parents: [{ hash: source.hash, role: 'source' }], createdAt: start + 5, timingsMs: { denoise: 12.5 } });
    addGenerations(db, [row]);
    expect(getGeneration(db, row.id)).toEqual({
      ...row, title: 'p', starred: false, trashedAt: null, tags: [], note: '',
      parents: [{ hash: source.hash, role: 'source', generationId: source.id }, { hash: mask, role: 'mask', generationId: null }],
    });
    expect(timelineOf(db, {}).total).toBe(2);
  });

  it('are not written without their picture or parents', () => {
    expect(() => addGenerations(db, [newGeneration(hashOf('nowhere'))])).toThrow(expect.objectContaining({ code: 'ASSET_MISSING' }));
    putAsset(db, storedAsset(hashOf('here')), start);
    expect(() => addGenerations(db, [newGeneration(hashOf('here'), { parents: [{ hash: hashOf('nowhere'), role: 'source' }] })])).toThrow(expect.objectContaining({ code: 'ASSET_MISSING' }));
    expect(timelineOf(db, {}).total).toBe(0);
  });

  it('that are not there are NOT_FOUND', () => {
    for (const ask of [() => getGeneration(db, 'x'), () => noteGeneration(db, 'x', 'n'), () => moveGenerations(db, ['x'], 'y'), () => lineageOf(db, 'x'), () => getChat(db, 'x'), () => changeChat(db, 'x', {}, 1), () => deleteProject(db, 'x', 1)]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
  });

  it('go to the trash with their project, and come back with it', () => {
    const project = createProject(db, randomUUID(), 'P', 1);
    const row = add({ projectId: project.id });
    const before = add({ projectId: project.id });
    trashGenerations(db, [before.id], 5);
    expect(listProjects(db)).toMatchObject([{ generations: 1, cover: row.hash }]);
    deleteProject(db, project.id, 9);
    expect(listProjects(db)).toEqual([]);
    expect(trashedProjects(db)).toMatchObject([{ id: project.id, name: 'P' }]);
    expect(getGeneration(db, row.id)).toMatchObject({ trashedAt: 9 });
    for (const ask of [() => renameProject(db, project.id, 'Q', 10), () => touchProject(db, project.id, 10), () => deleteProject(db, project.id, 10)]) {
      expect(ask).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
    }
    restoreProject(db, project.id);
    expect([getGeneration(db, row.id).trashedAt, getGeneration(db, before.id).trashedAt]).toEqual([null, 5]);
    expect(listProjects(db)).toMatchObject([{ id: project.id, generations: 1 }]);
    expect(() => restoreProject(db, project.id)).toThrow(expect.objectContaining({ code: 'NOT_FOUND' }));
  });

  it('survive their project where they were taken out of the trash before it was emptied', () => {
    const project = createProject(db, randomUUID(), 'P', 1);
    const [kept, gone] = [add({ projectId: project.id }), add({ projectId: project.id })];
    deleteProject(db, project.id, 9);
    restoreGenerations(db, [kept.id]);
    purgeGenerations(db, { ids: [gone.id] });
    expect(trashedProjects(db)).toHaveLength(1);
    purgeGenerations(db, { trashedBefore: 9 });
    expect(trashedProjects(db)).toHaveLength(1);
    purgeGenerations(db, { trashedBefore: 10 });
    expect(trashedProjects(db)).toEqual([]);
    expect(getGeneration(db, kept.id)).toMatchObject({ trashedAt: null, projectId: null });
    // The project may be gone while a job of it still runs.
    expect(add({ projectId: project.id }).id).toBeDefined();
  });
});

describe('lineage', () => {
  const made = (parents: readonly NewGeneration[], createdAt: number, hash?: string): NewGeneration => {
    const row = newGeneration(hash ?? hashOf(randomUUID()), { createdAt, parents: parents.map((parent) => ({ hash: parent.hash, role: 'source' as const })) });
    putAsset(db, storedAsset(row.hash), start);
    addGenerations(db, [row]);
    return row;
  };

  it('walks both ways and leaves cousins out', () => {
    const root = made([], start);
    const left = made([root], start + 1);
    const right = made([root], start + 2);
    const both = made([left, right], start + 3);
    const lineage = lineageOf(db, left.id);
    expect(lineage.nodes.map((node) => [node.id, node.distance])).toEqual([[root.id, -1], [left.id, 0], [both.id, 1]]);
    expect(lineage.edges).toEqual(expect.arrayContaining([{ from: root.id, to: left.id, role: 'source' }, { from: left.id, to: both.id, role: 'source' }]));
    expect(lineage.edges).toHaveLength(2);
    expect(lineage.truncated).toBe(false);
  });

  it('ends where a picture came out unchanged', () => {
    const root = made([], start);
    const same = made([root], start + 1, root.hash);
    const child = made([same], start + 2);
    expect(lineageOf(db, child.id).nodes.map((node) => [node.id, node.distance])).toEqual([[root.id, -2], [same.id, -1], [child.id, 0]]);
    expect(lineageOf(db, root.id).nodes.map((node) => [node.id, node.distance])).toEqual([[root.id, 0], [same.id, 1], [child.id, 2]]);
  });

  it('goes through pictures made without a generation', () => {
    const photo = made([], start);
    const map = hashOf('canny of the photo');
    putAsset(db, storedAsset(map), start);
    addAssetSource(db, map, photo.hash, 'canny');
    const drawn = newGeneration(hashOf('drawn'), { createdAt: start + 1, parents: [{ hash: map, role: 'control' }] });
    putAsset(db, storedAsset(drawn.hash), start);
    addGenerations(db, [drawn]);
    expect(lineageOf(db, drawn.id).edges).toEqual([{ from: photo.id, to: drawn.id, role: 'control' }]);
    expect(lineageOf(db, photo.id).nodes.map((node) => [node.id, node.distance])).toEqual([[photo.id, 0], [drawn.id, 1]]);
  });

  it('says when there is more', () => {
    let last = made([], start);
    for (let i = 1; i < 30; i++) last = made([last], start + i);
    expect(lineageOf(db, last.id).nodes).toHaveLength(30);
    expect(lineageOf(db, last.id, 5)).toMatchObject({ truncated: true, nodes: { length: 6 } });
    expect(lineageOf(db, last.id, 1000, 10)).toMatchObject({ truncated: true, nodes: { length: 10 } });
    expect(lineageOf(db, last.id, 29)).toMatchObject({ truncated: false });
  });
});

describe('trash and files', () => {
  it('restores, and purges only out of the trash', () => {
    const row = add();
    expect(purgeGenerations(db, { ids: [row.id] })).toBe(0);
    trashGenerations(db, [row.id], 7);
    trashGenerations(db, [row.id], 8);
    expect(found({ trashed: true })).toEqual([row.id]);
    restoreGenerations(db, [row.id]);
    expect(found({})).toEqual([row.id]);
    trashGenerations(db, [row.id], 9);
    expect(purgeGenerations(db, { trashedBefore: 9 })).toBe(0);
    expect(purgeGenerations(db, { trashedBefore: 10 })).toBe(1);
    expect(pendingRemovals(db)).toEqual([{ hash: row.hash, extension: 'png' }]);
  });

  it('keeps a purged row\'s file while anything else uses it', () => {
    const [parent, project] = [add(), createProject(db, randomUUID(), 'P', 1)];
    const child = newGeneration(hashOf('child'), { parents: [{ hash: parent.hash, role: 'source' }], createdAt: start + 1 });
    putAsset(db, storedAsset(child.hash), start);
    addGenerations(db, [child]);
    setCanvasReferences(db, project.id, [child.hash]);
    trashGenerations(db, [parent.id, child.id], 9);
    purgeGenerations(db, { ids: [parent.id] });
    expect(pendingRemovals(db)).toEqual([]);
    purgeGenerations(db, { ids: [child.id] });
    expect(pendingRemovals(db).map((file) => file.hash)).toEqual([parent.hash]);
    expect(isUsed(db, child.hash)).toBe(true);
    setCanvasReferences(db, project.id, []);
    expect(forgetUnused(db, Date.now(), 10)).toBe(1);
  });

  it('every table that refers to a file is known as a user of files', () => {
    const tables = db.prepare("SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'search%' AND name NOT LIKE 'sqlite_%'").pluck().all() as string[];
    const users = tables.flatMap((table) => (db.pragma(`foreign_key_list("${table}")`) as { table: string; on_delete: string }[])
      .filter((key) => key.table === 'assets' && key.on_delete !== 'CASCADE').map(() => table));
    const view = db.prepare("SELECT sql FROM sqlite_schema WHERE name = 'asset_uses'").pluck().get() as string;
    expect(users.length).toBeGreaterThanOrEqual(5);
    for (const table of users) expect(view).toMatch(new RegExp(`FROM ${table}\\b`));
  });

  it('SQLite itself refuses to forget a file in use', () => {
    const row = add();
    expect(forgetAsset(db, row.hash, Date.now())).toBe(false);
    expect(() => db.prepare('DELETE FROM assets').run()).toThrow(/FOREIGN KEY/);
  });
});

it('chats come back as they were written', () => {
  const hash = hashOf('a');
  putAsset(db, storedAsset(hash), start);
  const chat = { id: randomUUID(), title: 'New', projectId: null, images: [hash, hash], questions: 0, createdAt: 1, updatedAt: 1 };
  expect(createChat(db, chat)).toEqual({ ...chat, turns: [] });
  const question = { id: randomUUID(), role: 'user' as const, text: 'what?', createdAt: 2, jobId: null, state: null, tokens: null, stopReason: null, timingsMs: {}, failure: null };
  const answer = { ...question, id: randomUUID(), role: 'assistant' as const, text: '', jobId: randomUUID(), state: 'running' as const };
  saveTurns(db, chat.id, [question, answer], 5);
  saveTurns(db, chat.id, [{ ...answer, text: 'that', state: 'done', tokens: 1, stopReason: 'eos', timingsMs: { total: 3 } }], 6);
  expect(getChat(db, chat.id)).toMatchObject({ questions: 1, updatedAt: 6, turns: [question, { text: 'that', state: 'done', stopReason: 'eos' }] });
  expect(changeChat(db, chat.id, { title: 'Named', images: [] }, 7)).toMatchObject({ title: 'Named', images: [] });
  expect(listChats(db).map((other) => other.title)).toEqual(['Named']);
  expect(() => changeChat(db, chat.id, { images: [hashOf('nowhere')] }, 8)).toThrow(expect.objectContaining({ code: 'ASSET_MISSING' }));
});
