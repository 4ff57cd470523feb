/** Brush and eraser: one stroke a gesture. */
import { newId } from '../document/make.ts';
import { transformPoint } from '../document/matrix.ts';
import type { Blend, Item, Point } from '../document/records.ts';
import { DragTool } from './dragTool.ts';
import { commitItem, previewItem, round2, targetFor, toLayer } from './target.ts';
import type { Target } from './target.ts';
import { white } from './tool.ts';
import type { ToolContext, ToolId, ToolPointer } from './tool.ts';

export const leastSize = 1;
export const mostSize = 500;

const steps: readonly (readonly [below: number, step: number])[] = [[10, 1], [50, 5], [100, 10], [200, 20], [Infinity, 50]];

/** The next brush size: the larger the brush, the longer the step, and the same sizes up and down. */
export function nextSize(size: number, direction: 1 | -1): number {
  const step = steps.find(([below]) => direction > 0 ? size < below : size <= below)?.[1] ?? 1;
  const next = direction > 0 ? (Math.floor(size / step) + 1) * step : (Math.ceil(size / step) - 1) * step;
  return Math.max(leastSize, Math.min(mostSize, next));
}

type Stroke = Extract<Item, { type: 'stroke' }>;

interface Drawing {
  readonly target: Target;
  /** Everything but the points, which grow in place. */
  readonly stroke: Stroke;
  readonly points: number[];
  /** A straight line from here, in canvas pixels. */
  readonly line: Point | undefined;
}

/** Draws a stroke. Shift on pressing: a straight line from where the stroke before ended. Ctrl: the brush erases. */
export class BrushTool extends DragTool {
  readonly id: ToolId;
  readonly #erases: boolean;
  #drawing: Drawing | undefined;
  /** Where the last stroke ended, in canvas pixels. */
  #last: Point | undefined;

  constructor(context: ToolContext, id: 'brush' | 'eraser' = 'brush') {
    super(context);
    this.id = id;
    this.#erases = id === 'eraser';
  }

  protected override begin(event: ToolPointer): boolean {
    const blend: Blend = this.#erases || event.ctrl ? 'subtract' : 'add';
    const target = targetFor(this.context, blend === 'subtract');
    if (target === undefined) return false;
    const line = event.shift ? this.#last ?? event.point : undefined;
    const { size, hardness, opacity, colour } = this.context.options();
    const points: number[] = [];
    const stroke: Stroke = {
      type: 'stroke', id: newId(), blend, colour: target.layer.kind === 'mask' ? white : colour,
      size: Math.max(0.01, round2(size * target.scale)), hardness, opacity, points,
    };
    this.#drawing = { target, stroke, points, line };
    if (line === undefined) this.#extend(event);
    else this.#straighten(event);
    return true;
  }

  protected override tremble(event: ToolPointer): void {
    this.drag(event);
  }

  protected override drag(event: ToolPointer): void {
    if (this.#drawing?.line === undefined) this.#extend(event);
    else this.#straighten(event);
  }

  protected override click(event: ToolPointer): void {
    this.drop(event);
  }

  protected override drop(event: ToolPointer): void {
    const drawing = this.#drawing;
    if (drawing === undefined) return;
    this.drag(event);
    const { target, points, stroke } = drawing;
    const end = { x: points.at(-3) ?? 0, y: points.at(-2) ?? 0 };
    this.#last = transformPoint(target.layer.transform, end);
    this.#drawing = undefined;
    commitItem(this.context, target, { ...stroke, points: [...points] }, stroke.blend === 'subtract' ? 'Erase' : target.layer.kind === 'mask' ? 'Paint mask' : 'Brush stroke');
    this.context.preview(null);
  }

  protected override abandon(): void {
    this.#drawing = undefined;
    super.abandon();
  }

  #extend(event: ToolPointer): void {
    const { target, points, stroke } = this.#drawing ?? {};
    if (target === undefined || points === undefined || stroke === undefined) return;
    const { x, y } = toLayer(target, event.point);
    const pressure = this.#pressure(event);
    const dx = x - (points.at(-3) ?? Infinity);
    const dy = y - (points.at(-2) ?? Infinity);
    // Points closer than the eye can tell would only make the stroke heavy; a harder press on the spot counts.
    const least = Math.max(0.25 * target.scale, stroke.size / 100);
    if (Math.hypot(dx, dy) < least && pressure <= (points.at(-1) ?? 0)) return;
    points.push(x, y, pressure);
    previewItem(this.context, target, stroke);
  }

  /** Another array each time: unlike a freehand stroke, the line's end moves. */
  #straighten(event: ToolPointer): void {
    const drawing = this.#drawing;
    if (drawing?.line === undefined) return;
    const from = toLayer(drawing.target, drawing.line);
    const to = toLayer(drawing.target, event.point);
    const pressure = this.#pressure(event);
    drawing.points.splice(0, Infinity, from.x, from.y, pressure, ...(from.x === to.x && from.y === to.y ? [] : [to.x, to.y, pressure]));
    previewItem(this.context, drawing.target, { ...drawing.stroke, points: [...drawing.points] });
  }

  #pressure({ pen, pressure }: ToolPointer): number {
    return pen && this.context.options().pressure ? Math.max(0.01, round2(Math.min(1, pressure))) : 1;
  }
}
