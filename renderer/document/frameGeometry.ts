/** The geometry of the frame, the generation bounding box: whole pixels in position, multiples of 32 in size. Pure, for tools and fields alike. */
import type { Point, Rect } from './records.ts';

/** The model's grid: 8 pixels a latent, 2 latents a token, and 2 tokens a cell of the vision encoder. */
export const frameUnit = 32;
/** What a coarse drag snaps to; with Ctrl it is `frameUnit`. */
export const coarseSnap = 64;
export const leastFrame = 64;
/** The largest side that a request may ask for. */
export const mostFrame = 8_192;
const reach = 65_536;

export type FrameHandle = 'n' | 'ne' | 'e' | 'se' | 's' | 'sw' | 'w' | 'nw';

export interface FrameDrag {
  /** `coarseSnap` or `frameUnit`. */
  readonly snap: number;
  /** Keep the proportions that the frame had. */
  readonly keepRatio?: boolean;
  /** Resize about the centre. */
  readonly aboutCentre?: boolean;
}

const clamp = (value: number, least: number, most: number): number => Math.max(least, Math.min(most, value));

/** The nearest length that a frame side may have, on multiples of `snap` (itself a multiple of 32). */
export function snapLength(length: number, snap: number = frameUnit): number {
  return clamp(Math.round(length / snap) * snap, leastFrame, mostFrame);
}

/** The least allowed length that is not shorter. */
export function coverLength(length: number): number {
  return clamp(Math.ceil(length / frameUnit) * frameUnit, leastFrame, mostFrame);
}

/** Whether a rectangle is a frame: whole position within reach, sides in multiples of 32 from 64 to 8,192. */
export function isFrame({ x, y, width, height }: Rect): boolean {
  const side = (length: number): boolean => length % frameUnit === 0 && length >= leastFrame && length <= mostFrame;
  const place = (value: number): boolean => Number.isInteger(value) && Math.abs(value) <= reach;
  return place(x) && place(y) && side(width) && side(height);
}

/** The frame nearest to any rectangle of finite numbers, keeping its middle. */
export function toFrame(rect: Rect, snap: number = frameUnit): Rect {
  const width = snapLength(rect.width, snap);
  const height = snapLength(rect.height, snap);
  return place(rect.x + (rect.width - width) / 2, rect.y + (rect.height - height) / 2, width, height);
}

function place(x: number, y: number, width: number, height: number): Rect {
  return { x: clamp(Math.round(x), -reach, reach) + 0, y: clamp(Math.round(y), -reach, reach) + 0, width, height };
}

/**
 * Moves a frame by canvas pixels, its edges snapping to multiples of `snap`. An axis that the drag leaves alone keeps its place, however odd.
 */
export function moveFrame(frame: Rect, by: Point, snap: number): Rect {
  const to = (start: number, delta: number): number => (delta === 0 ? start : Math.round((start + delta) / snap) * snap);
  return place(to(frame.x, by.x), to(frame.y, by.y), frame.width, frame.height);
}

/** Moves the edge or corner of a frame by canvas pixels. The opposite side stays, or the centre with `aboutCentre`. */
export function resizeFrame(frame: Rect, handle: FrameHandle, by: Point, options: FrameDrag): Rect {
  const horizontal = handle.includes('w') ? -1 : handle.includes('e') ? 1 : 0;
  const vertical = handle.includes('n') ? -1 : handle.includes('s') ? 1 : 0;
  const reachOut = options.aboutCentre === true ? 2 : 1;
  const wish = { width: frame.width + horizontal * by.x * reachOut, height: frame.height + vertical * by.y * reachOut };
  const { width, height } = options.keepRatio === true
    ? sizeInRatio(frame, wish, { horizontal: horizontal !== 0, vertical: vertical !== 0 }, options.snap)
    : { width: horizontal === 0 ? frame.width : snapLength(wish.width, options.snap), height: vertical === 0 ? frame.height : snapLength(wish.height, options.snap) };
  // An edge that was not taken hold of grows to both sides when the ratio moves it.
  const start = (from: number, old: number, now: number, pulled: number): number =>
    options.aboutCentre === true || pulled === 0 ? from + (old - now) / 2 : pulled < 0 ? from + old - now : from;
  return place(start(frame.x, frame.width, width, horizontal), start(frame.y, frame.height, height, vertical), width, height);
}

/** The size in the ratio of `frame` nearest to the wish; the side that was pulled farther leads. Exact up to the grid of 32. */
function sizeInRatio(frame: Rect, wish: { readonly width: number; readonly height: number }, pulled: { readonly horizontal: boolean; readonly vertical: boolean }, snap: number): { readonly width: number; readonly height: number } {
  const ratio = frame.width / frame.height;
  const widthLeads = pulled.horizontal && (!pulled.vertical || wish.width / frame.width >= wish.height / frame.height);
  const lead = widthLeads ? snapLength(wish.width, snap) : snapLength(wish.height, snap);
  return widthLeads ? { width: lead, height: snapLength(lead / ratio) } : { width: snapLength(lead * ratio), height: lead };
}

/** The least frame that covers a box: from its left top corner on, so that a picture at the origin stays registered to the frame. */
export function coverFrame(bounds: Rect): Rect {
  const x = Math.floor(bounds.x);
  const y = Math.floor(bounds.y);
  return place(x, y, coverLength(bounds.x + bounds.width - x), coverLength(bounds.y + bounds.height - y));
}

/** A frame of a chosen size about the same centre. */
export function sizedFrame(frame: Rect, size: { readonly width: number; readonly height: number }): Rect {
  return toFrame({ x: frame.x + (frame.width - size.width) / 2, y: frame.y + (frame.height - size.height) / 2, ...size });
}
