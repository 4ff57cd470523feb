import type { Colour } from '../document/records.ts';
import { newCanvas } from './tiles.ts';
import type { Context } from './tiles.ts';
import type { Dab } from './dabs.ts';

/** A touch of the brush as a bitmap, drawn once per brush. */
export interface Stamp {
  readonly canvas: OffscreenCanvas;
  /** Its diameter in pixels; the bitmap has a margin of one pixel. */
  readonly size: number;
}

const kept = 12;
const stamps = new Map<string, Stamp>();

export function css({ r, g, b, a }: Colour): string {
  return `rgba(${Math.round(r)}, ${Math.round(g)}, ${Math.round(b)}, ${a})`;
}

/** The stamp of a brush: solid out to `hardness`, then a smooth fall to nothing. */
export function stampOf(size: number, hardness: number, colour: Colour): Stamp {
  const key = `${size} ${hardness} ${colour.r} ${colour.g} ${colour.b}`;
  const known = stamps.get(key);
  if (known !== undefined) return known;
  const edge = Math.ceil(size) + 2;
  const { canvas, context } = newCanvas(edge, edge);
  const [centre, radius] = [edge / 2, size / 2];
  const solid = { ...colour, a: 1 };
  if (hardness >= 1 || size < 3) {
    context.fillStyle = css(solid);
  } else {
    const fall = context.createRadialGradient(centre, centre, 0, centre, centre, radius);
    const steps = 12;
    for (let i = 0; i <= steps; i++) {
      // Half a cosine: no visible ring where the fall begins and ends.
      const at = hardness + ((1 - hardness) * i) / steps;
      fall.addColorStop(Math.min(1, at), css({ ...colour, a: 0.5 + 0.5 * Math.cos((Math.PI * i) / steps) }));
    }
    context.fillStyle = fall;
  }
  context.beginPath();
  context.arc(centre, centre, radius, 0, 2 * Math.PI);
  context.fill();
  const stamp = { canvas, size };
  stamps.set(key, stamp);
  for (const old of [...stamps.keys()].slice(0, -kept)) stamps.delete(old);
  return stamp;
}

/** Puts a touch onto a context whose origin lies at (ox, oy) of the dab's own grid. */
export function putDab(target: Context, stamp: Stamp, dab: Dab, ox: number, oy: number): void {
  const scale = dab.size / stamp.size;
  const edge = stamp.canvas.width * scale;
  if (scale === 1) {
    target.imageSmoothingEnabled = true;
    target.drawImage(stamp.canvas, dab.x - edge / 2 - ox, dab.y - edge / 2 - oy);
  } else {
    target.imageSmoothingEnabled = true;
    target.imageSmoothingQuality = 'medium';
    target.drawImage(stamp.canvas, dab.x - edge / 2 - ox, dab.y - edge / 2 - oy, edge, edge);
  }
  target.imageSmoothingEnabled = false;
}
