import { create } from 'zustand';
import type { Staged } from '../../preload/contract/canvas.ts';
import type { Failure } from '../../preload/contract/errors.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';
import { cutToKept, keptRect } from '../document/coverage.ts';
import { newPictureLayer } from '../document/make.ts';
import type { PlacedPixels } from '../document/make.ts';
import type { CanvasDocument, Rect } from '../document/records.ts';
import { addLayer } from '../document/ops/layers.ts';
import { change, canvasDocument } from '../project/canvasStore.ts';
import { onStagedAtOpen, useProject } from '../project/project.ts';
import { isActive, isRunning, useJobs } from '../queue/jobs.ts';
import { say } from '../shell/notices.ts';
import { onEvent } from '../studio/connection.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';

interface Staging {
  /** Results that wait, oldest first. */
  readonly waiting: readonly Staged[];
  /** Which one lies on the canvas; null = none of them. */
  readonly shown: string | null;
  /** The original is being looked at: a key is held. */
  readonly original: boolean;
  readonly problem?: Failure | undefined;
  /** Being composited again. */
  readonly recompositing: boolean;
}

/** Results that wait on the canvas to be accepted. */
export const useStaging = create<Staging>(() => ({ waiting: [], shown: null, original: false, recompositing: false }));

/** What the bar lists: results, then what runs and waits for this canvas. */
export type Slot = { readonly type: 'result'; readonly staged: Staged } | { readonly type: 'job'; readonly job: JobRecord };

export function slotsOf(waiting: readonly Staged[], jobs: readonly JobRecord[], projectId: string | undefined): readonly Slot[] {
  const done = new Set(waiting.map((one) => one.jobId));
  const mine = jobs.filter((job) => job.canvas !== undefined && job.projectId === projectId && isActive(job) && !done.has(job.id));
  return [
    ...waiting.map((staged): Slot => ({ type: 'result', staged })),
    ...mine.toSorted((a, b) => Number(isRunning(b)) - Number(isRunning(a))).map((job): Slot => ({ type: 'job', job })),
  ];
}

export function shownResult(state: Staging = useStaging.getState()): Staged | undefined {
  return state.waiting.find((one) => one.id === state.shown);
}

/**
 * The pixels of a result and where they lie: only what is new, where there was a mask; and of a picture whose sides are no multiples
 * of 32 only as far as it reaches, so that it keeps its size.
 */
export function pixelsOf({ patch, result, frame, raster }: Staged, document: CanvasDocument = canvasDocument()): PlacedPixels {
  return cutToKept(patch ?? { hash: result, rect: frame }, raster === null ? frame : keptRect(document, frame));
}

/** Where a running job's preview belongs: the part of the frame that the model works on. */
export function previewRect(job: JobRecord): Rect | undefined {
  if (job.canvas === undefined) return undefined;
  const { frame } = job.canvas;
  const crop = 'crop' in job.request ? job.request.crop : undefined;
  return crop === undefined ? frame : { x: frame.x + crop.left, y: frame.y + crop.top, width: crop.width, height: crop.height };
}

/** Jobs of the newest run, until a result of theirs has come or somebody browses. */
let awaited: ReadonlySet<string> = new Set();

/** The first result of these jobs is looked at as soon as it is there, whatever is looked at now. */
export function lookAtFirstOf(jobs: readonly JobRecord[]): void {
  awaited = new Set(jobs.map((job) => job.id));
}

function take(waiting: readonly Staged[]): void {
  useStaging.setState((state) => {
    const known = new Set(state.waiting.map((one) => one.id));
    const fresh = waiting.filter((one) => !known.has(one.id));
    const first = fresh.find((one) => awaited.has(one.jobId));
    if (first !== undefined) awaited = new Set();
    const still = waiting.some((one) => one.id === state.shown);
    // The first of a run is looked at at once; later ones only join.
    const shown = first?.id ?? (still ? state.shown : (fresh[0] ?? waiting.at(-1))?.id ?? null);
    return { waiting, shown };
  });
}

onStagedAtOpen((staged) => { useStaging.setState({ waiting: [], shown: null, problem: undefined }); take(staged); });

async function reload(): Promise<void> {
  const { project } = useProject.getState();
  if (project === undefined) return;
  const staged = await studio().canvas.staged({ projectId: project.id });
  if (useProject.getState().project?.id === project.id) take(staged.filter((one) => one.state === 'waiting'));
}

