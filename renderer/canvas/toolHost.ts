import { canvas, canvasDocument, change } from '../project/canvasStore.ts';
import { useProject } from '../project/project.ts';
import { missing, toProblem } from '../studio/problem.ts';
import { refuse } from '../document/outcome.ts';
import type { Viewport } from '../document/spaces.ts';
import { Toolbox } from '../tools/toolbox.ts';
import type { ToolContext, ToolId } from '../tools/tool.ts';
import { fillArea, prepareSelect, smartSelect } from './asked.ts';
import { colourAt } from './pixels.ts';
import { setOptions, useTools } from './tools.ts';

/** The tools in the hands of this page. */

let viewport: Viewport = { width: 1, height: 1 };

export function setViewport(size: Viewport): void {
  viewport = size;
}

export function viewportNow(): Viewport {
  return viewport;
}

const context: ToolContext = {
  document: canvasDocument,
  apply: (op, options) => {
    // A page that only reads says so itself.
    if (useProject.getState().access !== 'write') { change(op, options); return refuse('NOTHING', ''); }
    return canvas.apply(op, options);
  },
  preview: (preview) => canvas.setTransient({ preview }),
  options: () => useTools.getState().options,
  setOptions,
  view: () => canvas.getState().transient.view,
  setView: (view) => canvas.setTransient({ view }),
  viewport: viewportNow,
  refused: (refusal) => { if (refusal.message !== '') useProject.setState({ refusal: missing(refusal.message) }); },
  colourAt,
  smartSelect: ({ point, tolerance }, signal) => smartSelect(canvasDocument(), point, tolerance, signal),
  floodFill: (request, signal) => fillArea(canvasDocument(), request, signal),
  failed: (error) => useProject.setState({ refusal: toProblem(error) }),
};

export const toolbox = new Toolbox(context);

/** Keeps the page's picture of the tool in hand in step with the toolbox. */
export function toolsChanged(): void {
  const { tool, effective } = useTools.getState();
  if (tool !== toolbox.current || effective !== toolbox.effective) useTools.setState({ tool: toolbox.current, effective: toolbox.effective });
}

export function takeTool(id: ToolId): void {
  toolbox.select(id);
  // Nobody waits for it: a click that comes sooner is answered as ever.
  if (id === 'smartSelect') void prepareSelect(canvasDocument()).catch(() => undefined);
  useProject.setState({ refusal: undefined });
  toolsChanged();
}
