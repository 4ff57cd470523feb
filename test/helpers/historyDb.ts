/** A history in memory, for tests of its statements. */
import { randomUUID } from 'node:crypto';
import type { GalleryFilter } from '../../preload/contract/gallery.ts';
import { putAsset } from '../../main/history/assetRows.ts';
import { connect, type Db } from '../../main/history/connection.ts';
import { addGenerations } from '../../main/history/generations.ts';
import { migrate } from '../../main/history/migrate.ts';
import { searchGenerations } from '../../main/history/search.ts';
import type { NewGeneration } from '../../main/history/rowTypes.ts';
import { hashOf, newGeneration, storedAsset } from './historyRows.ts';

/** When the first picture was made. */
export const start = 1_700_000_000_000;

export function memoryHistory(): Db {
  const db = connect(':memory:');
  migrate(db);
  return db;
}

/** Writes a picture of its own and the row. */
export function addPicture(db: Db, change: Partial<NewGeneration> = {}): NewGeneration {
  const row = newGeneration(hashOf(randomUUID()), change);
  putAsset(db, storedAsset(row.hash), start);
  addGenerations(db, [row]);
  return row;
}

/** Ids in the order in which the gallery shows them. */
export function foundIn(db: Db, filter: GalleryFilter): string[] {
  return searchGenerations(db, { filter }).items.map((item) => item.id);
}
