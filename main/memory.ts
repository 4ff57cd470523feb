/** What keeps the studio's memory level over a long day. */
import type { ResourceLimits } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';

/** For threads of the studio: their pixels lie outside of the heap, and what is left makes little garbage. */
export const threadLimits: ResourceLimits = { maxYoungGenerationSizeMb: 12 };

/**
 * Leaves the young generation as large as opening the studio has made it. Left alone, V8 doubles it a few times over the next
 * hundreds of pictures, to 64 MiB for a thread that rarely has one alive in it.
 */
export function keepYoungGeneration(): void {
  // The limit itself is read once, before any code of ours runs; how much it grows by is read each time.
  setFlagsFromString('--semi-space-growth-factor=1');
}
