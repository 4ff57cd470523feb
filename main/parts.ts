/** Opens the parts with a life of their own, in the only safe order: history and pictures, then the queue on top. */
import { openLibrary } from './assets/library.ts';
import { Imaging } from './imaging/imaging.ts';
import { openJobQueue } from './jobs/jobQueue.ts';
import { storedPictures } from './pictures.ts';
import { projectFiles } from './projects/projectFiles.ts';
import { pictureFiles } from './rooms/pictureFiles.ts';
import { ensureProject } from './rooms/projects.ts';
import type { StudioBase, StudioParts } from './studio.ts';

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. */
export async function openParts(base: StudioBase): Promise<StudioParts> {
  const { dataDir, engine, models, settings, events, log } = base;
  const imaging = new Imaging();
  const closing: (() => Promise<void>)[] = [() => imaging.close()];
  const close = async (): Promise<void> => {
    for (const part of closing.toReversed()) await part();
  };
  try {
    const library = await openLibrary({ dir: dataDir, imaging });
    closing.push(() => library.close());
    if (library.notice) log.note(`history: ${JSON.stringify(library.notice)}`);
    const { history, assets } = library;
    await ensureProject({ history, events });
    const queue = await openJobQueue({
      history, assets, imaging, engine, models, settings, events,
      pictures: storedPictures(assets, imaging),
      report: (failure, what) => log.failure(failure, what),
    });
    return { history, assets, pictures: pictureFiles(assets, imaging), projectFiles: projectFiles(), queue, close };
  } catch (error) {
    await close();
    throw error;
  }
}
