import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { connect, type Db } from '../../main/history/connection.ts';
import { openCanvas } from '../../main/history/canvas.ts';
import { getChat } from '../../main/history/chats.ts';
import { getGeneration } from '../../main/history/generations.ts';
import { loadQueue } from '../../main/history/jobs.ts';
import { lineageOf } from '../../main/history/lineage.ts';
import { migrate, versionOf } from '../../main/history/migrate.ts';
import { migrations } from '../../main/history/migrations/index.ts';
import { closeDatabase, openDatabase } from '../../main/history/open.ts';
import { keepProjectDraft, listProjects, projectDraft } from '../../main/history/projects.ts';
import { searchGenerations } from '../../main/history/search.ts';

const photo = 'aaaaaaaa-0000-4000-8000-000000000001';
const edit = 'aaaaaaaa-0000-4000-8000-000000000002';
const trashed = 'aaaaaaaa-0000-4000-8000-000000000003';
const project = '11111111-1111-4111-8111-111111111111';
const chat = 'cccccccc-0000-4000-8000-000000000001';

const folders: string[] = [];
function temporary(): string {
  folders.push(mkdtempSync(join(tmpdir(), 'ovis-migrate-')));
  return folders.at(-1) ?? '';
}
afterEach(() => {
  for (const dir of folders.splice(0)) rmSync(dir, { recursive: true, force: true });
});

const sql = (name: string): string => readFileSync(join(import.meta.dirname, name), 'utf8');

/** A database as that version left it, with the rows that a person could have had. */
function databaseOf(version: number, path = ':memory:'): Db {
  const db = connect(path);
  db.exec(sql(`schema-v${version}.sql`));
  db.exec(sql('rows-v10.sql'));
  if (version >= 30) db.exec(sql('rows-v30.sql'));
  return db;
}

/** Runs the one step after `version`. */
function stepFrom(version: number): Db {
  const db = databaseOf(version);
  const next = migrations.findIndex((migration) => migration.version > version);
  expect(migrate(db, { migrations: migrations.slice(0, next + 1) })).toEqual([migrations[next]?.version]);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  expect(db.pragma('foreign_key_check')).toEqual([]);
  return db;
}

const found = (db: Db, words: string): unknown[] => db.prepare('SELECT rowid FROM search WHERE search MATCH ? ORDER BY rowid').pluck().all(words);

function schemaOf(db: Db): unknown[] {
  return db.prepare("SELECT type, name, replace(replace(sql, ' ', ''), char(10), '') AS sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite_%' ORDER BY type, name").all();
}

