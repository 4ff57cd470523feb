import { create } from 'zustand';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { isActive, isRunning, useJobs } from '../queue/jobs.ts';

interface Stage {
  /** The job whose picture the person chose to see; nothing = follow what runs. */
  readonly pinned?: string | undefined;
}

export const useStage = create<Stage>(() => ({}));

/** The jobs whose pictures the strip shows, oldest first: the last results, what runs, what waits. */
export function stripJobs(list: readonly JobRecord[]): readonly JobRecord[] {
  const drawing = list.filter((job) => job.request.kind !== 'understand' && job.state !== 'cancelled');
  const ended = drawing.filter((job) => !isActive(job)).slice(0, 6).reverse();
  return [...ended, ...drawing.filter(isRunning), ...drawing.filter((job) => job.state === 'queued').slice(0, 4)];
}

/** The job on the stage. */
export function shownJob(list: readonly JobRecord[], pinned: string | undefined): JobRecord | undefined {
  const strip = stripJobs(list);
  return strip.find((job) => job.id === pinned) ?? strip.find(isRunning) ?? strip.findLast((job) => !isActive(job));
}

export function step(by: -1 | 1): void {
  const { list } = useJobs.getState();
  const strip = stripJobs(list);
  const at = strip.findIndex((job) => job.id === shownJob(list, useStage.getState().pinned)?.id);
  const next = strip[at + by];
  if (next !== undefined) useStage.setState({ pinned: next.id });
}

// A new run is what the person wants to see now.
let newest = '';
useJobs.subscribe(({ list }) => {
  const running = list.find(isRunning)?.id ?? '';
  if (running !== '' && running !== newest && useStage.getState().pinned === newest) useStage.setState({ pinned: undefined });
  if (running !== '') newest = running;
});
