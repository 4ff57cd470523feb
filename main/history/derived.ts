/** Pictures that were made from others by a recipe: found again instead of made again. */
import type { Db } from './connection.ts';
import { one, run } from './statements.ts';

export function getDerived(db: Db, recipe: string): string | undefined {
  return one<{ hash: string }>(db, 'SELECT hash FROM derived_pictures WHERE recipe = ?', recipe)?.hash;
}

/** The picture must be stored. */
export function setDerived(db: Db, recipe: string, hash: string): void {
  run(db, 'INSERT INTO derived_pictures (recipe, hash) VALUES (?, ?) ON CONFLICT (recipe) DO UPDATE SET hash = excluded.hash', recipe, hash);
}
