import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { addPicture, foundIn, memoryHistory, start } from '../../test/helpers/historyDb.ts';
import { hashOf, newGeneration, storedAsset } from '../../test/helpers/historyRows.ts';
import { addAssetSource, forgetAsset, forgetUnused, isUsed, pendingRemovals, putAsset, setCanvasReferences } from './assetRows.ts';
import { changeChat, createChat, getChat, listChats, saveTurns } from './chats.ts';
import type { Db } from './connection.ts';
import { addGenerations, getGeneration, moveGenerations, noteGeneration } from './generations.ts';
import { lineageOf } from './lineage.ts';
import { createProject, deleteProject, listProjects, renameProject, restoreProject, touchProject, trashedProjects } from './projects.ts';
import { searchGenerations, timelineOf } from './search.ts';
import { purgeGenerations, restoreGenerations, trashGenerations } from './trash.ts';
import type { GalleryFilter } from '../../preload/contract/gallery.ts';
import type { NewGeneration } from './rowTypes.ts';

let db: Db;
beforeEach(() => { db = memoryHistory(); });
afterEach(() => db.close());

const add = (change: Partial<NewGeneration> = {}): NewGeneration => addPicture(db, change);
const found = (filter: GalleryFilter): string[] => foundIn(db, filter);

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

  it('tell of what kind their file is, in the gallery and in the lineage', () => {
    const photo = newGeneration(hashOf('photo'), { task: 'import', mime: 'image/jpeg', fileName: 'photo.jpg' });
    putAsset(db, storedAsset(photo.hash, { mime: 'image/jpeg', extension: 'jpg' }), start);
    addGenerations(db, [photo]);
    expect(searchGenerations(db, {}).items).toMatchObject([{ id: photo.id, mime: 'image/jpeg' }]);
    expect(lineageOf(db, photo.id).nodes).toMatchObject([{ id: photo.id, mime: 'image/jpeg' }]);
    expect(getGeneration(db, photo.id)).toMatchObject({ mime: 'image/jpeg' });
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
