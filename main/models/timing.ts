/** How patient a download is, and how much it does at once. */
export interface Timing {
  /** A line that brings nothing for this long is given up. */
  readonly stallMs: number;
  /** The first wait after a failure; each further one is twice as long. */
  readonly firstWaitMs: number;
  readonly longestWaitMs: number;
  /** Failures in a row, without a byte in between, after which it is said. */
  readonly attempts: number;
  /** A hub that asks for a longer pause is not waited for. */
  readonly longestRetryAfterMs: number;
  /** Ranges fetched at once, over all files. */
  readonly connections: number;
  readonly segmentBytes: number;
  /** How often the state is written down. */
  readonly saveMs: number;
  /** How often progress is told. */
  readonly tellMs: number;
}

export const defaultTiming: Timing = {
  stallMs: 30_000, firstWaitMs: 1_000, longestWaitMs: 60_000, attempts: 6, longestRetryAfterMs: 300_000,
  connections: 4, segmentBytes: 32 * 2 ** 20, saveMs: 2_000, tellMs: 250,
};
