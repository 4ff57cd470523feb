/** Lasso and polygon in one: a drag draws freely and ends on release, clicks set corners until the outline is closed. */
import { newId } from '../document/make.ts';
import type { Blend, Point } from '../document/records.ts';
import { commitItem, targetFor, toLayer } from './target.ts';
import { clickSlack, movedBeyondClick, white } from './tool.ts';
import type { Tool, ToolContext, ToolPhase, ToolPointer } from './tool.ts';

/** Screen pixels around the first corner within which a click closes the outline. */
const closeReach = 8;

/** Adds an area to the mask or the picture; Ctrl on pressing subtracts it. Enter closes, Backspace takes the last corner back. */
export class LassoTool implements Tool {
  readonly id = 'lasso';
  readonly #context: ToolContext;
  #phase: ToolPhase = 'idle';
  /** Canvas pixels. */
  #outline: Point[] = [];
  #blend: Blend = 'add';
  /** While corners are set by clicks, a release does not end the outline. */
  #cornered = false;
  #pressed: ToolPointer | undefined;
  #beforePress = 0;
  /** The press came back to the first corner: its release ends the outline. */
  #closing = false;

  constructor(context: ToolContext) {
    this.#context = context;
  }

  get phase(): ToolPhase { return this.#phase; }

  down(event: ToolPointer): void {
    if (this.#pressed !== undefined) this.cancel();
    if (this.#phase === 'idle') {
      if (targetFor(this.#context, event.ctrl) === undefined) return;
      this.#blend = event.ctrl ? 'subtract' : 'add';
    }
    this.#pressed = event;
    this.#phase = 'pointing';
    this.#closing = this.#closes(event);
    if (this.#closing) return;
    this.#beforePress = this.#outline.length;
    this.#outline.push(event.point);
    this.#show();
  }

  move(event: ToolPointer): void {
    if (this.#phase === 'idle') return;
    if (this.#pressed === undefined) {
      this.#show(event);
      return;
    }
    if (this.#phase === 'pointing' && movedBeyondClick(this.#pressed.screen, event.screen)) this.#phase = 'dragging';
    if (this.#phase !== 'dragging' || this.#closing) return;
    const last = this.#outline.at(-1);
    const least = 1 / this.#context.view().zoom;
    if (last === undefined || Math.hypot(event.point.x - last.x, event.point.y - last.y) >= least) this.#outline.push(event.point);
    this.#show();
  }

  up(event: ToolPointer): void {
    if (this.#pressed === undefined) return;
    const dragged = this.#phase === 'dragging';
    const closing = this.#closing;
    this.#pressed = undefined;
    this.#closing = false;
    if (closing || (dragged && !this.#cornered)) {
      this.#finish();
      return;
    }
    this.#cornered = true;
    this.#phase = 'pointing';
    this.#show(event);
  }

  key(name: 'Enter' | 'Backspace'): boolean {
    if (this.#phase === 'idle') return false;
    if (name === 'Enter') this.#finish();
    else {
      this.#outline.length = this.#pressed === undefined ? Math.max(0, this.#outline.length - 1) : this.#beforePress;
      if (this.#outline.length === 0) this.cancel();
      else this.#show();
    }
    return true;
  }

  cancel(): boolean {
    const active = this.#phase !== 'idle';
    this.#phase = 'idle';
    this.#outline = [];
    this.#cornered = false;
    this.#closing = false;
    this.#pressed = undefined;
    if (active) this.#context.preview(null);
    return active;
  }

  /** Whether a click there comes back to the first corner, or sets the last one twice: a double click. */
  #closes(event: ToolPointer): boolean {
    if (!this.#cornered || this.#outline.length < 3) return false;
    const zoom = this.#context.view().zoom;
    const near = (corner: Point | undefined, reach: number): boolean =>
      corner !== undefined && Math.hypot(event.point.x - corner.x, event.point.y - corner.y) * zoom <= reach;
    return near(this.#outline[0], closeReach) || near(this.#outline.at(-1), clickSlack);
  }

  #show(hover?: ToolPointer): void {
    const points = [...this.#outline, ...(hover === undefined ? [] : [hover.point])].flatMap(({ x, y }) => [x, y]);
    this.#context.preview({ type: 'outline', points, blend: this.#blend, close: hover !== undefined && this.#closes(hover) });
  }

  #finish(): void {
    const outline = this.#outline;
    const blend = this.#blend;
    this.cancel();
    const target = targetFor(this.#context, blend === 'subtract');
    if (target === undefined) return;
    const points = outline.flatMap((corner) => {
      const { x, y } = toLayer(target, corner);
      return [x, y];
    });
    // Two corners hold no area: a stray click, not a mistake to be told.
    if (points.length < 6) return;
    const colour = target.layer.kind === 'mask' ? white : this.#context.options().colour;
    commitItem(this.#context, target, { type: 'polygon', id: newId(), blend, colour, points }, blend === 'subtract' ? 'Lasso, subtract' : 'Lasso');
  }
}
