import { documentBounds } from '../document/bounds.ts';
import { setFrameSize } from '../document/ops/frame.ts';
import { centreView, fitView } from '../document/spaces.ts';
import { canvas, canvasDocument, change } from '../project/canvasStore.ts';
import { union } from './rect.ts';
import { viewportNow } from './toolHost.ts';

/** Beyond this a picture shows its pixels more than itself. */
const largest = 4;

/** Everything that the canvas holds, in the middle of the window. */
export function fitCanvas(): void {
  const document = canvasDocument();
  const whole = union(documentBounds(document) ?? document.frame, document.frame);
  const view = fitView(whole, viewportNow(), { margin: 48, enlarge: true });
  // A small picture is enlarged in whole steps, so that its pixels stay square.
  canvas.setTransient({ view: view.zoom <= 1 ? view : centreView(whole, viewportNow(), Math.min(largest, Math.floor(view.zoom))) });
}

/** Gives the frame a size that was chosen elsewhere than on the canvas; while nothing else is there, it is what one looks at. */
export function resizeFrame(width: number, height: number, merge?: string): void {
  const changed = change(setFrameSize(width, height), { mark: 'Frame', ...(merge === undefined ? {} : { merge }) });
  if (changed && documentBounds(canvasDocument()) === null) fitCanvas();
}
