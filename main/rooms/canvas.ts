/** The canvas behind the page: its rows, its jobs, and the pictures that only it needs. */
import { journalLimits } from '../../preload/contract/canvas.ts';
import type { CanvasPictures } from '../canvas/canvasPictures.ts';
import type { Staging } from '../canvas/staging.ts';
import { canvasJobs, type PrepareParts } from '../canvas/submit.ts';
import { StudioError } from '../errors.ts';
import type { HistoryService, JobQueue, Room } from '../services.ts';
import type { PictureFiles } from './pictureFiles.ts';
import type { Writers } from './writers.ts';

export interface CanvasParts extends Omit<PrepareParts, 'rows'> {
  readonly history: Pick<HistoryService, 'canvas' | 'gallery' | 'projects'>;
  readonly queue: Pick<JobQueue, 'add'>;
  readonly writers: Writers;
  readonly staging: Staging;
  readonly pictures: CanvasPictures;
  readonly files: Pick<PictureFiles, 'exportCanvas'>;
}

export function canvasRoom(parts: CanvasParts): Room<'canvas'> {
  const { history, queue, writers, staging, pictures, files } = parts;
  const rows = history.canvas;
  return {
    capabilities: async () => ({ depthEstimator: await pictures.canEstimateDepth(), unknownFills: ['edge', 'blur', 'neutral', 'telea'], maxBlend: 25 }),
    open: ({ projectId }) => rows.open(projectId),
    append: async ({ projectId, pageId, entries }, { line }) => {
      writers.check(projectId, pageId, line);
      checkSize(entries);
      return { seq: await rows.append(projectId, entries) };
    },
    snapshot: async ({ projectId, pageId, seq, text }, { line }) => {
      writers.check(projectId, pageId, line);
      return { seq: await rows.snapshot(projectId, seq, text) };
    },
    submit: async (input) => {
      await history.projects.get(input.projectId);
      return queue.add(await canvasJobs(input, { ...parts, rows }), input.toFront ?? false);
    },
    staged: async ({ projectId }) => {
      await history.projects.get(projectId);
      return rows.listStaged(projectId);
    },
    recomposite: (input) => staging.recomposite(input),
    settle: ({ ids, state }) => staging.settle(ids, state),
    keep: ({ id }) => staging.keep(id),
    controlMap: (input) => pictures.controlMap(input),
    prepareSelect: (input) => pictures.prepareSelect(input),
    smartSelect: (input) => pictures.smartSelect(input),
    filterMask: (input) => pictures.filterMask(input),
    exportPicture: async ({ generationIds = [], ...input }) => {
      // A row that was removed for good since has nothing to tell.
      const seen = await Promise.all(generationIds.map((id) => history.gallery.get({ id }).catch(() => undefined)));
      return files.exportCanvas(input, seen.filter((row) => row !== undefined));
    },
    exportLayers: (input) => pictures.exportLayers(input),
  };
}

function checkSize(entries: readonly { readonly text: string }[]): void {
  const characters = entries.reduce((sum, { text }) => sum + text.length, 0);
  if (characters <= journalLimits.call) return;
  throw new StudioError('REQUEST_INVALID', `The entries have ${characters} characters together; ${journalLimits.call} at once are the limit.`, { characters, limit: journalLimits.call });
}
