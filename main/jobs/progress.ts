/** What the engine reports → what a page shows. */
import type { Progress } from '../../preload/contract/jobs.ts';
import type { ProgressEvent } from '../engine/protocol.ts';

export const atStart: Progress = { stage: 'load', step: 0, steps: 0, stepMs: null, leftMs: null };

/** The progress after an event; undefined where it says nothing about that. `elapsedMs` = since the first token. */
export function progressAfter(before: Progress, event: ProgressEvent, elapsedMs = 0): Progress | undefined {
  switch (event.type) {
    case 'stage': return { ...before, stage: event.stage };
    case 'step': {
      const { step, steps, stepMs, leftMs } = event;
      return { ...before, stage: 'denoise', step, steps, stepMs: Math.max(0, stepMs), leftMs: Math.max(0, leftMs) };
    }
    case 'token': {
      const tokens = event.index + 1;
      return { ...before, stage: 'understand', tokens, ...(elapsedMs > 0 && { tokensPerSecond: Math.round((event.index / elapsedMs) * 10_000) / 10 }) };
    }
    case 'preview': return undefined;
  }
}
