/** One SQLite connection as the history wants it, and SQLite's errors in the studio's words. */
import Database from 'better-sqlite3';
import { StudioError } from '../errors.ts';
import { spaced } from './spaced.ts';

export type Db = Database.Database;

/** "OVIS" in the file's header: tells our history from any other SQLite file. */
export const applicationId = 0x4f564953;

/** How long a second studio waits for the first to close before it gives up. */
const busyTimeoutMs = 500;

/** Opens the file, creating it where absent, and takes it for this process alone. DATA_IN_USE when another studio holds it; DB_CORRUPT; REQUEST_INVALID where nothing may be written. */
export function connect(path: string, options: { readonly readonly?: boolean } = {}): Db {
  try {
    const db = new Database(path, { timeout: busyTimeoutMs, readonly: options.readonly ?? false });
    try {
      // The kernel drops this lock with the process, however it dies; and without a second process there is no shared memory file.
      db.pragma('locking_mode = EXCLUSIVE');
      db.pragma('foreign_keys = ON');
      // Counts and sorts of a large gallery never touch the disk.
      db.pragma('temp_store = MEMORY');
      db.pragma('cache_size = -65536');
      db.function('spaced', { deterministic: true }, (text) => spaced(typeof text === 'string' ? text : ''));
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw sqliteError(error, path);
  }
}

/**
 * Every commit is on the disk when it returns, so that what the page shows as kept survives a power cut, not only a kill.
 * A flush costs milliseconds in a thread of its own, a few times a second at most: progress and previews are never rows.
 */
export function durable(db: Db): void {
  db.pragma('synchronous = FULL');
}

/** Any failure of SQLite → the typed error a person can act on; other errors pass unchanged. */
export function sqliteError(error: unknown, path = 'the history'): unknown {
  if (!(error instanceof Database.SqliteError)) return error;
  const { code, message } = error;
  const details = { path, sqlite: code };
  const is = (...prefixes: string[]): boolean => prefixes.some((prefix) => code === prefix || code.startsWith(`${prefix}_`));
  if (is('SQLITE_FULL', 'SQLITE_IOERR_WRITE', 'SQLITE_IOERR_FSYNC', 'SQLITE_IOERR_TRUNCATE')) {
    return new StudioError('DISK_FULL', 'No disk space for the history: free some and try again. Nothing that was kept is lost.', details, { retryable: true, cause: error });
  }
  if (is('SQLITE_CORRUPT', 'SQLITE_NOTADB', 'SQLITE_IOERR_SHORT_READ')) {
    return new StudioError('DB_CORRUPT', `The history is damaged (${message}). It is set aside and rebuilt at the next start.`, details, { cause: error });
  }
  if (is('SQLITE_BUSY', 'SQLITE_LOCKED')) {
    return new StudioError('DATA_IN_USE', 'Another Ovis Studio has this data folder open: use its window, close it, or start with another --data folder.', details, { retryable: true, cause: error });
  }
  if (is('SQLITE_READONLY', 'SQLITE_CANTOPEN', 'SQLITE_PERM', 'SQLITE_AUTH')) {
    return new StudioError('REQUEST_INVALID', `The history cannot be written at ${path}: the folder is missing, read-only or belongs to someone else.`, { ...details, reason: 'NOT_WRITABLE' }, { cause: error });
  }
  if (code === 'SQLITE_CONSTRAINT_FOREIGNKEY') {
    return new StudioError('REQUEST_INVALID', 'What this refers to is no longer in the history.', details, { cause: error });
  }
  if (is('SQLITE_CONSTRAINT')) return new StudioError('REQUEST_INVALID', `The history refuses this: ${message}.`, details, { cause: error });
  return new StudioError('INTERNAL', `The history failed: ${message}.`, details, { cause: error });
}
