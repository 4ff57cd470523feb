import { documentBounds } from '../document/bounds.ts';
import { fitView } from '../document/spaces.ts';
import { canvas, canvasDocument } from '../project/canvasStore.ts';
import { union } from './rect.ts';
import { viewportNow } from './toolHost.ts';

/** Everything that the canvas holds, in the middle of the window. */
export function fitCanvas(): void {
  const document = canvasDocument();
  canvas.setTransient({ view: fitView(union(documentBounds(document) ?? document.frame, document.frame), viewportNow(), { margin: 40 }) });
}
