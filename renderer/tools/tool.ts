/** What a tool is, what it is told, and what it may do. Tools know neither the DOM nor Konva. */
import type { Op, Outcome, Refusal } from '../document/outcome.ts';
import type { CanvasDocument, Colour, Rect } from '../document/records.ts';
import type { CanvasPoint, ScreenPoint, View, Viewport } from '../document/spaces.ts';
import type { ApplyOptions } from '../document/store.ts';
import type { Preview } from '../document/transient.ts';

export const toolIds = ['move', 'transform', 'frame', 'brush', 'eraser', 'lasso', 'shapes', 'fill', 'smartSelect', 'picker', 'hand', 'zoom'] as const;
export type ToolId = (typeof toolIds)[number];

export interface Modifiers {
  readonly shift: boolean;
  readonly alt: boolean;
  /** Ctrl, or Cmd on a Mac. */
  readonly ctrl: boolean;
}

export interface ToolPointer extends Modifiers {
  readonly point: CanvasPoint;
  readonly screen: ScreenPoint;
  /** 0–1; only a pen's is taken for more than "down". */
  readonly pressure: number;
  readonly pen: boolean;
}

export interface ToolOptions {
  /** Whether marks go onto the picture or into a mask. */
  readonly target: 'paint' | 'mask';
  readonly colour: Colour;
  /** X swaps them. */
  readonly background: Colour;
  /** Pixels across, 1–500. */
  readonly size: number;
  /** 0–1: how much of the radius is solid. */
  readonly hardness: number;
  readonly opacity: number;
  /** A pen's pressure sets the width. */
  readonly pressure: boolean;
  readonly shape: 'rectangle' | 'ellipse';
  /** 0–100: how far a colour may stray and still belong (fill, smart select). */
  readonly tolerance: number;
}

export const black: Colour = { r: 0, g: 0, b: 0, a: 1 };
export const white: Colour = { r: 255, g: 255, b: 255, a: 1 };
export const defaultOptions: ToolOptions = {
  target: 'mask', colour: black, background: white, size: 50, hardness: 0.8, opacity: 1, pressure: true, shape: 'rectangle', tolerance: 32,
};

/** Pixels that were made elsewhere: a stored file and where it lies on the canvas. */
export interface MadePixels {
  readonly hash: string;
  readonly rect: Rect;
}

export interface FillRequest {
  readonly point: CanvasPoint;
  readonly target: 'paint' | 'mask';
  /** Null = a layer that is made for it. */
  readonly layerId: string | null;
  readonly colour: Colour;
  readonly tolerance: number;
}

export interface ToolContext {
  readonly document: () => CanvasDocument;
  readonly apply: (op: Op, options: ApplyOptions & { readonly mark: string }) => Outcome;
  readonly preview: (preview: Preview | null) => void;
  readonly options: () => ToolOptions;
  readonly setOptions: (patch: Partial<ToolOptions>) => void;
  readonly view: () => View;
  readonly setView: (view: View) => void;
  readonly viewport: () => Viewport;
  /** Shows why something was not done. */
  readonly refused: (refusal: Refusal) => void;
  /** The colour seen at a point; null beyond every picture. */
  readonly colourAt: (point: CanvasPoint) => Colour | null;
  /** The object at a point as a mask (brightness = selected); null when there is none. Rejects as contract calls do, or when aborted. */
  readonly smartSelect: (request: { readonly point: CanvasPoint; readonly tolerance: number }, signal: AbortSignal) => Promise<MadePixels | null>;
  /** The area of like colour around a point: a mask for a mask, painted in the colour for a picture. */
  readonly floodFill: (request: FillRequest, signal: AbortSignal) => Promise<MadePixels | null>;
  /** Shows a failure of the two above. */
  readonly failed: (error: unknown) => void;
}

/** `pointing`: pressed, not yet moved by more than a hand's tremble. `working`: something was asked for and has not come yet. */
export type ToolPhase = 'idle' | 'pointing' | 'dragging' | 'working';

export interface Tool {
  readonly id: ToolId;
  readonly phase: ToolPhase;
  down(event: ToolPointer): void;
  move(event: ToolPointer): void;
  up(event: ToolPointer): void;
  /** Ends what is under way and leaves nothing behind; false when there was nothing. */
  cancel(): boolean;
  /** Keys that only mean something in mid-gesture; true = taken. */
  key?(name: 'Enter' | 'Backspace'): boolean;
}

/** Screen pixels within which a press is still a click. */
export const clickSlack = 3;

export function movedBeyondClick(from: ScreenPoint, to: ScreenPoint): boolean {
  return Math.hypot(to.x - from.x, to.y - from.y) > clickSlack;
}
