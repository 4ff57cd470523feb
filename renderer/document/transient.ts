/** What is seen but not yet done: the gesture under way and the view. Outside the document, outside undo, never stored. */
import type { FrameHandle } from './frameGeometry.ts';
import type { Blend, Item, Matrix, Point, Rect } from './records.ts';
import type { View } from './spaces.ts';

/** A gesture under way, drawn above the document. */
export type Preview =
  /**
   * An item that is about to be laid on a layer (null = a layer that the gesture will make, of `target`). A stroke's `points` are ONE
   * array that grows: draw from where you were; the committed item has the same points.
   */
  | { readonly type: 'item'; readonly layerId: string | null; readonly target: 'paint' | 'mask'; readonly item: Item; readonly transform: Matrix }
  /** An open outline: lasso, polygon; canvas pixels as x, y pairs. `close`: the first point is near enough to end it there. */
  | { readonly type: 'outline'; readonly points: readonly number[]; readonly blend: Blend; readonly close: boolean }
  /** A layer as it would be with another transform. */
  | { readonly type: 'transform'; readonly layerId: string; readonly transform: Matrix }
  | { readonly type: 'frame'; readonly frame: Rect; readonly handle: FrameHandle | 'move' }
  /** The colour below the picker. */
  | { readonly type: 'colour'; readonly point: Point; readonly colour: { readonly r: number; readonly g: number; readonly b: number; readonly a: number } | null }
  /** A box being dragged: zooming into an area. */
  | { readonly type: 'box'; readonly rect: Rect }
  /** Something that was asked for is being worked on at a point: smart select, fill. */
  | { readonly type: 'working'; readonly point: Point };

export interface Transient {
  readonly view: View;
  readonly preview: Preview | null;
}
