/** Which pixels of the canvas are chosen. A mask says where the model repaints; a selection says what is copied, lifted, filled, erased, exported, and where marks may fall. */
import { done, refuse } from '../outcome.ts';
import type { Op } from '../outcome.ts';
import type { Clip, Selection } from '../records.ts';
import { isArea, isPlace } from './support.ts';

/** Whole pixels, and something to choose from; what an item was kept within could be turned or scaled, not flattened. */
export function isSoundSelection(selection: Selection | Clip): boolean {
  const { x, y, width, height } = selection.rect;
  return isArea(selection.rect) && [x, y, width, height].every(Number.isInteger) && (!('transform' in selection) || selection.transform.every(isPlace));
}

/** Chooses pixels; null = none. */
export function setSelection(selection: Selection | null): Op {
  return (document) => {
    if (selection !== null && !isSoundSelection(selection)) return refuse('INVALID', 'Nothing there to select');
    const { selection: before, ...rest } = document;
    if (selection === null) return before === undefined ? refuse('NOTHING', 'Nothing is selected') : done(rest);
    return done({ ...rest, selection });
  };
}
