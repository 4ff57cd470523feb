/** The store's side of the history: which files there are, and which of them nothing uses. */
import Database from 'better-sqlite3';
import type { AssetInfo } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { Db } from './connection.ts';
import { getFact, rebuildFact } from './facts.ts';
import { all, list, one, run } from './statements.ts';

/** Enough to find the file. */
export interface AssetFile {
  readonly hash: string;
  readonly extension: string;
}

export type StoredAsset = AssetInfo & AssetFile;

const columns = 'hash, extension, mime, bytes, width, height';

/** Writes down a file that lies in the store; a known one counts as fresh again. */
export function putAsset(db: Db, asset: StoredAsset, now: number): void {
  db.transaction(() => {
    run(
      db,
      `INSERT INTO assets (${columns}, created_at, touched_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (hash) DO UPDATE SET touched_at = max(touched_at, excluded.touched_at)`,
      asset.hash, asset.extension, asset.mime, asset.bytes, asset.width, asset.height, now, now,
    );
    run(db, 'DELETE FROM removals WHERE hash = ?', asset.hash);
  }).immediate();
}

export function getAsset(db: Db, hash: string): StoredAsset | undefined {
  return one<StoredAsset>(db, `SELECT ${columns} FROM assets WHERE hash = ?`, hash);
}

/** ASSET_MISSING names the pictures that the store does not know. */
export function requireAssets(db: Db, hashes: readonly string[]): void {
  const missing = all<{ value: string }>(db, 'SELECT DISTINCT value FROM json_each(?) WHERE value NOT IN (SELECT hash FROM assets)', list(hashes));
  if (missing.length === 0) return;
  throw new StudioError('ASSET_MISSING', `${missing.length === 1 ? 'A picture is' : `${missing.length} pictures are`} no longer in the store: add it again.`, { hashes: missing.map((row) => row.value) });
}

/** Notes from what a picture was made without a generation (a control map, a canvas snapshot), for the lineage. */
export function addAssetSource(db: Db, hash: string, sourceHash: string, how: string): void {
  requireAssets(db, [hash]);
  run(db, 'INSERT OR IGNORE INTO asset_sources (hash, source_hash, how) VALUES (?, ?, ?)', hash, sourceHash, how);
}

/** The same from several at once; a picture is never its own source, and sources that were never stored lead nowhere. */
export function addAssetSources(db: Db, hash: string, sources: readonly string[], how: string): void {
  requireAssets(db, [hash]);
  run(db, 'INSERT OR IGNORE INTO asset_sources (hash, source_hash, how) SELECT ?, value, ? FROM json_each(?) WHERE value <> ?', hash, how, list(sources), hash);
}

/** What a project's canvas uses, in place of what it used before. ASSET_MISSING. */
export function setCanvasReferences(db: Db, projectId: string, hashes: readonly string[]): void {
  db.transaction(() => {
    requireAssets(db, hashes);
    run(db, 'DELETE FROM canvas_references WHERE project_id = ? AND hash NOT IN (SELECT value FROM json_each(?))', projectId, list(hashes));
    run(db, 'INSERT OR IGNORE INTO canvas_references (project_id, hash) SELECT ?, value FROM json_each(?)', projectId, list(hashes));
  }).immediate();
}

/** Forgets the files that nothing uses and that nobody put since `before`, at most `limit` of them. Returns how many. */
export function forgetUnused(db: Db, before: number, limit: number): number {
  return db.transaction(() => {
    const unused = all<{ hash: string }>(db, 'SELECT hash FROM assets WHERE touched_at <= ? AND hash NOT IN (SELECT hash FROM asset_uses) LIMIT ?', before, limit);
    return unused.filter(({ hash }) => forgetAsset(db, hash, before)).length;
  }).immediate();
}

/** Takes a file off the list unless something uses it, or put it after `before`; its bytes then wait for removal. Returns whether it went. */
export function forgetAsset(db: Db, hash: string, before: number): boolean {
  // Who uses a file is not known before every row is back.
  if (getFact(db, rebuildFact) === true) return false;
  try {
    // The decision is SQLite's: a row that any table refers to cannot be deleted.
    const file = one<AssetFile>(db, 'DELETE FROM assets WHERE hash = ? AND touched_at <= ? RETURNING hash, extension', hash, before);
    if (file) run(db, 'INSERT OR REPLACE INTO removals (hash, extension) VALUES (?, ?)', file.hash, file.extension);
    return file !== undefined;
  } catch (error) {
    if (error instanceof Database.SqliteError && error.code === 'SQLITE_CONSTRAINT_FOREIGNKEY') return false;
    throw error;
  }
}

/** Files that were forgotten and whose bytes may still lie there. */
export function pendingRemovals(db: Db): AssetFile[] {
  return all(db, 'SELECT hash, extension FROM removals');
}

export function isPendingRemoval(db: Db, hash: string): boolean {
  return one(db, 'SELECT 1 FROM removals WHERE hash = ?', hash) !== undefined;
}

export function removalDone(db: Db, hash: string): void {
  run(db, 'DELETE FROM removals WHERE hash = ?', hash);
}

/** Those of the hashes that are neither stored nor waiting for removal. */
export function unknownAssets(db: Db, hashes: readonly string[]): string[] {
  return all<{ value: string }>(
    db,
    'SELECT value FROM json_each(?) WHERE value NOT IN (SELECT hash FROM assets) AND value NOT IN (SELECT hash FROM removals)',
    list(hashes),
  ).map((row) => row.value);
}

/** Whether any row uses the file. */
export function isUsed(db: Db, hash: string): boolean {
  return one(db, 'SELECT 1 FROM asset_uses WHERE hash = ?', hash) !== undefined;
}
