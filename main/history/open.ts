/** Opens the history of a data folder: one studio at a time, whole, and at this studio's schema. */
import { accessSync, constants, existsSync, mkdirSync, readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';
import { applicationId, connect, durable, sqliteError, type Db } from './connection.ts';
import { dataFolder, type DataFolder } from './dataFolder.ts';
import { rebuildFact, setFact } from './facts.ts';
import { migrate, refuseFuture, stamp, versionOf } from './migrate.ts';
import type { Migration } from './migrations/migration.ts';
import { salvage } from './salvage.ts';

/** What a person should hear about the opening. */
export interface OpenNotice {
  readonly code: 'DB_CORRUPT';
  readonly message: string;
  /** Where the damaged file lies now. */
  readonly setAside: string;
  readonly salvagedRows: number;
}

export interface Opened {
  readonly db: Db;
  readonly notice: OpenNotice | null;
}

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. A damaged database is no error: it is set aside and a notice returned. */
export function openDatabase(dir: string, options: { readonly migrations?: readonly Migration[] } = {}): Opened {
  const folder = dataFolder(dir);
  makeFolder(dir);
  const sound = openSound(dir, folder, options.migrations);
  if (!(sound instanceof StudioError)) {
    markInUse(dir);
    return { db: sound, notice: null };
  }
  const setAside = setAsideDamaged(folder.database);
  const db = prepare(folder, connect(folder.database), options.migrations);
  const salvagedRows = salvage(setAside, db);
  setFact(db, rebuildFact, true);
  markInUse(dir);
  const message = `The history was damaged. It was set aside as ${setAside}; ${salvagedRows} rows could be read from it, and the rest is rebuilt from the pictures themselves. Nothing was removed.`;
  return { db, notice: { code: 'DB_CORRUPT', message, setAside, salvagedRows } };
}

/** Lies in the folder while a studio has it open, and stays after a kill or where damage was met: the next start then checks every page. */
function inUseMark(dir: string): string {
  return join(dir, 'history.in-use');
}

function markInUse(dir: string): void {
  try {
    writeFileSync(inUseMark(dir), '');
  } catch {
    // A full disk: then the next start checks a little less.
  }
}

/** Writes everything out and gives the folder free. `damaged` leaves the mark. */
export function closeDatabase(dir: string, db: Db, damaged = false): void {
  let whole = !damaged;
  try {
    db.pragma('optimize');
  } catch {
    whole = false;
  }
  db.close();
  if (whole) rmSync(inUseMark(dir), { force: true });
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
    accessSync(dir, constants.W_OK);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new StudioError('DISK_FULL', `No disk space to make the data folder ${dir}.`, { path: dir }, { retryable: true, cause: error });
    const why = { EROFS: 'the disk is read-only', EACCES: 'permission denied', EPERM: 'permission denied', EEXIST: 'a file is in its place', ENOTDIR: 'a file is in its place' }[code] ?? code;
    throw new StudioError('REQUEST_INVALID', `Nothing can be written to the data folder ${dir}: ${why}. Choose another with --data.`, { path: dir, reason: 'NOT_WRITABLE' }, { cause: error });
  }
}

/** The database, or the DB_CORRUPT that tells why it won't do. */
function openSound(dir: string, folder: DataFolder, migrations: readonly Migration[] | undefined): Db | StudioError {
  let db: Db | undefined;
  try {
    db = connect(folder.database);
    checkWhole(db, folder.database, existsSync(inUseMark(dir)));
    return prepare(folder, db, migrations);
  } catch (error) {
    db?.close();
    const known = sqliteError(error, folder.database);
    if (known instanceof StudioError && known.code === 'DB_CORRUPT') return known;
    throw known;
  }
}

/** DB_CORRUPT when pages are damaged or missing, or the file is some other program's. */
function checkWhole(db: Db, path: string, everyPage: boolean): void {
  refuseFuture(db);
  const tables = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get() as number;
  const id = db.pragma('application_id', { simple: true });
  if (tables > 0 && (id !== applicationId || versionOf(db) === 0)) throw new StudioError('DB_CORRUPT', `${path} is not a history of Ovis Studio.`, { path });
  // Half a second at a hundred thousand rows: not at every start. Reading the schema has already found a file cut short.
  if (!everyPage) return;
  const [first] = db.pragma('quick_check(1)') as { quick_check: string }[];
  if (first?.quick_check !== 'ok') throw new StudioError('DB_CORRUPT', `The history is damaged: ${first?.quick_check}.`, { path });
}

function prepare(folder: DataFolder, db: Db, migrations: readonly Migration[] | undefined): Db {
  try {
    const fresh = versionOf(db) === 0;
    db.pragma('journal_mode = WAL');
    // A large write must not leave a large file behind.
    db.pragma('journal_size_limit = 67108864');
    durable(db);
    // Taken now and held: a second studio is refused here, not in the middle of its work.
    db.exec('BEGIN IMMEDIATE; COMMIT');
    migrate(db, { backupFolder: folder.backups, ...(migrations && { migrations }) });
    if (fresh && migrations === undefined && hasFiles(folder.assets)) setFact(db, rebuildFact, true);
    return db;
  } catch (error) {
    db.close();
    throw sqliteError(error, folder.database);
  }
}

/** Pictures without a database: it was removed, or the pictures were copied here. */
function hasFiles(assets: string): boolean {
  return existsSync(assets) && readdirSync(assets).some((name) => /^[0-9a-f]{2}$/.test(name));
}

/** history.db → history-damaged-20261231-235959.db, with what belongs to it. Returns the new path. */
function setAsideDamaged(path: string): string {
  let to = path.replace(/\.db$/, `-damaged-${stamp()}.db`);
  for (let n = 2; existsSync(to); n++) to = path.replace(/\.db$/, `-damaged-${stamp()}-${n}.db`);
  renameSync(path, to);
  for (const suffix of ['-wal', '-journal']) if (existsSync(path + suffix)) renameSync(path + suffix, to + suffix);
  rmSync(`${path}-shm`, { force: true });
  return to;
}
