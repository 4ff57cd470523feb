/** The states that most tools share: idle → pointing → dragging → idle, and out of any of them at any time. */
import { movedBeyondClick } from './tool.ts';
import type { Tool, ToolContext, ToolId, ToolPhase, ToolPointer } from './tool.ts';

/** A tool whose gesture is press, drag, release. Subclasses say what each means; a gesture that is not begun is ignored to its end. */
export abstract class DragTool implements Tool {
  abstract readonly id: ToolId;
  protected readonly context: ToolContext;
  #phase: ToolPhase = 'idle';
  #start: ToolPointer | undefined;

  constructor(context: ToolContext) {
    this.context = context;
  }

  get phase(): ToolPhase { return this.#phase; }
  /** Where the pointer went down. */
  protected get start(): ToolPointer | undefined { return this.#start; }

  down(event: ToolPointer): void {
    // A second pointer, or a release that never came.
    if (this.#phase !== 'idle') this.cancel();
    if (!this.begin(event)) return;
    this.#start = event;
    this.#phase = 'pointing';
  }

  move(event: ToolPointer): void {
    if (this.#start === undefined) return this.hover(event);
    if (this.#phase === 'pointing' && movedBeyondClick(this.#start.screen, event.screen)) this.#phase = 'dragging';
    if (this.#phase === 'dragging') this.drag(event, this.#start);
    else this.tremble(event, this.#start);
  }

  up(event: ToolPointer): void {
    const start = this.#start;
    if (start === undefined) return;
    const clicked = this.#phase === 'pointing';
    this.#reset();
    if (clicked) this.click(event, start);
    else this.drop(event, start);
  }

  cancel(): boolean {
    const active = this.#phase !== 'idle';
    this.#reset();
    if (active) this.abandon();
    return active;
  }

  #reset(): void {
    this.#start = undefined;
    this.#phase = 'idle';
  }

  /** Whether the gesture can begin. */
  protected begin(_event: ToolPointer): boolean { return true; }
  /** Moving while nothing is pressed. */
  protected hover(_event: ToolPointer): void { /* most tools show nothing */ }
  /** Moving by less than a click's slack. */
  protected tremble(_event: ToolPointer, _start: ToolPointer): void { /* not yet a drag */ }
  protected abstract drag(event: ToolPointer, start: ToolPointer): void;
  /** Released after a drag. */
  protected abstract drop(event: ToolPointer, start: ToolPointer): void;
  /** Released without a drag. */
  protected click(_event: ToolPointer, _start: ToolPointer): void { this.context.preview(null); }
  /** Undoes whatever the gesture has shown. */
  protected abandon(): void { this.context.preview(null); }
}
