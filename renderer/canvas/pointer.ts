import { screenPoint, toCanvas } from '../document/spaces.ts';
import type { CanvasPoint } from '../document/spaces.ts';
import { canvas } from '../project/canvasStore.ts';

/** The point of the canvas under a point of the window; undefined beyond the stage. */
export function canvasPointAt(clientX: number, clientY: number): CanvasPoint | undefined {
  const rect = document.querySelector('[data-region=stage]')?.getBoundingClientRect();
  if (rect === undefined || clientX < rect.left || clientX > rect.right || clientY < rect.top || clientY > rect.bottom) return undefined;
  return toCanvas(canvas.getState().transient.view, screenPoint(clientX - rect.left, clientY - rect.top));
}
