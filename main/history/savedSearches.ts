/** Filters that a person gave a name. */
import type { GalleryFilter, SavedSearch } from '../../preload/contract/gallery.ts';
import type { Db } from './connection.ts';
import { all, run } from './statements.ts';

export function listSavedSearches(db: Db): SavedSearch[] {
  return all<{ id: string; name: string; filter: string }>(db, 'SELECT id, name, filter FROM saved_searches ORDER BY created_at, id')
    .map((row) => ({ id: row.id, name: row.name, filter: JSON.parse(row.filter) as GalleryFilter }));
}

export function saveSearch(db: Db, search: SavedSearch, now: number): SavedSearch {
  run(db, 'INSERT INTO saved_searches (id, name, filter, created_at) VALUES (?, ?, ?, ?)', search.id, search.name, JSON.stringify(search.filter), now);
  return search;
}

export function forgetSearch(db: Db, id: string): void {
  run(db, 'DELETE FROM saved_searches WHERE id = ?', id);
}
