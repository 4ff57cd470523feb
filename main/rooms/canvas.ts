/** The canvas behind the page: its rows, its jobs, and the pictures that only it needs. */
import { journalLimits } from '../../preload/contract/canvas.ts';
import type { CanvasRows, Room } from '../services.ts';
import { StudioError } from '../errors.ts';
import type { Writers } from './writers.ts';

export interface CanvasParts {
  readonly rows: CanvasRows;
  readonly writers: Writers;
}

export function canvasRoom({ rows, writers }: CanvasParts): Room<'canvas'> {
  const later = async (): Promise<never> => { throw new StudioError('NOT_FOUND', 'This part of the canvas is not built yet.'); };
  return {
    capabilities: later, submit: later, staged: later, recomposite: later, settle: later, keep: later,
    controlMap: later, smartSelect: later, filterMask: later, exportPicture: later, exportLayers: later,
    open: ({ projectId }) => rows.open(projectId),
    append: async ({ projectId, pageId, entries }) => {
      writers.check(projectId, pageId);
      checkSize(entries);
      return { seq: await rows.append(projectId, entries) };
    },
    snapshot: async ({ projectId, pageId, seq, text }) => {
      writers.check(projectId, pageId);
      return { seq: await rows.snapshot(projectId, seq, text) };
    },
  };
}

function checkSize(entries: readonly { readonly text: string }[]): void {
  const characters = entries.reduce((sum, { text }) => sum + text.length, 0);
  if (characters <= journalLimits.call) return;
  throw new StudioError('REQUEST_INVALID', `The entries have ${characters} characters together; ${journalLimits.call} at once are the limit.`, { characters, limit: journalLimits.call });
}
