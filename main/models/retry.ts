/** Again after a failure that may pass: later each time, or when the hub says. */
import { setTimeout as sleep } from 'node:timers/promises';
import { StudioError } from '../errors.ts';
import type { Timing } from './timing.ts';

export interface RetryOptions {
  readonly timing: Pick<Timing, 'firstWaitMs' | 'longestWaitMs' | 'attempts' | 'longestRetryAfterMs'>;
  readonly signal: AbortSignal;
  /** Told before each wait; null = it goes on. */
  readonly waiting?: (failure: StudioError, until: number | null) => void;
  /** Bytes fetched so far: a line that breaks after having brought some is not a failure in a row. */
  readonly progress?: () => number;
}

/** Runs `work` until it succeeds. Throws its error where that will not pass, came too often in a row, or asks for too long a pause. */
export async function withRetries<T>(work: () => Promise<T>, { timing, signal, waiting, progress = () => 0 }: RetryOptions): Promise<T> {
  let failures = 0;
  let before = progress();
  for (;;) {
    signal.throwIfAborted();
    try {
      return await work();
    } catch (error) {
      signal.throwIfAborted();
      if (!(error instanceof StudioError) || !mayPass(error)) throw error;
      failures = progress() > before ? 1 : failures + 1;
      before = progress();
      const asked = error.details['retryAfterMs'];
      if (failures >= timing.attempts || (typeof asked === 'number' && asked > timing.longestRetryAfterMs)) throw error;
      const waitMs = typeof asked === 'number' ? asked : backOff(failures, timing);
      waiting?.(error, Date.now() + waitMs);
      await sleep(waitMs, undefined, { signal }).catch(() => signal.throwIfAborted());
      waiting?.(error, null);
    }
  }
}

function mayPass({ code }: StudioError): boolean {
  return code === 'NETWORK' || code === 'HUB_BUSY';
}

/** Doubling, with up to half of it left to chance so that broken-off ranges do not all come back at once. */
function backOff(failures: number, { firstWaitMs, longestWaitMs }: RetryOptions['timing']): number {
  const full = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  return full * (0.5 + Math.random() / 2);
}

/** Retry-After as seconds or as a date → milliseconds; undefined where it says neither. */
export function retryAfterMs(value: string | null, now = Date.now()): number | undefined {
  if (value === null) return undefined;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now);
}
