import type { Rect } from '../document/records.ts';
import { noRect, union } from './rect.ts';

/** One touch of the brush. */
export interface Dab {
  readonly x: number;
  readonly y: number;
  /** Diameter in pixels. */
  readonly size: number;
}

export interface Brush {
  readonly size: number;
  /** 0–1: the share of the radius that is solid. */
  readonly hardness: number;
}

/** A pen that hardly touches still leaves a mark. */
const lightest = 0.15;

/** How far apart touches lie: a hard edge shows its scallops sooner. */
export function spacing({ size, hardness }: Brush): number {
  return Math.max(0.5, size * (hardness > 0.8 ? 0.05 : 0.1));
}

function diameter(size: number, pressure: number): number {
  return Math.max(0.5, size * (lightest + (1 - lightest) * Math.max(0, Math.min(1, pressure))));
}

/**
 * Walks a stroke and yields its touches at even distances. It remembers where it stopped, so a stroke that grows yields exactly
 * the touches that it would have yielded whole.
 */
export class DabWalker {
  private readonly brush: Brush;
  /** Points walked so far. */
  private used = 0;
  /** Distance still to go until the next touch. */
  private left = 0;

  constructor(brush: Brush) {
    this.brush = brush;
  }

  /** The touches of the points that came since the last call; points as x, y, pressure triples. */
  *walk(points: readonly number[]): Generator<Dab> {
    const count = Math.floor(points.length / 3);
    const step = spacing(this.brush);
    while (this.used < count) {
      const at = this.used * 3;
      const [x, y, pressure] = [points[at] ?? 0, points[at + 1] ?? 0, points[at + 2] ?? 1];
      if (this.used === 0) {
        yield { x, y, size: diameter(this.brush.size, pressure) };
        this.left = step;
      } else {
        const [fromX, fromY, fromPressure] = [points[at - 3] ?? 0, points[at - 2] ?? 0, points[at - 1] ?? 1];
        const length = Math.hypot(x - fromX, y - fromY);
        let done = this.left;
        for (; done <= length; done += step) {
          const share = length === 0 ? 0 : done / length;
          yield { x: fromX + (x - fromX) * share, y: fromY + (y - fromY) * share, size: diameter(this.brush.size, fromPressure + (pressure - fromPressure) * share) };
        }
        this.left = done - length;
      }
      this.used++;
    }
  }
}

/** What some touches cover. */
export function dabBounds(dabs: Iterable<Dab>): Rect {
  let bounds = noRect;
  for (const { x, y, size } of dabs) bounds = union(bounds, { x: x - size / 2 - 1, y: y - size / 2 - 1, width: size + 2, height: size + 2 });
  return bounds;
}
