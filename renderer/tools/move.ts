/** Moving, scaling and turning the selected layer. The gesture only shows; the release is one step. */
import { contentBounds } from '../document/bounds.ts';
import { inverse, keepsPixels, multiply, rotation, sameMatrix, scaling, transformPoint, translation } from '../document/matrix.ts';
import { layerCentre, setTransform } from '../document/ops/transform.ts';
import type { Layer, Matrix, Point } from '../document/records.ts';
import { DragTool } from './dragTool.ts';
import { handlePoint, layerHit, oppositeHandle } from './handles.ts';
import type { Handle } from './handles.ts';
import type { ToolPointer } from './tool.ts';

type Grip = Handle | 'move' | 'turn';

/** Where a layer goes when it is dragged: Shift keeps to one axis; a layer on the pixel grid stays on it. */
export function movedTransform(layer: Layer, by: Point, modifiers: { readonly shift: boolean }): Matrix {
  const sideways = Math.abs(by.x) >= Math.abs(by.y);
  const x = modifiers.shift && !sideways ? 0 : by.x;
  const y = modifiers.shift && sideways ? 0 : by.y;
  const whole = keepsPixels(layer.transform);
  return multiply(translation(whole ? Math.round(x) : x, whole ? Math.round(y) : y), layer.transform);
}

/** Where a layer goes when a handle of its box is pulled: Alt about the middle, Shift keeps the proportions (corners do without it, too). */
export function scaledTransform(layer: Layer, handle: Handle, to: Point, modifiers: { readonly shift: boolean; readonly alt: boolean }): Matrix {
  const box = contentBounds(layer);
  const inward = inverse(layer.transform);
  if (box === null || inward === undefined) return layer.transform;
  const own = transformPoint(inward, to);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  const about = modifiers.alt ? middle : handlePoint(box, oppositeHandle(handle));
  const grip = handlePoint(box, handle);
  const factor = (now: number, from: number, was: number, length: number): number => {
    if (was === from) return 1;
    const raw = (now - from) / (was - from);
    // Never flatter than a pixel: it could not be pulled open again.
    return Math.abs(raw) < 1 / length ? Math.sign(raw || 1) / length : raw;
  };
  let x = factor(own.x, about.x, grip.x, Math.max(1, box.width));
  let y = factor(own.y, about.y, grip.y, Math.max(1, box.height));
  if (modifiers.shift) {
    const size = handle.length === 2 ? Math.max(Math.abs(x), Math.abs(y)) : Math.abs(handle === 'n' || handle === 's' ? y : x);
    [x, y] = [size * (Math.sign(x) || 1), size * (Math.sign(y) || 1)];
  }
  return multiply(layer.transform, scaling(x, y, about));
}

/** Where a layer goes when it is turned about its middle: Shift in steps of 15°. */
export function turnedTransform(layer: Layer, from: Point, to: Point, modifiers: { readonly shift: boolean }): Matrix {
  const centre = layerCentre(layer);
  const angle = (point: Point): number => (Math.atan2(point.y - centre.y, point.x - centre.x) * 180) / Math.PI;
  const turned = angle(to) - angle(from);
  return multiply(rotation(modifiers.shift ? Math.round(turned / 15) * 15 : turned, centre), layer.transform);
}

abstract class LayerTool extends DragTool {
  #layer: Layer | undefined;
  #grip: Grip = 'move';

  protected override begin(event: ToolPointer): boolean {
    const { layers, selected } = this.context.document();
    const layer = selected === null ? undefined : layers[selected];
    if (layer === undefined || layer.kind === 'reference') {
      this.context.refused({ code: 'NOTHING', message: 'Select a layer to move' });
      return false;
    }
    if (layer.locked) {
      this.context.refused({ code: 'LOCKED', message: `${layer.name} is locked`, layerId: layer.id });
      return false;
    }
    const grip = this.gripOf(layer, event);
    if (grip === undefined) return false;
    this.#layer = layer;
    this.#grip = grip;
    return true;
  }

  protected drag(event: ToolPointer, start: ToolPointer): void {
    if (this.#layer !== undefined) this.context.preview({ type: 'transform', layerId: this.#layer.id, transform: this.#transform(this.#layer, event, start) });
  }

  protected drop(event: ToolPointer, start: ToolPointer): void {
    const layer = this.#layer;
    if (layer !== undefined) {
      const transform = this.#transform(layer, event, start);
      if (!sameMatrix(transform, layer.transform)) {
        const outcome = this.context.apply(setTransform(layer.id, transform), { mark: this.#grip === 'move' ? 'Move' : this.#grip === 'turn' ? 'Rotate' : 'Scale' });
        if (!outcome.ok) this.context.refused(outcome.refusal);
      }
    }
    this.context.preview(null);
  }

  #transform(layer: Layer, event: ToolPointer, start: ToolPointer): Matrix {
    const by = { x: event.point.x - start.point.x, y: event.point.y - start.point.y };
    switch (this.#grip) {
      case 'move': return movedTransform(layer, by, event);
      case 'turn': return turnedTransform(layer, start.point, event.point, event);
      default: {
        // The handle follows the pointer by as much as it moved, wherever in its target it was taken.
        const box = contentBounds(layer);
        const grip = box === null ? start.point : transformPoint(layer.transform, handlePoint(box, this.#grip));
        return scaledTransform(layer, this.#grip, { x: grip.x + by.x, y: grip.y + by.y }, event);
      }
    }
  }

  protected abstract gripOf(layer: Layer, event: ToolPointer): Grip | undefined;
}

/** Drags the selected layer, wherever it is pressed. */
export class MoveTool extends LayerTool {
  readonly id = 'move';
  protected gripOf(): Grip { return 'move'; }
}

/** Handles scale, just outside a corner turns, inside moves. */
export class TransformTool extends LayerTool {
  readonly id = 'transform';
  protected gripOf(layer: Layer, event: ToolPointer): Grip | undefined {
    return layerHit(layer, event.point, this.context.view().zoom);
  }
}
