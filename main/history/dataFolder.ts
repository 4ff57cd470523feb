/** Where things lie in a data folder. Apart from SQLite, which only the worker thread loads. */
import { join } from 'node:path';

export interface DataFolder {
  /** history.db and what SQLite puts beside it. */
  readonly database: string;
  readonly backups: string;
  readonly assets: string;
  readonly thumbnails: string;
}

export function dataFolder(dir: string): DataFolder {
  return { database: join(dir, 'history.db'), backups: join(dir, 'backups'), assets: join(dir, 'assets'), thumbnails: join(dir, 'thumbnails') };
}
