import type { Colour } from '../document/records.ts';
import { newCanvas } from './tiles.ts';
import type { Context } from './tiles.ts';
import type { Dab } from './dabs.ts';

/** A touch of the brush as bitmaps, drawn once per brush and place between pixels. */
export interface Stamp {
  /** Its diameter in pixels. */
  readonly size: number;
  readonly hardness: number;
  readonly colour: Colour;
  /** Edge of the bitmaps; one pixel of margin. */
  readonly edge: number;
  /** By place between pixels: see `phases`. */
  readonly bitmaps: Map<number, OffscreenCanvas>;
}

const kept = 16;
const stamps = new Map<string, Stamp>();
/** A touch lies on a quarter of a pixel: whole bitmaps on whole pixels are drawn several times as fast as resampled ones, and stay sharp. */
const phases = 4;

export function css({ r, g, b, a }: Colour): string {
  return `rgba(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)}, ${a})`;
}

/** The stamp of a brush: solid out to `hardness`, then a smooth fall to nothing. */
export function stampOf(size: number, hardness: number, colour: Colour): Stamp {
  const key = `${size} ${hardness} ${colour.r} ${colour.g} ${colour.b}`;
  const known = stamps.get(key);
  stamps.delete(key);
  const stamp = known ?? { size, hardness, colour: { ...colour, a: 1 }, edge: Math.ceil(size) + 3, bitmaps: new Map() };
  stamps.set(key, stamp);
  for (const old of [...stamps.keys()].slice(0, -kept)) stamps.delete(old);
  return stamp;
}

/** The bitmap of a stamp whose centre lies `px`, `py` quarters of a pixel right and below the bitmap's middle pixel corner. */
function bitmapOf(stamp: Stamp, px: number, py: number): OffscreenCanvas {
  const known = stamp.bitmaps.get(py * phases + px);
  if (known !== undefined) return known;
  const { size, hardness, colour, edge } = stamp;
  const { canvas, context } = newCanvas(edge, edge);
  const [x, y, radius] = [Math.floor(edge / 2) + px / phases, Math.floor(edge / 2) + py / phases, size / 2];
  if (hardness >= 1 || size < 3) {
    context.fillStyle = css(colour);
  } else {
    const fall = context.createRadialGradient(x, y, 0, x, y, radius);
    const steps = 12;
    for (let i = 0; i <= steps; i++) {
      // Half a cosine: no visible ring where the fall begins and ends.
      const at = hardness + ((1 - hardness) * i) / steps;
      fall.addColorStop(Math.min(1, at), css({ ...colour, a: 0.5 + 0.5 * Math.cos((Math.PI * i) / steps) }));
    }
    context.fillStyle = fall;
  }
  context.beginPath();
  context.arc(x, y, radius, 0, 2 * Math.PI);
  context.fill();
  stamp.bitmaps.set(py * phases + px, canvas);
  return canvas;
}

/** Puts a touch onto a context whose origin lies at (ox, oy), whole pixels, of the dab's own grid. */
export function putDab(target: Context, stamp: Stamp, dab: Dab, ox: number, oy: number): void {
  const middle = Math.floor(stamp.edge / 2);
  if (dab.size === stamp.size) {
    const [x, y] = [Math.round(dab.x * phases), Math.round(dab.y * phases)];
    const [wholeX, wholeY] = [Math.floor(x / phases), Math.floor(y / phases)];
    target.drawImage(bitmapOf(stamp, x - wholeX * phases, y - wholeY * phases), wholeX - middle - ox, wholeY - middle - oy);
    return;
  }
  const scale = dab.size / stamp.size;
  target.imageSmoothingEnabled = true;
  target.imageSmoothingQuality = 'low';
  target.drawImage(bitmapOf(stamp, 0, 0), dab.x - middle * scale - ox, dab.y - middle * scale - oy, stamp.edge * scale, stamp.edge * scale);
  target.imageSmoothingEnabled = false;
}

/** The diameter of the stamp that a touch is drawn from: its own, or the next larger of a few, so that it is shrunk by a third at most. */
export function stampSize(full: number, dab: number): number {
  if (dab >= full) return full;
  return full * 2 ** (Math.ceil(2 * Math.log2(dab / full)) / 2);
}
