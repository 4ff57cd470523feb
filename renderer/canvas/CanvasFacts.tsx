import { useEffect, useRef } from 'react';
import { documentBounds } from '../document/bounds.ts';
import { useCanvas } from '../project/canvasStore.ts';
import { useStaging } from '../staging/staging.ts';
import type { ToolId } from '../tools/tool.ts';
import { onPointer } from './CanvasStage.tsx';
import { useTools } from './tools.ts';

const hints: Readonly<Record<ToolId, string>> = {
  brush: 'Drag paints · Shift draws straight · Ctrl erases · [ ] changes size',
  eraser: 'Drag erases · Shift erases straight · [ ] changes size',
  lasso: 'Drag or click corners · ↵ closes · Ctrl subtracts · Esc cancels',
  shapes: 'Drag draws · Shift keeps it square · Alt from the centre · Ctrl subtracts',
  fill: 'Click fills what looks alike · Shift fills the frame · Ctrl subtracts',
  smartSelect: 'Click selects an object · Ctrl takes it out',
  picker: 'Click takes the colour · Shift takes the other colour',
  move: 'Drag moves the selected layer · Shift keeps the axis · arrows by 1 px',
  transform: 'Handles scale · outside a corner turns · Shift keeps the ratio · Alt about the centre',
  frame: 'Drag the edges · snaps to 64, with Ctrl to 32 · Shift keeps the ratio · Alt about the centre',
  hand: 'Drag moves the view · wheel zooms', zoom: 'Click zooms in, with Alt out · drag zooms to a box',
};

/** What the keys do here. */
export function useCanvasHint(): string {
  const tool = useTools((state) => state.effective);
  const waiting = useStaging((state) => state.waiting.length);
  if (waiting > 0) return `↵ accepts${waiting > 1 ? ' · ← → browses' : ''} · hold Z for the original · Esc discards`;
  return hints[tool];
}

/** Size of the canvas, zoom, where the pointer is. */
export function CanvasFacts() {
  const size = useCanvas((state) => { const bounds = documentBounds(state.document); return bounds === null ? '' : `${bounds.width} × ${bounds.height}`; });
  const zoom = useCanvas((state) => Math.round(state.transient.view.zoom * 100));
  const at = useRef<HTMLSpanElement>(null);
  // Written past React: it changes with every move of the pointer.
  useEffect(() => onPointer((point) => {
    if (at.current === null) return;
    at.current.hidden = point === undefined;
    at.current.textContent = point === undefined ? '' : `x ${Math.floor(point.x)} y ${Math.floor(point.y)}`;
  }), []);
  return (
    <>
      {size !== '' && <span><b>{size}</b></span>}
      <span>{zoom} %</span>
      <span ref={at} hidden />
    </>
  );
}
