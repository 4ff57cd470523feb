/** Brings a database to this studio's schema, with a copy of the older one kept beside it. */
import { mkdirSync, readdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';
import { applicationId, type Db } from './connection.ts';
import { migrations as all } from './migrations/index.ts';
import type { Migration } from './migrations/migration.ts';

/** Copies older than these are removed; each is as large as the history. */
const keptBackups = 5;

export interface MigrateOptions {
  /** Where the copies go; without it none is made (an empty database needs none). */
  readonly backupFolder?: string;
  readonly migrations?: readonly Migration[];
}

export function versionOf(db: Db): number {
  return db.pragma('user_version', { simple: true }) as number;
}

/** Throws DB_FROM_FUTURE when a newer studio wrote this database; nothing is changed then. */
export function refuseFuture(db: Db, migrations: readonly Migration[] = all): void {
  const version = versionOf(db);
  const newest = migrations.at(-1)?.version ?? 0;
  if (version <= newest) return;
  throw new StudioError(
    'DB_FROM_FUTURE',
    `This history was written by a newer Ovis Studio (schema ${version}; this one knows ${newest}). Update the studio, or start with another --data folder. Nothing was changed.`,
    { version, newest },
  );
}

/** Runs the steps that are missing, each in a transaction of its own after a backup. Errors: DB_FROM_FUTURE, DISK_FULL. Returns the steps run. */
export function migrate(db: Db, options: MigrateOptions = {}): number[] {
  const migrations = options.migrations ?? all;
  refuseFuture(db, migrations);
  const run: number[] = [];
  const existed = versionOf(db) > 0;
  for (const migration of migrations) {
    const from = versionOf(db);
    if (migration.version <= from) continue;
    if (existed && options.backupFolder !== undefined) backUp(db, options.backupFolder, from);
    step(db, migration);
    run.push(migration.version);
  }
  return run;
}

function step(db: Db, migration: Migration): void {
  db.transaction(() => {
    migration.up(db);
    const broken = db.pragma('foreign_key_check') as unknown[];
    if (broken.length > 0) throw new StudioError('DB_CORRUPT', `Step ${migration.version} (${migration.name}) would leave ${broken.length} rows that refer to nothing; it was undone.`, { version: migration.version });
    // Both are part of the transaction: a kill leaves the old schema with the old number.
    db.pragma(`application_id = ${applicationId}`);
    db.pragma(`user_version = ${migration.version}`);
  }).immediate();
}

function backUp(db: Db, folder: string, version: number): void {
  mkdirSync(folder, { recursive: true });
  const path = join(folder, `history-v${version}-${stamp()}.db`);
  const part = `${path}.part`;
  try {
    // VACUUM INTO refuses an existing file: one that a killed start left behind.
    rmSync(part, { force: true });
    db.prepare('VACUUM INTO ?').run(part);
    renameSync(part, path);
  } catch (error) {
    rmSync(part, { force: true });
    throw error;
  }
  for (const old of readdirSync(folder).filter((name) => /^history-v\d+-.*\.db$/.test(name)).sort(byStamp).slice(0, -keptBackups)) {
    rmSync(join(folder, old), { force: true });
  }
}

function byStamp(a: string, b: string): number {
  const stampOf = (name: string): string => name.slice(name.indexOf('-', 'history-v'.length));
  return stampOf(a) < stampOf(b) ? -1 : 1;
}

/** 20261231-235959: sorts by time and is a file name everywhere. */
export function stamp(now = new Date()): string {
  return now.toISOString().slice(0, 19).replaceAll(/[-:]/g, '').replace('T', '-');
}
