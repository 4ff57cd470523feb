/** Opens the parts with a life of their own, in the only safe order: history and pictures, then the queue on top. */
import { openLibrary } from './assets/library.ts';
import { Imaging } from './imaging/imaging.ts';
import { pictureFiles } from './rooms/pictureFiles.ts';
import { noQueue } from './noQueue.ts';
import type { StudioBase, StudioParts } from './studio.ts';

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. */
export async function openParts(base: StudioBase): Promise<StudioParts> {
  const imaging = new Imaging();
  try {
    const library = await openLibrary({ dir: base.dataDir, imaging });
    if (library.notice) base.log.note(JSON.stringify(library.notice));
    return {
      history: library.history,
      assets: library.assets,
      pictures: pictureFiles(library.assets),
      queue: noQueue(),
      close: async () => {
        await library.close();
        await imaging.close();
      },
    };
  } catch (error) {
    await imaging.close();
    throw error;
  }
}
