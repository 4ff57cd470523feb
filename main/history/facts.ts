/** Small facts that outlive a restart. */
import type { Db } from './connection.ts';
import { one, run } from './statements.ts';

type Fact = string | number | boolean | null;

/** Says that rows are still to be made again for files that lie in the store. */
export const rebuildFact = 'rebuild.pending';

/** Null where it was never set. */
export function getFact(db: Db, name: string): Fact {
  const row = one<{ value: string }>(db, 'SELECT value FROM facts WHERE name = ?', name);
  return row === undefined ? null : (JSON.parse(row.value) as Fact);
}

export function setFact(db: Db, name: string, value: Fact): void {
  run(db, 'INSERT INTO facts (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value', name, JSON.stringify(value));
}
