import type { JobRecord, QueueStatus } from '../../preload/contract/jobs.ts';
import type { JobRequest } from '../../preload/contract/generation.ts';
import type { Generation } from '../../preload/contract/project.ts';
import type { News } from './news.ts';
import { fakeId, makeEdit, makeRow } from './rows.ts';

const answer = 'A shows a red sphere, a blue cube and a yellow cone on a sand floor. B is the same scene, but a green cylinder stands where the cone was. The light comes from the upper left in both.';

/** Runs jobs on a timer: steps, previews, tokens, and a result at the end. */
export class FakeQueue {
  readonly jobs: JobRecord[] = [];
  paused = false;
  stepMs = 120;
  private order = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private readonly cancelled = new Set<string>();
  private readonly waitingForEnd = new Map<string, (job: JobRecord) => void>();
  private readonly news: News;
  private readonly random: () => number;
  private readonly finish: (row: Generation) => void;
  private readonly rows: () => readonly Generation[];

  constructor(news: News, random: () => number, rows: () => readonly Generation[], finish: (row: Generation) => void) {
    this.news = news;
    this.random = random;
    this.rows = rows;
    this.finish = finish;
  }

  status(): QueueStatus {
    const counts = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, interrupted: 0 };
    for (const job of this.jobs) counts[job.state]++;
    return { paused: this.paused, runningJobId: this.jobs.find((job) => job.state === 'running')?.id ?? null, counts, leftMs: counts.queued * this.stepMs * 25 };
  }

  submit(request: JobRequest, over: Partial<JobRecord> = {}, front = false): JobRecord {
    const seed = request.kind === 'understand' ? undefined : request.seed;
    this.order++;
    const job: JobRecord = {
      id: fakeId(this.random), request, modelId: 'toybox', projectId: null, state: 'queued', lane: 'foreground', order: front ? -this.order : this.order, batchId: null,
      label: seed === undefined ? '' : `seed ${seed}`, createdAt: Date.now(), startedAt: null, finishedAt: null, progress: null, preview: null, generationIds: [], text: null, failure: null, originJobId: null, seq: 0, ...over,
    };
    this.jobs.push(job);
    this.change(job, {});
    this.wake();
    return job;
  }

  /** Called with the job once its picture is there. */
  onDone(jobId: string, then: (job: JobRecord) => void): void {
    this.waitingForEnd.set(jobId, then);
  }

  tellStaged(projectId: string, ids: readonly string[]): void {
    this.news.tell({ type: 'staged', change: 'added', projectId, ids: [...ids] });
  }

  cancel(ids: readonly string[]): void {
    for (const id of ids) {
      const job = this.jobs.find((one) => one.id === id);
      if (job?.state === 'queued') this.change(job, { state: 'cancelled', finishedAt: Date.now() });
      else if (job?.state === 'running') this.cancelled.add(id);
    }
  }

  move(jobId: string, before: string | null, lane?: JobRecord['lane']): JobRecord {
    const job = this.get(jobId);
    const others = this.jobs.filter((one) => one.state === 'queued' && one.lane === (lane ?? job.lane) && one.id !== jobId).sort((a, b) => a.order - b.order);
    const at = before === null ? others.length : others.findIndex((one) => one.id === before);
    const [low, high] = [others[at - 1]?.order ?? (others[at]?.order ?? 0) - 2, others[at]?.order ?? (others[at - 1]?.order ?? 0) + 2];
    return this.change(job, { order: (low + high) / 2, ...(lane === undefined ? {} : { lane }) });
  }

  get(jobId: string): JobRecord {
    const job = this.jobs.find((one) => one.id === jobId);
    if (job === undefined) throw Object.assign(new Error('no such job'), { code: 'NOT_FOUND', data: { details: {}, retryable: false } });
    return job;
  }

  change(job: JobRecord, patch: Partial<JobRecord>): JobRecord {
    Object.assign(job, patch);
    this.news.tell({ type: 'job', jobId: job.id, job: { ...job } });
    this.news.tell({ type: 'queue', queue: this.status() });
    return job;
  }

  wake(): void {
    if (this.timer !== undefined || this.paused || this.jobs.some((job) => job.state === 'running')) return;
    const next = this.jobs.filter((job) => job.state === 'queued').sort((a, b) => (a.lane === b.lane ? a.order - b.order : a.lane === 'foreground' ? -1 : 1))[0];
    if (next === undefined) return;
    this.change(next, { state: 'running', startedAt: Date.now() });
    this.timer = setTimeout(() => this.step(next, 1), this.stepMs);
  }

  private step(job: JobRecord, step: number): void {
    const ask = job.request.kind === 'understand';
    const words = answer.match(/\S+\s*/g) ?? [];
    const steps = job.request.kind === 'understand' ? words.length : job.request.steps ?? 25;
    this.timer = undefined;
    if (this.cancelled.has(job.id)) {
      this.change(job, { state: 'cancelled', finishedAt: Date.now() });
    } else if (job.request.prompt.includes('too large')) {
      this.change(job, { state: 'failed', finishedAt: Date.now(), failure: { code: 'OUT_OF_MEMORY', message: 'allocation of 2.1 GB failed', details: {}, retryable: false } });
    } else if (step > steps) {
      this.end(job, ask);
    } else {
      const leftMs = (steps - step) * this.stepMs;
      this.news.tell({ type: 'progress', jobId: job.id, progress: ask ? { stage: 'understand', step: 0, steps: 0, stepMs: null, leftMs: null, tokens: step, tokensPerSecond: 11 } : { stage: 'denoise', step, steps, stepMs: this.stepMs, leftMs } });
      if (job.request.kind === 'understand') {
        this.news.tell({ type: 'token', jobId: job.id, index: step - 1, text: words[step - 1] ?? '', ...(job.request.chatId === undefined ? {} : { chatId: job.request.chatId }), ...(job.request.turnId === undefined ? {} : { turnId: job.request.turnId }) });
        this.change(job, { text: words.slice(0, step).join('') });
      } else this.news.tell({ type: 'preview', jobId: job.id, preview: { step, path: `/preview/${job.id}/${Math.round((step / steps) * 25)}` } });
      this.timer = setTimeout(() => this.step(job, step + 1), ask ? this.stepMs / 3 : this.stepMs);
      return;
    }
    this.wake();
  }

  private end(job: JobRecord, ask: boolean): void {
    if (ask || job.request.kind === 'understand') {
      this.change(job, { state: 'done', finishedAt: Date.now() });
      return;
    }
    const { request } = job;
    const source = 'image' in request ? this.rows().find((row) => row.hash === request.image) : undefined;
    const plain = makeRow(this.random, Date.now(), { prompt: request.prompt, request, seed: request.seed ?? 1, steps: request.steps ?? 25, starred: false, tags: [], label: job.label, jobId: job.id });
    const row = source === undefined ? { ...plain, ...(request.kind === 'textToImage' ? { width: request.width ?? 256, height: request.height ?? 256 } : { task: request.kind }) }
      : { ...makeEdit(this.random, Date.now(), source, request.prompt), request, seed: request.seed ?? 1 };
    this.finish(row);
    this.change(job, { state: 'done', finishedAt: Date.now(), generationIds: [row.id] });
    this.waitingForEnd.get(job.id)?.(job);
  }
}
