import { useStore } from 'zustand';
import { createCanvasStore } from '../document/store.ts';
import type { ApplyOptions, CanvasState } from '../document/store.ts';
import type { Op, Outcome } from '../document/outcome.ts';
import type { CanvasDocument, Layer } from '../document/records.ts';
import { missing } from '../studio/problem.ts';
import { useProject } from './project.ts';
import { spillStore } from './spillStore.ts';

/** The page's canvas: one document, one undo. */
export const canvas = createCanvasStore({ spill: spillStore, onProblem: () => undefined });

export function useCanvas<T>(pick: (state: CanvasState) => T): T {
  return useStore(canvas, pick);
}

export function canvasDocument(): CanvasDocument {
  return canvas.getState().document;
}

export function selectedLayer(document: CanvasDocument = canvasDocument()): Layer | undefined {
  return document.selected === null ? undefined : document.layers[document.selected];
}

/** Lowest last, as panels list them. */
export function layersFromTop(document: CanvasDocument): readonly Layer[] {
  return document.order.toReversed().flatMap((id) => document.layers[id] ?? []);
}

/** Changes the canvas, or shows beside it why not. A page that only reads changes nothing. */
export function change(op: Op, options: ApplyOptions): boolean {
  if (useProject.getState().access !== 'write') {
    useProject.setState({ refusal: missing('Another page writes this project. Take it over to change it here.') });
    return false;
  }
  return tell(canvas.apply(op, options));
}

/** Shows why something was refused; changing nothing is no news. */
export function tell(outcome: Outcome): boolean {
  if (outcome.ok) {
    if (useProject.getState().refusal !== undefined) useProject.setState({ refusal: undefined });
    return true;
  }
  if (outcome.refusal.code !== 'NOTHING') useProject.setState({ refusal: missing(outcome.refusal.message) });
  return false;
}
