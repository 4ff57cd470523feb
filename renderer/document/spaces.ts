/** The grids: pixels of the window, of the canvas, of the frame, and latents. Branded, so that none is taken for another. */
import type { Point, Rect } from './records.ts';

declare const space: unique symbol;
type On<Name extends string> = Point & { readonly [space]: Name };

/** CSS pixels from the stage's left top corner. */
export type ScreenPoint = On<'screen'>;
/** Document pixels. */
export type CanvasPoint = On<'canvas'>;
/** Document pixels from the frame's left top corner. */
export type FramePoint = On<'frame'>;
/** Latents from the frame's left top corner: 8 pixels each. */
export type LatentPoint = On<'latent'>;

export const screenPoint = (x: number, y: number): ScreenPoint => ({ x, y }) as ScreenPoint;
export const canvasPoint = (x: number, y: number): CanvasPoint => ({ x, y }) as CanvasPoint;
export const framePoint = (x: number, y: number): FramePoint => ({ x, y }) as FramePoint;
export const latentPoint = (x: number, y: number): LatentPoint => ({ x, y }) as LatentPoint;

export const pixelsPerLatent = 8;

/** screen = canvas · zoom + offset. */
export interface View {
  readonly zoom: number;
  readonly x: number;
  readonly y: number;
}

export interface Viewport {
  readonly width: number;
  readonly height: number;
}

export const leastZoom = 0.1;
export const mostZoom = 20;
export const startView: View = { zoom: 1, x: 0, y: 0 };

export function clampZoom(zoom: number): number {
  return Number.isNaN(zoom) ? 1 : Math.max(leastZoom, Math.min(mostZoom, zoom));
}

export function toCanvas(view: View, point: ScreenPoint): CanvasPoint {
  return canvasPoint((point.x - view.x) / view.zoom, (point.y - view.y) / view.zoom);
}

export function toScreen(view: View, point: CanvasPoint): ScreenPoint {
  return screenPoint(point.x * view.zoom + view.x, point.y * view.zoom + view.y);
}

export function toFrame(frame: Rect, point: CanvasPoint): FramePoint {
  return framePoint(point.x - frame.x, point.y - frame.y);
}

export function fromFrame(frame: Rect, point: FramePoint): CanvasPoint {
  return canvasPoint(point.x + frame.x, point.y + frame.y);
}

export function toLatent(point: FramePoint): LatentPoint {
  return latentPoint(point.x / pixelsPerLatent, point.y / pixelsPerLatent);
}

export function fromLatent(point: LatentPoint): FramePoint {
  return framePoint(point.x * pixelsPerLatent, point.y * pixelsPerLatent);
}

export function pan(view: View, by: Point): View {
  return { zoom: view.zoom, x: view.x + by.x, y: view.y + by.y };
}

/** Sets the zoom so that what lies under the point stays under it; within 0.1–20. */
export function zoomTo(view: View, zoom: number, about: ScreenPoint): View {
  const next = clampZoom(zoom);
  const ratio = next / view.zoom;
  return { zoom: next, x: about.x - (about.x - view.x) * ratio, y: about.y - (about.y - view.y) * ratio };
}

export function zoomBy(view: View, factor: number, about: ScreenPoint): View {
  return zoomTo(view, view.zoom * factor, about);
}

const stops = [0.1, 0.125, 1 / 6, 0.25, 1 / 3, 0.5, 2 / 3, 1, 1.5, 2, 3, 4, 6, 8, 12, 16, 20] as const;

/** The next round zoom in (1) or out (−1), about a point. */
export function zoomStep(view: View, direction: 1 | -1, about: ScreenPoint): View {
  const slack = 1.001;
  const next = direction > 0 ? stops.find((stop) => stop > view.zoom * slack) : stops.findLast((stop) => stop < view.zoom / slack);
  return zoomTo(view, next ?? view.zoom, about);
}

/** The whole of a box, centred, with a margin; small ones are enlarged to at most 100 %, unless `enlarge`. */
export function fitView(rect: Rect, viewport: Viewport, options: { readonly margin?: number; readonly enlarge?: boolean } = {}): View {
  const margin = options.margin ?? 32;
  const room = (length: number): number => Math.max(1, length - 2 * margin);
  const whole = Math.min(room(viewport.width) / Math.max(1, rect.width), room(viewport.height) / Math.max(1, rect.height));
  return centreView(rect, viewport, options.enlarge === true ? whole : Math.min(1, whole));
}

/** A box's middle in the middle of the window, at a zoom. Whole screen pixels, so that 100 % is sharp. */
export function centreView(rect: Rect, viewport: Viewport, zoom: number): View {
  const next = clampZoom(zoom);
  return {
    zoom: next,
    x: Math.round((viewport.width - rect.width * next) / 2 - rect.x * next),
    y: Math.round((viewport.height - rect.height * next) / 2 - rect.y * next),
  };
}

/** A zoom about the middle of the window: 100, 200, 400, 800 %. */
export function zoomAboutMiddle(view: View, viewport: Viewport, zoom: number): View {
  return zoomTo(view, zoom, screenPoint(viewport.width / 2, viewport.height / 2));
}
