/** Takes a colour from the canvas. */
import { DragTool } from './dragTool.ts';
import type { ToolPointer } from './tool.ts';

/** The colour below the pointer becomes the brush's on release; Shift: the background colour. */
export class PickerTool extends DragTool {
  readonly id = 'picker';

  protected override begin(event: ToolPointer): boolean {
    this.#show(event);
    return true;
  }

  protected override hover(event: ToolPointer): void {
    this.#show(event);
  }

  protected override tremble(event: ToolPointer): void {
    this.#show(event);
  }

  protected drag(event: ToolPointer): void {
    this.#show(event);
  }

  protected override click(event: ToolPointer): void {
    this.drop(event);
  }

  protected drop(event: ToolPointer): void {
    const colour = this.context.colourAt(event.point);
    this.context.preview(null);
    if (colour === null) this.context.refused({ code: 'NOTHING', message: 'There is no picture there' });
    else this.context.setOptions(event.shift ? { background: colour } : { colour });
  }

  #show(event: ToolPointer): void {
    this.context.preview({ type: 'colour', point: event.point, colour: this.context.colourAt(event.point) });
  }
}
