/** Reads what can still be read out of a damaged database. */
import { existsSync, rmSync, statSync } from 'node:fs';
import Database from 'better-sqlite3';
import type { Db } from './connection.ts';

/** Parents before children, so that references hold. */
const tables = [
  'assets', 'asset_sources', 'projects', 'generations', 'generation_inputs', 'tags', 'generation_tags', 'chats', 'chat_pictures', 'turns',
  'jobs', 'job_inputs', 'batches', 'canvas_references', 'saved_searches', 'facts',
  'project_trash', 'canvases', 'canvas_journal', 'staged', 'staged_assets', 'derived_pictures',
];

/** Copies every readable row that the schema accepts into a fresh database. Returns how many. */
export function salvage(damaged: string, into: Db): number {
  let from: Db;
  try {
    from = new Database(damaged, { readonly: true, fileMustExist: true });
  } catch {
    return 0;
  }
  try {
    return into.transaction(() => tables.reduce((sum, table) => sum + copyTable(from, into, table), 0))();
  } finally {
    from.close();
    leaveNoTrace(damaged);
  }
}

/** Reading makes side files; a log that was there before holds something and stays. */
function leaveNoTrace(path: string): void {
  rmSync(`${path}-shm`, { force: true });
  if (existsSync(`${path}-wal`) && statSync(`${path}-wal`).size === 0) rmSync(`${path}-wal`);
}

function copyTable(from: Db, into: Db, table: string): number {
  const columns = columnsOf(into, table).filter((column) => columnsOf(from, table).includes(column));
  if (columns.length === 0) return 0;
  const names = columns.map((column) => `"${column}"`).join(', ');
  const insert = into.prepare(`INSERT OR IGNORE INTO "${table}" (${names}) VALUES (${columns.map(() => '?').join(', ')})`);
  const key = columns[0] ?? '';
  let copied = 0;
  // From both ends: a damaged page ends a walk, and the walk from the other side reaches what lies behind it.
  for (const direction of ['ASC', 'DESC']) {
    try {
      for (const row of from.prepare(`SELECT ${names} FROM "${table}" ORDER BY "${key}" ${direction}`).raw().iterate()) {
        copied += insertRow(insert, row as unknown[]);
      }
      return copied;
    } catch {
      continue;
    }
  }
  return copied;
}

function insertRow(insert: Database.Statement, row: unknown[]): number {
  try {
    return insert.run(...row).changes;
  } catch {
    // Refers to a lost row, or holds what no column of the schema may: damage, not data.
    return 0;
  }
}

function columnsOf(db: Db, table: string): string[] {
  try {
    // table_info leaves out generated columns.
    return (db.pragma(`table_info("${table}")`) as { name: string }[]).map((column) => column.name);
  } catch {
    return [];
  }
}