onEvent((event) => {
  if (event.type === 'staged' && event.projectId === useProject.getState().project?.id) void attempt(reload);
});

async function attempt(action: () => Promise<unknown>): Promise<void> {
  try {
    await action();
  } catch (thrown) {
    useStaging.setState({ problem: toProblem(thrown) });
  }
}

export function browse(by: 1 | -1): void {
  const { waiting, shown } = useStaging.getState();
  const at = waiting.findIndex((one) => one.id === shown);
  const next = waiting[(at + by + waiting.length) % waiting.length];
  if (next !== undefined) lookAt(next.id);
}

/** Whoever chooses a result keeps it in view: one that comes meanwhile only joins. */
export function lookAt(id: string): void {
  awaited = new Set();
  useStaging.setState({ shown: id });
}

function layerName(staged: Staged): string {
  const words = staged.prompt.trim().replaceAll(/\s+/g, ' ');
  return words === '' ? 'Result' : words.length > 60 ? `${words.slice(0, 59)}…` : words;
}

/** The result that is shown becomes a layer, in one step of undo; the other results of the moment are let go. */
export function accept(): void {
  const staged = shownResult();
  if (staged === undefined) return;
  const document = canvasDocument();
  // Below the masks: they were painted for what they cover.
  const above = document.order.findLast((id) => { const kind = document.layers[id]?.kind; return kind === 'picture' || kind === 'paint'; }) ?? null;
  if (!change(addLayer(newPictureLayer({ name: layerName(staged), ...pixelsOf(staged, document), generationId: staged.generationId }), above), { mark: 'Accept' })) return;
  const others = useStaging.getState().waiting.filter((one) => one.id !== staged.id).map((one) => one.id);
  useStaging.setState({ waiting: [], shown: null, original: false });
  void attempt(async () => {
    await studio().canvas.settle({ ids: [staged.id], state: 'accepted' });
    if (others.length > 0) await studio().canvas.settle({ ids: others, state: 'discarded' });
  });
}

export function discardAll(): void {
  const ids = useStaging.getState().waiting.map((one) => one.id);
  if (ids.length === 0) return;
  useStaging.setState({ waiting: [], shown: null, original: false });
  void attempt(async () => {
    await studio().canvas.settle({ ids, state: 'discarded' });
    say(ids.length === 1 ? 'Result discarded' : `${ids.length} results discarded`, { label: 'Undo', run: () => { void attempt(() => studio().canvas.settle({ ids, state: 'waiting' })); } });
  });
}

/** Discards the one that is shown; the next takes its place. */
export function discardShown(): void {
  const staged = shownResult();
  if (staged === undefined) return;
  useStaging.setState(({ waiting }) => {
    const at = waiting.indexOf(staged);
    const rest = waiting.filter((one) => one !== staged);
    return { waiting: rest, shown: (rest[at] ?? rest.at(-1))?.id ?? null };
  });
  void attempt(() => studio().canvas.settle({ ids: [staged.id], state: 'discarded' }));
}

export function keepShown(): void {
  const staged = shownResult();
  if (staged !== undefined) void attempt(async () => { await studio().canvas.keep({ id: staged.id }); say('Saved to the gallery'); });
}

let wanted: { readonly id: string; readonly blend?: number; readonly colourMatch?: boolean } | undefined;

/** Another blend or colour match of the same drawing. While one is being made only the last wish counts. */
export async function recomposite(id: string, settings: { readonly blend?: number; readonly colourMatch?: boolean }): Promise<void> {
  wanted = { ...(wanted?.id === id ? wanted : {}), id, ...settings };
  if (useStaging.getState().recompositing) return;
  useStaging.setState({ recompositing: true, problem: undefined });
  await attempt(async () => {
    while (wanted !== undefined) {
      const now = wanted;
      wanted = undefined;
      const changed = await studio().canvas.recomposite(now);
      useStaging.setState(({ waiting }) => ({ waiting: waiting.map((one) => (one.id === changed.id ? changed : one)) }));
    }
  });
  useStaging.setState({ recompositing: false });
}

/** Whether anything waits or is being drawn for this canvas. */
export function useSlots(): readonly Slot[] {
  const waiting = useStaging((state) => state.waiting);
  const jobs = useJobs((state) => state.list);
  const projectId = useProject((state) => state.project?.id);
  return slotsOf(waiting, jobs, projectId);
}
