/** The queue of the studio: queued → running → done | failed | cancelled | interrupted, every change on disk before it is told. */
import type { BatchRecord, JobRecord, QueueStatus } from '../../preload/contract/jobs.ts';
import { StudioError, toFailure, type Failure } from '../errors.ts';
import { inputsOfRequest } from '../history/inputs.ts';
import type { NewGeneration } from '../history/rowTypes.ts';
import type { JobQueue, Room } from '../services.ts';
import { fillTurn } from './askJob.ts';
import { Batches, countStates } from './batches.ts';
import { expandBatch } from './expand.ts';
import { Forecast } from './forecast.ts';
import { JobTable } from './jobTable.ts';
import { ModelLoader } from './modelLoader.ts';
import { firstOrder, hasEnded, listed, outlived, placed, waiting } from './order.ts';
import { studioStopped } from './outcome.ts';
import { Previews, type EncodedPreview } from './previews.ts';
import type { QueueParts } from './queueParts.ts';
import { Runner } from './runner.ts';
import { drawSeed, recordOf, reseeded, type NewJob } from './submit.ts';

/** Ended jobs beyond these leave the list; their pictures stay. */
const keptEnded = 2_000;
/** Ended jobs that a new page is told of. */
const shownEnded = 200;

/** Opens the queue as it was left: what ran then is interrupted, what waited goes on unless it is paused. Errors: the history's. */
export async function openJobQueue(parts: QueueParts): Promise<JobQueue> {
  const stored = await parts.history.jobs.load();
  const queue = new Queue(parts, stored.jobs, stored.batches, stored.paused);
  await queue.recover();
  return queue;
}

class Queue implements JobQueue {
  readonly #parts: QueueParts;
  readonly #table: JobTable;
  readonly #previews: Previews;
  readonly #runner: Runner;
  readonly #batches: Batches;
  readonly #forecast: Forecast;
  readonly #report: (failure: Failure, what: string) => void;
  #paused: boolean;
  #closed = false;

