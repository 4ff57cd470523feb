/** Ways to do less work in a run. Each changes the picture a little, so each is off unless asked for; native/measured.md has what they cost. */

/** The shares of the steps, 0–1, between which guidance acts; outside of them the words' own branch moves the picture alone. */
export interface GuidanceRange {
  readonly start: number;
  readonly end: number;
}

/** Whether guidance acts in step `index` of `steps`. Without a range, always. */
export function isGuided(range: GuidanceRange | undefined, index: number, steps: number): boolean {
  if (range === undefined) return true;
  const at = index / steps;
  return at >= range.start && at < range.end;
}

/** A velocity that was computed, and when. */
interface Computed {
  readonly velocity: Float32Array;
  readonly t: number;
}

/**
 * Leaves out steps in which the velocity hardly turns: the last two that were computed say how fast it changes, and while that foretells a change
 * below the threshold, it is drawn on along the line through them instead.
 */
export class StepCache {
  private readonly threshold: number;
  /** The one before the last, and the last. */
  private before: Computed | undefined;
  private last: Computed | undefined;
  /** Change of the velocity over its length, for each unit of time. */
  private rate = Infinity;
  /** Which branches the kept velocities are of. */
  private kind: unknown;

  /** @param threshold the change that may be foretold, over the velocity's length */
  constructor(threshold: number) {
    this.threshold = threshold;
  }

  /** The velocity at t, computed only where it must be: the first two of a kind, the last of all, and wherever it changes by more than the threshold. */
  async velocity(at: { readonly t: number; readonly isLast: boolean; readonly kind: unknown }, compute: () => Promise<Float32Array>): Promise<Float32Array> {
    const { t, isLast, kind } = at;
    if (kind !== this.kind) [this.kind, this.before, this.last, this.rate] = [kind, undefined, undefined, Infinity];
    const { last, before } = this;
    if (!isLast && last && before && this.rate * Math.abs(last.t - t) < this.threshold) return along(before, last, t);
    const velocity = await compute();
    this.rate = last ? distance(velocity, last.velocity) / Math.abs(last.t - t) : Infinity;
    this.before = last;
    this.last = { velocity, t };
    return velocity;
  }
}

/** The velocity at t on the line through two others. */
function along(a: Computed, b: Computed, t: number): Float32Array {
  const share = (t - b.t) / (b.t - a.t);
  return b.velocity.map((value, i) => value + share * (value - a.velocity[i]!));
}

/** The length of the difference over that of the first. */
function distance(a: Float32Array, b: Float32Array): number {
  let [difference, length] = [0, 0];
  for (let i = 0; i < a.length; i++) {
    difference += (a[i]! - b[i]!) ** 2;
    length += a[i]! ** 2;
  }
  return Math.sqrt(difference / length);
}
