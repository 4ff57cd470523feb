/** Stands where the queue will be: holds nothing and takes nothing. */
import { contract } from '../preload/contract/api.ts';
import { StudioError } from './errors.ts';
import type { JobQueue } from './services.ts';

export function noQueue(): JobQueue {
  const queue = { paused: false, runningJobId: null, counts: { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, interrupted: 0 }, leftMs: null };
  const refuse = async (): Promise<never> => { throw new StudioError('INTERNAL', 'The queue is not built yet.'); };
  const room = (name: 'jobs' | 'batches', answers: Record<string, unknown>): unknown =>
    Object.fromEntries(Object.keys(contract[name]).map((call) => [call, answers[call] ?? refuse]));
  return {
    jobs: room('jobs', { list: async () => [], queue: async () => queue }) as JobQueue['jobs'],
    batches: room('batches', { list: async () => [] }) as JobQueue['batches'],
    snapshot: () => ({ jobs: [], queue }),
    preview: () => undefined,
    close: async () => undefined,
  };
}
