/** The one loop that runs jobs: takes the next, sees it through to its end, writes that down, goes on. */
import type { JobRecord, MemoryOutlook, Progress } from '../../preload/contract/jobs.ts';
import { toFailure, type Failure } from '../errors.ts';
import type { ProgressEvent, UnderstandResult } from '../engine/protocol.ts';
import type { NewGeneration } from '../history/rowTypes.ts';
import type { ChatRows, EventHub } from '../services.ts';
import { fillTurn, runAsk, type AskParts } from './askJob.ts';
import { runGenerate, type GenerateParts, type JobRun } from './generateJob.ts';
import type { JobTable } from './jobTable.ts';
import { nextToRun } from './order.ts';
import { isEngineDeath, outcomeOf, type StopReason } from './outcome.ts';
import type { Previews } from './previews.ts';
import { atStart, progressAfter } from './progress.ts';

export interface RunnerParts extends GenerateParts {
  readonly engine: GenerateParts['engine'] & AskParts['engine'];
  readonly table: JobTable;
  readonly events: Pick<EventHub, 'publish'>;
  readonly chats: ChatRows;
  readonly previews: Previews;
  /** A job has begun or ended. */
  readonly changed: (job: JobRecord) => void;
  /** Nothing more may start: why. */
  readonly halt: (why: 'disk' | 'engine') => Promise<void>;
  readonly report: (failure: Failure, what: string) => void;
  /** What a job takes of memory, and what would fit; undefined where nobody knows. */
  readonly memoryOf?: (job: JobRecord) => Promise<MemoryOutlook | undefined>;
  readonly finished: (job: JobRecord, made: NewGeneration | UnderstandResult) => void;
}

/** An engine that dies this often in a row before its first step would burn through everything that waits. */
const deathsBeforeHalt = 3;
/** Progress of an answer is told this often; its tokens as they come. */
const tokenProgressMs = 250;
/** What an answer has said so far is written this often. */
const keepTextMs = 2_000;

interface Current {
  readonly id: string;
  readonly controller: AbortController;
  stop: StopReason;
  stepped: boolean;
}

export class Runner {
  readonly #parts: RunnerParts;
  #current: Current | undefined;
  #loop: Promise<void> | undefined;
  #mayStart = false;
  #deaths = 0;

  constructor(parts: RunnerParts) {
    this.#parts = parts;
  }

  get runningJobId(): string | null {
    return this.#current?.id ?? null;
  }

