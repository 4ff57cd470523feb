/** How far a running job is, in words and as a share. */
import { bytes, plural, timeLeft } from '../ui/format.ts';
import type { LiveJob } from './jobs.ts';

const stageNames: Readonly<Record<string, string>> = {
  load: 'Loading the model', condition: 'Reading the prompt', encode: 'Reading the picture', denoise: 'Drawing', decode: 'Drawing the last detail', understand: 'Reading', save: 'Saving',
};

/** "Step 31 of 50 · 9 s left", or what else is going on. */
export function progressText(live: LiveJob | undefined): string {
  const progress = live?.progress;
  if (live?.cancelling || progress?.stopping) return 'Stopping after this step';
  if (progress === undefined) return 'Starting';
  if (progress.tokens !== undefined) {
    const speed = progress.tokensPerSecond === undefined ? '' : ` · ${Math.round(progress.tokensPerSecond)} per second`;
    return `${plural(progress.tokens, 'token')}${speed}`;
  }
  if (progress.packing !== undefined) {
    const { done, total, perSecond } = progress.packing;
    return `Packing weights, once: ${bytes(done)} of ${bytes(total)} · ${bytes(perSecond)}/s`;
  }
  // Said while it lasts: why this takes longer than it did with more memory.
  const alone = progress.loading?.alone === true ? ' · one network at a time' : '';
  if (progress.stage !== 'denoise' || progress.steps === 0) return `${stageNames[progress.stage] ?? 'Working'}${alone}`;
  return `Step ${progress.step} of ${progress.steps}${progress.leftMs === null ? '' : ` · ${timeLeft(progress.leftMs)}`}`;
}

export function progressShare(live: LiveJob | undefined): number {
  const progress = live?.progress;
  return progress === undefined || progress.steps === 0 ? 0 : progress.step / progress.steps;
}
