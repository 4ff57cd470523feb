/** Hand and zoom: they move the view, never the document. */
import { fitView, pan, zoomStep } from '../document/spaces.ts';
import type { View } from '../document/spaces.ts';
import { DragTool } from './dragTool.ts';
import { boxOf } from './shapes.ts';
import type { ToolPointer } from './tool.ts';

/** Drags the canvas along. */
export class HandTool extends DragTool {
  readonly id = 'hand';
  #before: View | undefined;

  protected override begin(): boolean {
    this.#before = this.context.view();
    return true;
  }

  protected override tremble(event: ToolPointer, start: ToolPointer): void {
    this.drag(event, start);
  }

  protected drag(event: ToolPointer, start: ToolPointer): void {
    if (this.#before !== undefined) this.context.setView(pan(this.#before, { x: event.screen.x - start.screen.x, y: event.screen.y - start.screen.y }));
  }

  protected drop(): void { /* it is where it was dragged */ }
  protected override click(): void { /* an outline under way stays in sight */ }

  protected override abandon(): void {
    if (this.#before !== undefined) this.context.setView(this.#before);
  }
}

/** A click zooms in, with Alt out; a drag zooms to the box. */
export class ZoomTool extends DragTool {
  readonly id = 'zoom';

  protected drag(event: ToolPointer, start: ToolPointer): void {
    this.context.preview({ type: 'box', rect: boxOf(start.point, event.point, { shift: false, alt: false }) });
  }

  protected drop(event: ToolPointer, start: ToolPointer): void {
    this.context.preview(null);
    const box = boxOf(start.point, event.point, { shift: false, alt: false });
    if (box.width > 0 && box.height > 0) this.context.setView(fitView(box, this.context.viewport(), { margin: 8, enlarge: true }));
  }

  protected override click(event: ToolPointer): void {
    this.context.setView(zoomStep(this.context.view(), event.alt ? -1 : 1, event.screen));
  }
}
