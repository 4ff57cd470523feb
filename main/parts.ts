/** Opens the parts with a life of their own, in the only safe order: history and pictures, then the queue on top. */
import { openLibrary } from './assets/library.ts';
import { keepTidy } from './assets/tidying.ts';
import { toFailure, type Failure } from './errors.ts';
import { CanvasPictures } from './canvas/canvasPictures.ts';
import { DepthEstimator } from './canvas/depthEstimator.ts';
import { Staging } from './canvas/staging.ts';
import type { OpenNotice } from './history/open.ts';
import { Imaging } from './imaging/imaging.ts';
import { openJobQueue } from './jobs/jobQueue.ts';
import { MemoryForecast } from './models/memoryForecast.ts';
import { builtInModelId } from './models/modelList.ts';
import { storedPictures } from './pictures.ts';
import { projectFiles } from './projects/projectFiles.ts';
import { pictureFiles } from './rooms/pictureFiles.ts';
import { ensureProject } from './rooms/projects.ts';
import type { StudioBase, StudioParts } from './studio.ts';

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. */
export async function openParts(base: StudioBase): Promise<StudioParts> {
  const { dataDir, engine, models, settings, events, log, chosenProvider, plans } = base;
  const imaging = new Imaging();
  const closing: (() => Promise<void>)[] = [() => imaging.close()];
  const close = async (): Promise<void> => {
    for (const part of closing.toReversed()) await part();
  };
  try {
    const library = await openLibrary({ dir: dataDir, imaging });
    closing.push(() => library.close());
    const { history, assets, notice } = library;
    if (notice) log.note(`history: ${JSON.stringify(notice)}`);
    const galleryChanged = (change: 'added' | 'removed'): void => void events.publish({ type: 'gallery', change, ids: [] });
    const report = (failure: Failure, what: string): void => log.failure(failure, what);
    library.rebuilding?.then(() => galleryChanged('added'), (error: unknown) => report(toFailure(error), 'making rows again from the pictures'));
    closing.push(keepTidy({ tidy: () => library.tidy(settings.get().trashDays), done: ({ rows }) => (rows > 0 ? galleryChanged('removed') : undefined), report }));
    await ensureProject({ history, events });
    const pictures = storedPictures(assets, imaging);
    const canvas = {
      assets, imaging,
      staging: new Staging({ history, assets, imaging, pictures, events }),
      pictures: new CanvasPictures({ assets, imaging, rows: history.canvas, decoded: pictures, depth: new DepthEstimator({ engine, models, settings, builtInModelId }) }),
    };
    const memory = new MemoryForecast({ models, settings: () => ({ ...settings.get(), provider: settings.get().provider ?? chosenProvider?.() ?? null }), plans });
    const queue = await openJobQueue({
      history, assets, imaging, engine, models, settings, events, memory, ...(chosenProvider && { chosenProvider }),
      pictures,
      report,
    });
    return { history, assets, pictures: pictureFiles(assets, imaging), projectFiles: projectFiles({ assets, rows: history.projects }), canvas, queue, notices: notice ? [failureOf(notice)] : [], close };
  } catch (error) {
    await close();
    throw error;
  }
}

function failureOf({ code, message, setAside, salvagedRows }: OpenNotice): Failure {
  return { code, message, details: { setAside, salvagedRows }, retryable: false };
}
