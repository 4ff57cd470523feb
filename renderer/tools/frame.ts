/** Placing the frame: handles and edges resize, the inside moves, a drag elsewhere draws it anew. */
import { coarseSnap, frameUnit, moveFrame, resizeFrame, toFrame } from '../document/frameGeometry.ts';
import { setFrame } from '../document/ops/frame.ts';
import type { Rect } from '../document/records.ts';
import { DragTool } from './dragTool.ts';
import { frameHit } from './handles.ts';
import type { Handle } from './handles.ts';
import { boxOf } from './shapes.ts';
import type { ToolPointer } from './tool.ts';

/** Snaps to 64 px, with Ctrl to 32; Alt resizes about the centre, Shift keeps the ratio. */
export class FrameTool extends DragTool {
  readonly id = 'frame';
  #grip: Handle | 'move' | 'new' = 'move';
  #before: Rect | undefined;

  protected override begin(event: ToolPointer): boolean {
    this.#before = this.context.document().frame;
    this.#grip = frameHit(this.#before, event.point, this.context.view().zoom) ?? 'new';
    return true;
  }

  protected drag(event: ToolPointer, start: ToolPointer): void {
    const frame = this.#frame(event, start);
    if (frame !== undefined) this.context.preview({ type: 'frame', frame, handle: this.#grip === 'new' ? 'se' : this.#grip });
  }

  protected drop(event: ToolPointer, start: ToolPointer): void {
    const frame = this.#frame(event, start);
    if (frame !== undefined) {
      const outcome = this.context.apply(setFrame(frame), { mark: this.#grip === 'move' ? 'Move frame' : 'Frame' });
      // Back where it was: nothing to tell.
      if (!outcome.ok && outcome.refusal.code !== 'NOTHING') this.context.refused(outcome.refusal);
    }
    this.context.preview(null);
  }

  #frame(event: ToolPointer, start: ToolPointer): Rect | undefined {
    if (this.#before === undefined) return undefined;
    const snap = event.ctrl ? frameUnit : coarseSnap;
    const by = { x: event.point.x - start.point.x, y: event.point.y - start.point.y };
    if (this.#grip === 'move') {
      const sideways = Math.abs(by.x) >= Math.abs(by.y);
      return moveFrame(this.#before, event.shift ? { x: sideways ? by.x : 0, y: sideways ? 0 : by.y } : by, snap);
    }
    if (this.#grip === 'new') return this.#drawn(event, start, snap);
    return resizeFrame(this.#before, this.#grip, by, { snap, keepRatio: event.shift, aboutCentre: event.alt });
  }

  /** From the snapped point where the drag began towards the pointer. */
  #drawn(event: ToolPointer, start: ToolPointer, snap: number): Rect {
    const box = boxOf(start.point, event.point, event);
    const { width, height } = toFrame(box, snap);
    const snapped = (value: number): number => Math.round(value / snap) * snap;
    if (event.alt) return toFrame(box, snap);
    const x = snapped(start.point.x);
    const y = snapped(start.point.y);
    return { x: event.point.x < start.point.x ? x - width : x, y: event.point.y < start.point.y ? y - height : y, width, height };
  }
}
