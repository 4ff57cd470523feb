/** Rectangles and ellipses. */
import { newId } from '../document/make.ts';
import { transformRect } from '../document/matrix.ts';
import type { Blend, Item, Point, Rect } from '../document/records.ts';
import { DragTool } from './dragTool.ts';
import { commitItem, previewItem, targetFor, toLayer } from './target.ts';
import type { Target } from './target.ts';
import { white } from './tool.ts';
import type { ToolPointer } from './tool.ts';

/** The box that a drag spans, on whole pixels: Shift keeps it square, Alt grows it about where it began. */
export function boxOf(from: Point, to: Point, modifiers: { readonly shift: boolean; readonly alt: boolean }): Rect {
  let dx = to.x - from.x;
  let dy = to.y - from.y;
  if (modifiers.shift) {
    const side = Math.max(Math.abs(dx), Math.abs(dy));
    dx = side * (dx < 0 ? -1 : 1);
    dy = side * (dy < 0 ? -1 : 1);
  }
  const start = modifiers.alt ? { x: from.x - dx, y: from.y - dy } : from;
  const end = { x: from.x + dx, y: from.y + dy };
  const x = Math.round(Math.min(start.x, end.x)) + 0;
  const y = Math.round(Math.min(start.y, end.y)) + 0;
  return { x, y, width: Math.round(Math.max(start.x, end.x)) - x, height: Math.round(Math.max(start.y, end.y)) - y };
}

const ellipseCorners = 128;

/** A box on the canvas as an item of a layer: turned layers get the same outline as a polygon. */
export function shapeItem(target: Target, shape: 'rectangle' | 'ellipse', box: Rect, base: Pick<Extract<Item, { type: 'rectangle' | 'ellipse' }>, 'id' | 'blend' | 'colour'>): Item {
  const [, b, c] = target.inward;
  if (b === 0 && c === 0) return { ...base, type: shape, rect: transformRect(target.inward, box) };
  const { x, y, width, height } = box;
  const corners = shape === 'rectangle'
    ? [{ x, y }, { x: x + width, y }, { x: x + width, y: y + height }, { x, y: y + height }]
    : Array.from({ length: ellipseCorners }, (_, i) => {
      const angle = (2 * Math.PI * i) / ellipseCorners;
      return { x: x + (width / 2) * (1 + Math.cos(angle)), y: y + (height / 2) * (1 + Math.sin(angle)) };
    });
  const points = corners.flatMap((corner) => {
    const own = toLayer(target, corner);
    return [own.x, own.y];
  });
  return { ...base, type: 'polygon', points };
}

/** Draws a rectangle or an ellipse. Ctrl on pressing subtracts it. */
export class ShapesTool extends DragTool {
  readonly id = 'shapes';
  #target: Target | undefined;
  #base: { readonly id: string; readonly blend: Blend } = { id: '', blend: 'add' };

  protected override begin(event: ToolPointer): boolean {
    this.#target = targetFor(this.context, event.ctrl);
    this.#base = { id: newId(), blend: event.ctrl ? 'subtract' : 'add' };
    return this.#target !== undefined;
  }

  protected drag(event: ToolPointer, start: ToolPointer): void {
    const item = this.#item(event, start);
    if (this.#target === undefined) return;
    if (item === undefined) this.context.preview(null);
    else previewItem(this.context, this.#target, item);
  }

  protected drop(event: ToolPointer, start: ToolPointer): void {
    const item = this.#item(event, start);
    if (this.#target !== undefined && item !== undefined) {
      const name = this.context.options().shape === 'ellipse' ? 'Ellipse' : 'Rectangle';
      commitItem(this.context, this.#target, item, this.#base.blend === 'subtract' ? `${name}, subtract` : name);
    }
    this.context.preview(null);
  }

  #item(event: ToolPointer, start: ToolPointer): Item | undefined {
    const box = boxOf(start.point, event.point, event);
    if (this.#target === undefined || box.width === 0 || box.height === 0) return undefined;
    const { shape, colour } = this.context.options();
    return shapeItem(this.#target, shape, box, { ...this.#base, colour: this.#target.layer.kind === 'mask' ? white : colour });
  }
}
