/** What the engine reports → what a page shows. */
import type { Progress } from '../../preload/contract/jobs.ts';
import type { ProgressEvent } from '../engine/protocol.ts';

export const atStart: Progress = { stage: 'load', step: 0, steps: 0, stepMs: null, leftMs: null };

/** The progress after an event; undefined where it says nothing about that. `elapsedMs` = since the first token. */
export function progressAfter(before: Progress, event: ProgressEvent, elapsedMs = 0): Progress | undefined {
  switch (event.type) {
    case 'stage': return { ...withoutLoading(before), stage: event.stage };
    case 'step': {
      const { step, steps, stepMs, leftMs } = event;
      return { ...withoutLoading(before), stage: 'denoise', step, steps, stepMs: Math.max(0, stepMs), leftMs: Math.max(0, leftMs) };
    }
    case 'token': {
      const tokens = event.index + 1;
      return { ...before, stage: 'understand', tokens, ...(elapsedMs > 0 && { tokensPerSecond: Math.round((event.index / elapsedMs) * 10_000) / 10 }) };
    }
    case 'loading': return { ...withoutLoading(before), loading: { network: event.network, alone: event.alone } };
    case 'packing': return { ...before, stage: 'load', packing: { done: event.doneBytes, total: event.totalBytes, perSecond: event.bytesPerSecond } };
    case 'preview': return undefined;
  }
}

/** Networks are loaded, and their weights packed, when they are needed; what comes after is about the picture again. */
function withoutLoading({ packing: _done, loading: _network, ...progress }: Progress): Progress {
  return progress;
}