describe('each step, on a database of the version before', () => {
  it('10 makes the tables', () => {
    const db = connect(':memory:');
    expect(migrate(db, { migrations: migrations.slice(0, 1) })).toEqual([10]);
    db.exec(sql('rows-v10.sql'));
    expect(db.prepare('SELECT created_at FROM generations ORDER BY seq').pluck().all()).toEqual([1000, 2000, 3000]);
  });

  it('20 makes the rows that are there findable, and keeps them so', () => {
    const db = stepFrom(10);
    expect(found(db, 'violet')).toEqual([2_000_000]);
    expect(found(db, 'postcard')).toEqual([2_000_000]);
    expect(found(db, 'holiday')).toEqual([2_000_000]);
    expect(found(db, 'cafe')).toEqual([1_000_000]);
    expect(found(db, '"苹 果"')).toEqual([3_000_000]);
    db.exec("UPDATE generations SET note = 'printed' WHERE seq = 2000000; DELETE FROM generation_tags; DELETE FROM generations WHERE seq = 1000000");
    expect([found(db, 'postcard'), found(db, 'printed'), found(db, 'holiday'), found(db, 'cafe'), found(db, 'violet')]).toEqual([[], [2_000_000], [], [], [2_000_000]]);
  });

  it('30 keeps everything findable, and adds what is answered about a picture', () => {
    const db = stepFrom(20);
    expect([found(db, 'violet'), found(db, 'holiday'), found(db, 'cafe')]).toEqual([[2_000_000], [2_000_000], [1_000_000]]);
    db.exec(sql('rows-v30.sql'));
    expect(found(db, 'lighthouse')).toEqual([2_000_000]);
    db.exec('DELETE FROM chats');
    expect(found(db, 'lighthouse')).toEqual([]);
    expect(found(db, 'violet')).toEqual([2_000_000]);
  });

  it('40 adds the queue and leaves the rest as it is', () => {
    const db = stepFrom(30);
    expect(loadQueue(db)).toEqual({ jobs: [], batches: [], paused: false });
    expect(found(db, 'lighthouse')).toEqual([2_000_000]);
    expect(getChat(db, chat).turns.map((turn) => turn.text)).toEqual(['What is in it?', 'A lighthouse by the water.']);
  });

  it('50 adds the canvas, and keeps counting every use that was counted before', () => {
    const before = databaseOf(40);
    before.exec("INSERT INTO canvas_references VALUES ('11111111-1111-4111-8111-111111111111', printf('%064d', 3))");
    const uses = (db: Db): unknown[] => db.prepare('SELECT user, hash FROM asset_uses ORDER BY 1, 2').all();
    const used = uses(before);
    expect(used).toHaveLength(7);
    migrate(before, { migrations });
    expect(uses(before)).toEqual(used);
    expect(openCanvas(before, project)).toEqual({ projectId: project, snapshot: null, entries: [], seq: 0, staged: [] });
    expect(listProjects(before).map(({ id }) => id)).toEqual([project]);
    expect(found(stepFrom(40), 'lighthouse')).toEqual([2_000_000]);
  });

  it('60 adds what stands in a project, which goes with it', () => {
    const db = stepFrom(50);
    expect(projectDraft(db, project)).toBeNull();
    keepProjectDraft(db, project, '{"prompt":"a cone"}');
    keepProjectDraft(db, project, '{"prompt":"two cones"}');
    expect(projectDraft(db, project)).toBe('{"prompt":"two cones"}');
    expect(listProjects(db).map(({ id }) => id)).toEqual([project]);
    db.prepare('DELETE FROM projects').run();
    expect(projectDraft(db, project)).toBeNull();
  });

  it.each([10, 20, 30, 40, 50])('from %i to the newest: every row is there, and the schema is that of a new database', (version) => {
    const db = databaseOf(version);
    migrate(db);
    expect(searchGenerations(db, {}).items.map((item) => item.id)).toEqual([edit, photo]);
    expect(searchGenerations(db, { filter: { trashed: true } }).items.map((item) => item.id)).toEqual([trashed]);
    expect(searchGenerations(db, { filter: { text: 'SKY', tags: ['holiday'], starred: true } }).items.map((item) => item.id)).toEqual([edit]);
    expect(getGeneration(db, edit)).toMatchObject({ note: 'for the postcard', tags: ['Holiday'], seed: 42, parents: [{ generationId: photo, role: 'source' }] });
    expect(lineageOf(db, edit).nodes.map((node) => [node.id, node.distance])).toEqual([[photo, -1], [edit, 0], [trashed, 1]]);
    const fresh = connect(':memory:');
    migrate(fresh);
    expect(schemaOf(db)).toEqual(schemaOf(fresh));
  });

  it('the frozen schema of the newest version is what the steps make', () => {
    const fresh = connect(':memory:');
    migrate(fresh);
    const frozen = connect(':memory:');
    frozen.exec(sql(`schema-v${migrations.at(-1)?.version}.sql`));
    expect(schemaOf(frozen)).toEqual(schemaOf(fresh));
  });
});

describe('migrating', () => {
  it('keeps a copy of the database before every step', () => {
    const dir = temporary();
    databaseOf(20, join(dir, 'history.db')).close();
    const { db } = openDatabase(dir);
    expect(versionOf(db)).toBe(60);
    db.close();
    const copies = readdirSync(join(dir, 'backups')).sort();
    expect(copies.map((name) => name.replace(/-\d{8}-\d{6}/, ''))).toEqual(['history-v20.db', 'history-v30.db', 'history-v40.db', 'history-v50.db']);
    const copy = connect(join(dir, 'backups', copies[0] ?? ''));
    expect(versionOf(copy)).toBe(20);
    expect(copy.prepare('SELECT count(*) FROM generations').pluck().get()).toBe(3);
    copy.close();
  });

  it('makes no copy of a new database', () => {
    const dir = temporary();
    closeDatabase(dir, openDatabase(dir).db);
    expect(readdirSync(dir)).toEqual(['history.db']);
  });

  it('a step that fails leaves the version before, whole', () => {
    const dir = temporary();
    databaseOf(60, join(dir, 'history.db')).close();
    const failing = { version: 70, name: 'failing', up: (db: Db) => void db.exec('DROP TABLE turns; INSERT INTO nowhere VALUES (1)') };
    expect(() => openDatabase(dir, { migrations: [...migrations, failing] })).toThrow(/nowhere/);
    const { db, notice } = openDatabase(dir);
    expect(notice).toBeNull();
    expect(versionOf(db)).toBe(60);
    expect(getChat(db, chat).turns).toHaveLength(2);
    db.close();
  });

  it('a newer database is refused by name and left as it was', () => {
    const dir = temporary();
    const future = databaseOf(60, join(dir, 'history.db'));
    future.pragma('user_version = 4711');
    future.close();
    const before = readFileSync(join(dir, 'history.db'));
    expect(() => openDatabase(dir)).toThrow(expect.objectContaining({ code: 'DB_FROM_FUTURE', message: expect.stringContaining('4711') }));
    expect(readFileSync(join(dir, 'history.db')).equals(before)).toBe(true);
    expect(readdirSync(dir)).toEqual(['history.db']);
  });
});
