/** Prepared statements, compiled once per connection. */
import type { Statement } from 'better-sqlite3';
import type { Db } from './connection.ts';

const prepared = new WeakMap<Db, Map<string, Statement>>();

export function statement(db: Db, sql: string): Statement {
  let known = prepared.get(db);
  if (!known) prepared.set(db, known = new Map<string, Statement>());
  let found = known.get(sql);
  if (!found) known.set(sql, found = db.prepare(sql));
  return found;
}

export type Value = string | number | null;

/** Runs a writing statement. Returns how many rows changed. */
export function run(db: Db, sql: string, ...values: readonly Value[]): number {
  return statement(db, sql).run(...values).changes;
}

/** The first row, or undefined. The caller names the columns' types: they are those of its own SQL. */
export function one<T>(db: Db, sql: string, ...values: readonly Value[]): T | undefined {
  return statement(db, sql).get(...values) as T | undefined;
}

export function all<T>(db: Db, sql: string, ...values: readonly Value[]): T[] {
  return statement(db, sql).all(...values) as T[];
}

/** A list as one bound value: read in SQL with `json_each(?)`, so that the statement stays the same for any length. */
export function list(values: readonly (string | number)[]): string {
  return JSON.stringify(values);
}
