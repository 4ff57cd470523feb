/** Which job runs next, and where a moved one stands. Plain functions of the list. */
import type { JobFilter, JobRecord, JobState, Lane } from '../../preload/contract/jobs.ts';
import { StudioError } from '../errors.ts';

const lanes: readonly Lane[] = ['foreground', 'batch'];

export const endedStates: ReadonlySet<JobState> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

export function hasEnded(job: JobRecord): boolean {
  return endedStates.has(job.state);
}

/** Running, waiting in their order, then ended ones, newest first. */
export function listed(jobs: Iterable<JobRecord>, { states, batchId, projectId, limit }: JobFilter = {}): JobRecord[] {
  const rank = (job: JobRecord): number => (job.state === 'running' ? 0 : job.state === 'queued' ? 1 : 2);
  return [...jobs]
    .filter((job) => (states === undefined || states.includes(job.state)) && (batchId === undefined || job.batchId === batchId) && (projectId === undefined || job.projectId === projectId))
    .sort((a, b) => rank(a) - rank(b) || (rank(a) === 2 ? (b.finishedAt ?? 0) - (a.finishedAt ?? 0) : byTurn(a, b)))
    .slice(0, limit);
}

/** Which ended jobs leave the list once there are many: the oldest, but none of a batch that still runs. */
export function outlived(jobs: readonly JobRecord[], kept: number): string[] {
  const ended = listed(jobs.filter(hasEnded));
  // Some slack, so that not every job's end removes one.
  if (ended.length <= kept * 1.1) return [];
  const open = new Set(jobs.filter((job) => !hasEnded(job)).map(({ batchId }) => batchId));
  return ended.slice(kept).filter(({ batchId }) => batchId === null || !open.has(batchId)).map(({ id }) => id);
}

/** Waiting jobs in the order in which they will run. */
export function waiting(jobs: Iterable<JobRecord>): JobRecord[] {
  return [...jobs].filter((job) => job.state === 'queued').sort(byTurn);
}

export function nextToRun(jobs: Iterable<JobRecord>): JobRecord | undefined {
  let next: JobRecord | undefined;
  for (const job of jobs) if (job.state === 'queued' && (next === undefined || byTurn(job, next) < 0)) next = job;
  return next;
}

export function byTurn(a: JobRecord, b: JobRecord): number {
  return lanes.indexOf(a.lane) - lanes.indexOf(b.lane) || a.order - b.order || a.createdAt - b.createdAt;
}

/** The first of `count` consecutive orders behind (or before) everything that waits in the lane. */
export function firstOrder(jobs: Iterable<JobRecord>, lane: Lane, count: number, toFront: boolean): number {
  const orders = waiting(jobs).filter((job) => job.lane === lane).map((job) => job.order);
  if (orders.length === 0) return 1;
  return toFront ? orders[0]! - count : orders.at(-1)! + 1;
}

/**
 * Puts a waiting job into a lane before another one, null = last. out: the records that change: one, or the whole lane once halving
 * has used up the room between two. REQUEST_INVALID when either does not wait there any more.
 */
export function placed(jobs: Iterable<JobRecord>, moved: JobRecord, lane: Lane, before: string | null): JobRecord[] {
  if (moved.state !== 'queued') throw new StudioError('REQUEST_INVALID', 'Only a waiting job can be moved.', { jobId: moved.id, state: moved.state });
  const others = waiting(jobs).filter((job) => job.lane === lane && job.id !== moved.id);
  const at = before === null ? others.length : others.findIndex((job) => job.id === before);
  if (before === moved.id) return [moved];
  if (at < 0) throw new StudioError('REQUEST_INVALID', 'The job to move before does not wait in that lane any more.', { before });
  const previous = others[at - 1];
  const following = others[at];
  const order = previous && following ? (previous.order + following.order) / 2 : previous ? previous.order + 1 : following ? following.order - 1 : 1;
  if ((previous && order <= previous.order) || (following && order >= following.order)) {
    return others.toSpliced(at, 0, moved).map((job, i) => ({ ...job, lane, order: i + 1 }));
  }
  return [{ ...moved, lane, order }];
}
