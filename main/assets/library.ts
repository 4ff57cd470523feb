/** Opens history and pictures of a data folder together, in the only safe order. */
import { dataFolder } from '../history/dataFolder.ts';
import type { OpenNotice } from '../history/open.ts';
import { openHistory, type History } from '../history/history.ts';
import { rebuild, type Rebuilt } from './rebuild.ts';
import { ContentStore, type StoreParts } from './store.ts';

export interface Library {
  readonly history: History;
  readonly assets: ContentStore;
  /** A damaged history was set aside: what a person should hear. */
  readonly notice: OpenNotice | null;
  /** Rows are being made again from the pictures; null when nothing is missing. Progress comes through `onRebuild`. */
  readonly rebuilding: Promise<Rebuilt> | null;
  /** Empties the trash of what lay there for so many days (0 = never), and removes files that nothing uses. Returns how many rows and files went. */
  tidy(trashDays: number): Promise<{ readonly rows: number; readonly files: number; readonly bytes: number }>;
  close(): Promise<void>;
}

const dayMs = 86_400_000;

export interface LibraryOptions {
  readonly dir: string;
  readonly imaging: StoreParts['imaging'];
  readonly graceMs?: number;
  /** How many files were looked at so far. */
  readonly onRebuild?: (files: number) => void;
}

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. */
export async function openLibrary({ dir, imaging, graceMs, onRebuild }: LibraryOptions): Promise<Library> {
  const history = await openHistory(dir);
  try {
    const assets = await ContentStore.open({ folder: dataFolder(dir), rows: history.assets, imaging, ...(graceMs !== undefined && { graceMs }) });
    const rebuilding = (await history.needsRebuild()) ? rebuild(assets, history, onRebuild) : null;
    // Who does not wait for it is not told of its failure either: it is taken up again at the next start.
    rebuilding?.catch(() => undefined);
    return {
      history,
      assets,
      notice: history.notice,
      rebuilding,
      tidy: async (trashDays) => {
        const rows = trashDays > 0 ? await history.purgeOlderThan(Date.now() - trashDays * dayMs) : 0;
        return { rows, ...(await assets.collect()) };
      },
      close: async () => {
        await assets.close();
        await history.close();
      },
    };
  } catch (error) {
    await history.close();
    throw error;
  }
}
