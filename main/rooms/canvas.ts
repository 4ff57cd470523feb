/** The canvas behind the page. */
import { StudioError } from '../errors.ts';
import type { Room } from '../services.ts';

export function canvasRoom(): Room<'canvas'> {
  const later = async (): Promise<never> => { throw new StudioError('NOT_FOUND', 'This part of the canvas is not built yet.'); };
  return {
    capabilities: later, open: later, append: later, snapshot: later, submit: later, staged: later, recomposite: later, settle: later, keep: later,
    controlMap: later, smartSelect: later, filterMask: later, exportPicture: later, exportLayers: later,
  };
}