  /** Lets jobs start; harmless while they do. */
  start(): void {
    this.#mayStart = true;
    this.#loop ??= this.#work().finally(() => {
      this.#loop = undefined;
      // Something may have been queued between the last look and here.
      if (this.#mayStart && nextToRun(this.#parts.table.all())) this.start();
    });
  }

  /** Lets no further job start. */
  hold(): void {
    this.#mayStart = false;
    this.#deaths = 0;
  }

  /** Stops a running job after its step; returns false when it is not the one that runs. */
  stop(jobId: string, why: Exclude<StopReason, undefined>): boolean {
    const current = this.#current;
    if (current?.id !== jobId) return false;
    current.stop ??= why;
    const { table } = this.#parts;
    const progress: Progress = { ...(table.get(jobId)?.progress ?? atStart), stopping: true };
    this.#progress(jobId, progress);
    current.controller.abort();
    return true;
  }

  /** Resolves when nothing runs any more. */
  async idle(): Promise<void> {
    await this.#loop;
  }

  async #work(): Promise<void> {
    while (this.#mayStart) {
      const job = await this.#claim();
      if (!job) return;
      this.#parts.changed(job);
      await this.#run(job, this.#current!);
      this.#current = undefined;
      const ended = this.#parts.table.get(job.id);
      if (ended) this.#parts.changed(ended);
    }
  }

  /** Marks the next job as running, on disk first. */
  async #claim(): Promise<JobRecord | undefined> {
    const { table, halt, report } = this.#parts;
    try {
      const [job] = await table.write(() => {
        const next = this.#mayStart ? nextToRun(table.all()) : undefined;
        if (!next) return [];
        this.#current = { id: next.id, controller: new AbortController(), stop: undefined, stepped: false };
        return [{ ...next, state: 'running', startedAt: Date.now(), finishedAt: null, progress: atStart, failure: null }];
      });
      return job;
    } catch (error) {
      // It still waits; starting it unwritten would lose it in a crash.
      this.#current = undefined;
      report(toFailure(error), 'starting a job');
      await halt('disk');
      return undefined;
    }
  }

  async #run(job: JobRecord, current: Current): Promise<void> {
    const run: JobRun = {
      signal: current.controller.signal,
      onEvent: this.#listener(job, current),
      stage: (stage) => this.#progress(job.id, { ...(this.#parts.table.get(job.id)?.progress ?? atStart), stage }),
    };
    try {
      await (job.request.kind === 'understand' ? this.#ask(job, run) : this.#draw(job, run));
      this.#deaths = 0;
    } catch (error) {
      await this.#failed(job, current, error);
    }
  }

  /** File, then row and job in one transaction, then the news. */
  async #draw(job: JobRecord, run: JobRun): Promise<void> {
    if (job.request.kind === 'understand') return;
    const { table, events, finished } = this.#parts;
    const { row, staged } = await runGenerate(job, job.request, run, this.#parts);
    const [done] = await table.write(() => this.#ending(job, { state: 'done', progress: null, generationIds: [row.id] }), [row], staged);
    if (!done) return;
    events.publish({ type: 'gallery', change: 'added', ids: [row.id] });
    for (const { projectId, id } of staged) events.publish({ type: 'staged', change: 'added', projectId, ids: [id] });
    finished(done, row);
  }

  async #ask(job: JobRecord, run: JobRun): Promise<void> {
    if (job.request.kind !== 'understand') return;
    const { table, events, chats, finished } = this.#parts;
    await fillTurn(job, {}, chats, events);
    const { text, tokens, stopReason, timingsMs } = await runAsk(job, job.request, run, this.#parts);
    await fillTurn({ ...job, state: 'done', text }, { tokens, stopReason, timingsMs: { ...timingsMs } }, chats, events);
    const [done] = await table.write(() => this.#ending(job, { state: 'done', progress: null, text }));
    if (done) finished(done, { text, tokens, stopReason, timingsMs });
  }

  async #failed(job: JobRecord, current: Current, error: unknown): Promise<void> {
    const { table, events, chats, halt, loader, report } = this.#parts;
    const { state, failure: plain } = outcomeOf(error, current.stop);
    const failure = plain?.code === 'OUT_OF_MEMORY' ? withPlan(plain, await this.#parts.memoryOf?.(job)) : plain;
    if (failure?.code === 'INTERNAL') report(failure, `job ${job.id}`);
    if (failure?.code === 'MODEL_MISSING') loader.forget();
    const change = { state, failure: failure && storable(failure), progress: null };
    await fillTurn({ ...this.#present(job), ...change }, {}, chats, events).catch((turnError: unknown) => report(toFailure(turnError), `the answer of job ${job.id}`));
    await table.end(() => this.#ending(job, change)[0]);
    if (failure === null) return;
    // The next picture would need as much room as this one: better to wait until there is some.
    if (failure.code === 'DISK_FULL') await halt('disk');
    if (!isEngineDeath(failure) || current.stop !== undefined || current.stepped) this.#deaths = 0;
    else if (++this.#deaths >= deathsBeforeHalt) await halt('engine');
  }

  /** The end of a job, unless closing has ended it already: that word stands. */
  #ending(job: JobRecord, change: Partial<JobRecord>): JobRecord[] {
    const present = this.#present(job);
    return present.state === 'running' ? [{ ...present, ...change, finishedAt: Date.now() }] : [];
  }

  #present(job: JobRecord): JobRecord {
    return this.#parts.table.get(job.id) ?? job;
  }

  #progress(jobId: string, progress: Progress): void {
    const stopping = this.#current?.id === jobId && this.#current.stop !== undefined;
    const told: Progress = stopping ? { ...progress, stopping: true } : progress;
    this.#parts.table.touch(jobId, { progress: told });
    this.#parts.events.publish({ type: 'progress', jobId, progress: told });
  }

  #listener(job: JobRecord, current: Current): (event: ProgressEvent) => void {
    const { table, events, previews } = this.#parts;
    const { request } = job;
    let firstTokenAt = 0;
    let toldAt = 0;
    let keptAt = Date.now();
    return (event) => {
      const now = Date.now();
      const progress = progressAfter(table.get(job.id)?.progress ?? atStart, event, firstTokenAt === 0 ? 0 : now - firstTokenAt);
      if (event.type === 'step' || event.type === 'token') current.stepped = true;
      if (event.type === 'preview') {
        previews.add(job.id, event.step, event.image, (preview) => {
          if (this.#current !== current) return;
          table.touch(job.id, { preview });
          events.publish({ type: 'preview', jobId: job.id, preview });
        });
      }
      if (event.type === 'token') {
        firstTokenAt ||= now;
        table.touch(job.id, { text: (table.get(job.id)?.text ?? '') + event.text });
        const turn = request.kind === 'understand' ? { ...(request.chatId !== undefined && { chatId: request.chatId }), ...(request.turnId !== undefined && { turnId: request.turnId }) } : {};
        events.publish({ type: 'token', jobId: job.id, index: event.index, text: event.text, ...turn });
        if (now - keptAt > keepTextMs) {
          keptAt = now;
          // Only a convenience after a crash: the end is written in any case.
          void table.write(() => (this.#current === current ? [this.#present(job)] : [])).catch(() => undefined);
        }
        if (now - toldAt < tokenProgressMs) {
          if (progress) table.touch(job.id, { progress });
          return;
        }
        toldAt = now;
      }
      if (progress) this.#progress(job.id, progress);
    };
  }
}

/** Adds to a failure what would fit, so that whoever reads it later can run that. */
function withPlan(failure: Failure, memory: MemoryOutlook | undefined): Failure {
  if (!memory) return failure;
  const { neededBytes, freeBytes, plan } = memory;
  const { precision, vaeTile, width, height, memoryLimitBytes, neededBytes: planBytes } = plan ?? {};
  const details = { neededBytes, freeBytes: freeBytes ?? undefined, planMemoryLimitBytes: memoryLimitBytes, planPrecision: precision, planVaeTile: vaeTile, planWidth: width, planHeight: height, planBytes };
  return { ...failure, details: { ...failure.details, ...Object.fromEntries(Object.entries(details).flatMap(([name, value]) => (value === undefined ? [] : [[name, value]]))) } };
}

/** A row cannot hold NaN, and a stack is for the log. */
function storable(failure: Failure): Failure {
  const details = Object.entries(failure.details).filter(([name, value]) => name !== 'stack' && !(typeof value === 'number' && !Number.isFinite(value)));
  return { ...failure, details: Object.fromEntries(details) };
}
