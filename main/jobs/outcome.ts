/** How a run that threw has ended. */
import type { JobState } from '../../preload/contract/jobs.ts';
import { toFailure, type Failure } from '../errors.ts';

/** Why a run was asked to stop; undefined = nobody asked. */
export type StopReason = 'cancel' | 'closing' | undefined;

export interface Outcome {
  readonly state: Extract<JobState, 'failed' | 'cancelled' | 'interrupted'>;
  readonly failure: Failure | null;
}

export const studioStopped: Failure = {
  code: 'ENGINE_CRASHED',
  message: 'The studio stopped while this job was running. Retry it to run it again.',
  details: { reason: 'studioStopped' },
  retryable: true,
};

const engineStopped: Failure = {
  code: 'ENGINE_CRASHED',
  message: 'The engine was stopped while this job was running. Retry it to run it again.',
  details: { reason: 'stopped' },
  retryable: true,
};

/** Whether the engine process died under the call: of memory, by a signal, or by itself. */
export function isEngineDeath({ code, details }: Failure): boolean {
  return code === 'ENGINE_CRASHED' || (code === 'OUT_OF_MEMORY' && details['reason'] === 'outOfMemory');
}

/** Cancelled only where that was asked for; interrupted where engine or studio went away; failed for everything that the job itself brought about. */
export function outcomeOf(error: unknown, asked: StopReason): Outcome {
  const failure = toFailure(error);
  if (asked === 'cancel' && (failure.code === 'CANCELLED' || isEngineDeath(failure))) return { state: 'cancelled', failure: null };
  if (asked === 'closing') return { state: 'interrupted', failure: studioStopped };
  if (failure.code === 'CANCELLED') return { state: 'interrupted', failure: engineStopped };
  if (isEngineDeath(failure)) return { state: 'interrupted', failure };
  return { state: 'failed', failure };
}
