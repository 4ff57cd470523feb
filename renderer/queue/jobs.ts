import { create } from 'zustand';
import type { StudioEvent } from '../../preload/contract/events.ts';
import type { JobRecord, Preview, Progress, QueueStatus } from '../../preload/contract/jobs.ts';
import { onEvent } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';

interface Jobs {
  /** Every job that the queue still shows, in its order. */
  readonly list: readonly JobRecord[];
  readonly queue?: QueueStatus | undefined;
}

export interface LiveJob {
  readonly progress?: Progress | undefined;
  readonly preview?: Preview | undefined;
  readonly cancelling?: boolean;
}

interface Live {
  readonly byJob: Readonly<Record<string, LiveJob>>;
}

/** The queue's rows: change seldom. */
export const useJobs = create<Jobs>(() => ({ list: [] }));
/** What changes with every step; apart, so that a step redraws a strip and not a list. */
export const useLive = create<Live>(() => ({ byJob: {} }));

export const isWaiting = (job: JobRecord): boolean => job.state === 'queued';
export const isRunning = (job: JobRecord): boolean => job.state === 'running';
export const isActive = (job: JobRecord): boolean => job.state === 'queued' || job.state === 'running';
export const needsAttention = (job: JobRecord): boolean => job.state === 'failed' || job.state === 'interrupted';

const stateRank: Readonly<Record<JobRecord['state'], number>> = { running: 0, queued: 1, failed: 2, interrupted: 2, done: 3, cancelled: 3 };

/** Running first, then what waits in the order it will run, then what has ended, newest first. */
export function compareJobs(a: JobRecord, b: JobRecord): number {
  const byState = stateRank[a.state] - stateRank[b.state];
  if (byState !== 0) return byState;
  if (a.state !== 'queued') return (b.finishedAt ?? b.createdAt) - (a.finishedAt ?? a.createdAt);
  return (a.lane === b.lane ? 0 : a.lane === 'foreground' ? -1 : 1) || a.order - b.order;
}

/** Applies one event to the rows; pure, for tests. */
export function applyToJobs(list: readonly JobRecord[], event: StudioEvent): readonly JobRecord[] {
  switch (event.type) {
    case 'snapshot': return event.jobs.toSorted(compareJobs);
    case 'job': return [...list.filter((job) => job.id !== event.job.id), event.job].sort(compareJobs);
    case 'jobsRemoved': return list.filter((job) => !event.jobIds.includes(job.id));
    default: return list;
  }
}

const pending = new Map<string, LiveJob>();
let flushing: ReturnType<typeof setTimeout> | undefined;

/** Gathers what arrives within a blink: a small model makes a hundred steps a second, and no eye needs each of them. */
function live(jobId: string, patch: LiveJob): void {
  pending.set(jobId, { ...pending.get(jobId), ...patch });
  flushing ??= setTimeout(flush, 60);
}

function flush(): void {
  flushing = undefined;
  const active = new Set(useJobs.getState().list.filter(isActive).map((job) => job.id));
  const patches = [...pending].filter(([id]) => active.has(id));
  pending.clear();
  if (patches.length === 0) return;
  useLive.setState(({ byJob }) => ({ byJob: { ...byJob, ...Object.fromEntries(patches.map(([id, patch]) => [id, { ...byJob[id], ...patch }])) } }));
}

onEvent((event) => {
  if (event.type === 'progress') return live(event.jobId, { progress: event.progress });
  if (event.type === 'preview') return live(event.jobId, { preview: event.preview });
  if (event.type === 'queue') return useJobs.setState({ queue: event.queue });
  if (event.type === 'snapshot') {
    useJobs.setState({ queue: event.queue });
    useLive.setState({ byJob: Object.fromEntries(event.jobs.filter(isRunning).map((job) => [job.id, { progress: job.progress ?? undefined, preview: job.preview ?? undefined }])) });
  }
  if (event.type === 'job' && !isActive(event.job)) {
    useLive.setState(({ byJob }) => ({ byJob: Object.fromEntries(Object.entries(byJob).filter(([id]) => id !== event.jobId)) }));
  }
  const { list } = useJobs.getState();
  const next = applyToJobs(list, event);
  if (next !== list) useJobs.setState({ list: next });
});

/** Stops after this step, and says so at once. */
export async function cancelJobs(jobIds: readonly string[]): Promise<void> {
  if (jobIds.length === 0) return;
  for (const id of jobIds) live(id, { cancelling: true });
  await studio().jobs.cancel({ jobIds: [...jobIds] });
}

export async function cancelRunning(): Promise<void> {
  await cancelJobs(useJobs.getState().list.filter(isRunning).map((job) => job.id));
}

/** Moves a waiting job by one place among those that wait in its lane. */
export async function moveJobBy(job: JobRecord, by: -1 | 1): Promise<void> {
  const waiting = useJobs.getState().list.filter((one) => isWaiting(one) && one.lane === job.lane);
  const at = waiting.findIndex((one) => one.id === job.id);
  const to = at + by;
  if (at < 0 || to < 0 || to >= waiting.length) return;
  await studio().jobs.move({ jobId: job.id, before: (by < 0 ? waiting[to] : waiting[to + 1])?.id ?? null });
}

/** Puts a waiting job where another one stands; it changes lanes with it. */
export async function moveJobTo(jobId: string, target: JobRecord): Promise<void> {
  if (jobId === target.id) return;
  const list = useJobs.getState().list.filter(isWaiting);
  const downwards = list.findIndex((one) => one.id === jobId) < list.findIndex((one) => one.id === target.id);
  const lane = list.filter((one) => one.lane === target.lane && one.id !== jobId);
  const at = lane.findIndex((one) => one.id === target.id);
  await studio().jobs.move({ jobId, lane: target.lane, before: (downwards ? lane[at + 1]?.id : target.id) ?? null });
}

export async function togglePause(): Promise<void> {
  const { queue } = useJobs.getState();
  useJobs.setState({ queue: await (queue?.paused ? studio().jobs.resume() : studio().jobs.pause()) });
}