  constructor(parts: QueueParts, jobs: readonly JobRecord[], batches: readonly BatchRecord[], paused: boolean) {
    this.#parts = parts;
    this.#paused = paused;
    this.#report = parts.report ?? (() => undefined);
    const { history, assets, pictures, engine, events, imaging, settings, models } = parts;
    this.#table = new JobTable(history.jobs, events, jobs);
    this.#previews = new Previews((image) => imaging.encodePreview(image));
    this.#forecast = new Forecast({ gallery: history.gallery, assets, models, memory: parts.memory, atFullSize: () => settings.get().atFullSize ?? false });
    this.#batches = new Batches({
      gallery: history.gallery, assets, imaging, events, table: this.#table, rows: history.jobs, seed: drawSeed, report: this.#report,
      submit: (wanted) => this.#add(wanted, false),
    }, batches);
    this.#runner = new Runner({
      engine, pictures, events, table: this.#table, previews: this.#previews, chats: history.chats, report: this.#report,
      loader: new ModelLoader(engine, models, settings, parts.chosenProvider),
      previewEvery: () => settings.get().previewEvery,
      vaeTile: () => settings.get().vaeTile ?? null,
      atFullSize: () => settings.get().atFullSize ?? false,
      memoryOf: (job) => this.#forecast.memoryOf(job),
      changed: (job) => this.#changed(job),
      halt: () => this.#halt(),
      finished: (job, made) => this.#learn(job, made),
    });
  }

  /** Start-up. */
  async recover(): Promise<void> {
    const now = Date.now();
    const cut = await this.#table.write(() => this.#table.all().filter(({ state }) => state === 'running').map((job): JobRecord => (
      { ...job, state: 'interrupted', failure: studioStopped, finishedAt: now, progress: null, preview: null }
    )));
    for (const job of cut) await this.#tellTurn(job);
    await this.#prune();
    this.#batches.restore();
    // Estimates may come late; the queue need not wait for them.
    void this.#forecast.learn().catch((error: unknown) => this.#report(toFailure(error), 'reading former timings'));
    this.#prepare(waiting(this.#table.all()));
    if (!this.#paused) this.#runner.start();
  }

  readonly jobs: Room<'jobs'> = {
    submit: ({ requests, lane = 'foreground', toFront = false, modelId, projectId }) => this.#add(
      requests.map((request) => ({ request, lane, ...(modelId !== undefined && { modelId }), ...(projectId !== undefined && { projectId }) })), toFront,
    ),
    list: async (filter) => listed(this.#table.all(), filter),
    get: async ({ jobId }) => this.#get(jobId),
    queue: async () => this.#status(),
    follow: ({ jobId, afterSeq }, { signal }) => this.#parts.events.follow(jobId, afterSeq, signal),
    cancel: ({ jobIds }) => this.#cancel(jobIds),
    pause: () => this.#setPaused(true),
    resume: () => this.#setPaused(false),
    move: async ({ jobId, lane, before }) => {
      this.#get(jobId);
      await this.#table.write(() => placed(this.#table.all(), this.#get(jobId), lane ?? this.#get(jobId).lane, before));
      return this.#get(jobId);
    },
    toFront: async ({ jobId }) => {
      await this.#table.write(() => {
        const job = this.#get(jobId);
        const first = waiting(this.#table.all()).find(({ lane, id }) => lane === 'foreground' && id !== jobId);
        return placed(this.#table.all(), job, 'foreground', first?.id ?? null);
      });
      return this.#get(jobId);
    },
    retry: async ({ jobId }) => {
      const job = this.#get(jobId);
      if (!hasEnded(job)) throw new StudioError('REQUEST_INVALID', 'This job has not ended yet.', { jobId, state: job.state });
      return this.#again(job, { batchId: job.batchId, label: job.label });
    },
    duplicate: async ({ jobId }) => {
      const job = this.#get(jobId);
      return this.#again({ ...job, request: reseeded(job.request) }, { label: '' });
    },
    clear: async ({ jobIds }) => {
      await this.#table.remove(() => this.#table.all().filter((job) => hasEnded(job) && (jobIds?.includes(job.id) ?? true) && !this.#batches.needs(job)).map(({ id }) => id));
      this.#tellStatus();
    },
    estimate: ({ request, modelId }) => this.#forecast.of(request, modelId ?? this.#parts.settings.get().modelId),
  };

  readonly batches: Room<'batches'> = {
    create: (input) => this.#batches.create(input),
    expand: async (input) => {
      const cells = expandBatch(input);
      return { jobs: cells.length, prompts: [...new Set(cells.map(({ request }) => request.prompt))] };
    },
    list: async () => this.#batches.list(),
    get: async ({ id }) => this.#batches.get(id),
    cancel: ({ id }) => this.#cancel(this.#batches.get(id).jobIds),
  };

  add(jobs: readonly NewJob[], toFront: boolean): Promise<JobRecord[]> {
    return this.#add(jobs, toFront);
  }

  snapshot(): { readonly jobs: JobRecord[]; readonly queue: QueueStatus } {
    const jobs = listed(this.#table.all());
    return { jobs: [...jobs.filter((job) => !hasEnded(job)), ...jobs.filter(hasEnded).slice(0, shownEnded)], queue: this.#status() };
  }

  preview(jobId: string, step: number): EncodedPreview | undefined {
    return this.#previews.get(jobId, step);
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#runner.hold();
    const { runningJobId } = this.#runner;
    if (runningJobId !== null) this.#runner.stop(runningJobId, 'closing');
    const grace = new AbortController();
    const late = new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, this.#parts.closeGraceMs ?? 5_000);
      grace.signal.addEventListener('abort', () => clearTimeout(timer));
    });
    await Promise.race([this.#runner.idle(), late]);
    grace.abort();
    // A step that takes longer than a person waits: whatever comes of it now is not taken any more.
    await this.#table.end(() => {
      const job = runningJobId === null ? undefined : this.#table.get(runningJobId);
      return job?.state === 'running' ? { ...job, state: 'interrupted', failure: studioStopped, finishedAt: Date.now(), progress: null } : undefined;
    });
    await this.#batches.close();
    await this.#table.settled();
  }

  async #add(wanted: readonly NewJob[], toFront: boolean): Promise<JobRecord[]> {
    if (this.#closed) throw new StudioError('CANCELLED', 'The studio is closing.', {}, { retryable: true });
    const { models, assets, settings } = this.#parts;
    const { modelId } = settings.get();
    for (const id of new Set(wanted.map((job) => job.modelId ?? modelId))) await models.dirOf(id);
    // Said now, rather than when its turn comes.
    for (const hash of new Set(wanted.flatMap(({ request }) => inputsOfRequest(request).map((input) => input.hash)))) await assets.info(hash);
    const records = await this.#table.write(() => {
      const now = Date.now();
      const counts = new Map<string, number>();
      return wanted.map((job) => {
        const at = counts.get(job.lane) ?? 0;
        counts.set(job.lane, at + 1);
        return recordOf(job, firstOrder(this.#table.all(), job.lane, wanted.length, toFront) + at, modelId, now);
      });
    });
    this.#parts.imaging.warm?.();
    // The turn knows its job before that can have ended.
    for (const job of records) await this.#tellTurn(job);
    this.#prepare(records);
    this.#tellStatus();
    if (!this.#paused) this.#runner.start();
    return [...records];
  }

  async #again(job: JobRecord, kept: { readonly batchId?: string | null; readonly label: string }): Promise<JobRecord> {
    const { request, lane, modelId, projectId, id, canvas } = job;
    const [record] = await this.#add([{ request, lane, modelId, projectId, originJobId: id, ...(canvas && { canvas }), ...kept }], false);
    if (!record) throw new StudioError('INTERNAL', 'The queue took a job without a record.', { jobId: id });
    if (record.batchId !== null) this.#batches.changed(record.batchId);
    return record;
  }

  async #cancel(jobIds: readonly string[]): Promise<void> {
    const now = Date.now();
    // In turn with the claim of the next job: none can slip from waiting to running in between.
    const cancelled = await this.#table.write(() => jobIds.flatMap((id): JobRecord[] => {
      const job = this.#table.get(id);
      return job?.state === 'queued' ? [{ ...job, state: 'cancelled', finishedAt: now }] : [];
    }));
    for (const id of jobIds) this.#runner.stop(id, 'cancel');
    for (const job of cancelled) {
      await this.#tellTurn(job);
      this.#changed(job);
    }
  }

  async #setPaused(paused: boolean): Promise<QueueStatus> {
    await this.#parts.history.jobs.setPaused(paused);
    this.#paused = paused;
    if (paused) this.#runner.hold();
    else this.#runner.start();
    this.#tellStatus();
    return this.#status();
  }

  /** The queue pauses itself; it does so even where that cannot be written down. */
  async #halt(): Promise<void> {
    if (this.#paused || this.#closed) return;
    this.#paused = true;
    this.#runner.hold();
    await this.#parts.history.jobs.setPaused(true).catch((error: unknown) => this.#report(toFailure(error), 'pausing the queue'));
    this.#tellStatus();
  }

  #get(id: string): JobRecord {
    const job = this.#table.get(id);
    if (!job) throw new StudioError('NOT_FOUND', 'There is no such job.', { jobId: id });
    return job;
  }

  #status(): QueueStatus {
    const jobs = this.#table.all();
    const left = jobs.flatMap((job) => {
      if (job.state === 'queued') return [this.#forecast.totalMs(job)];
      return job.state === 'running' ? [job.progress?.leftMs ?? this.#forecast.totalMs(job)] : [];
    });
    return {
      paused: this.#paused,
      runningJobId: this.#runner.runningJobId,
      counts: countStates(jobs),
      leftMs: left.some((ms) => ms === null) ? null : left.reduce<number>((sum, ms) => sum + (ms ?? 0), 0),
    };
  }

  #tellStatus(): void {
    this.#parts.events.publish({ type: 'queue', queue: this.#status() });
  }

  #changed(job: JobRecord): void {
    if (hasEnded(job)) this.#forecast.forget(job.id);
    if (job.batchId !== null) this.#batches.changed(job.batchId);
    this.#tellStatus();
    void this.#prune().catch((error: unknown) => this.#report(toFailure(error), 'shortening the list of jobs'));
  }

  #learn(job: JobRecord, made: NewGeneration | object): void {
    if ('task' in made) this.#forecast.drawn({ ...made, title: '', parents: [], trashedAt: null, starred: false, tags: [], note: '' });
    else this.#forecast.answered(job.modelId, (job.finishedAt ?? 0) - (job.startedAt ?? 0));
  }

  #prepare(jobs: readonly JobRecord[]): void {
    void (async () => {
      for (const job of jobs) await this.#forecast.prepare(job).catch(() => undefined);
    })();
  }

  async #tellTurn(job: JobRecord): Promise<void> {
    if (job.request.kind !== 'understand') return;
    await fillTurn(job, {}, this.#parts.history.chats, this.#parts.events).catch((error: unknown) => this.#report(toFailure(error), `the answer of job ${job.id}`));
  }

  async #prune(): Promise<void> {
    if (outlived(this.#table.all(), keptEnded).length > 0) await this.#table.remove(() => outlived(this.#table.all(), keptEnded));
  }
}
