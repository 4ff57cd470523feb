/** The studio's news in one order, with a memory long enough for a page that lost its line for a moment. */
import { randomUUID } from 'node:crypto';
import type { JobEvent, NewEvent, Resume, StudioEvent } from '../preload/contract/events.ts';
import type { JobRecord } from '../preload/contract/jobs.ts';
import { StudioError } from './errors.ts';
import type { EventHub } from './services.ts';

type News = Exclude<StudioEvent, { type: 'snapshot' }>;
type Snapshot = Omit<Extract<StudioEvent, { type: 'snapshot' }>, 'seq' | 'at' | 'type' | 'epoch'>;

export interface EventLogOptions {
  /** How things stand now, for a page that knows nothing. */
  readonly snapshot: () => Snapshot | Promise<Snapshot>;
  readonly job: (id: string) => JobRecord | undefined;
  /** How many events are remembered. */
  readonly memory?: number;
  /** A page that is this far behind gets a snapshot instead of the backlog. */
  readonly backlog?: number;
}

const ended: ReadonlySet<JobRecord['state']> = new Set(['done', 'failed', 'cancelled', 'interrupted']);

export class EventLog implements EventHub {
  readonly epoch = randomUUID();
  readonly #options: Required<EventLogOptions>;
  /** The last ones, in order, without gaps. */
  #remembered: News[] = [];
  #seq = 0;
  readonly #listeners = new Set<() => void>();

  constructor(options: EventLogOptions) {
    this.#options = { memory: 1_000, backlog: 1_000, ...options };
  }

  get seq(): number {
    return this.#seq;
  }

  publish(event: NewEvent): number {
    const seq = ++this.#seq;
    const stamped: News = { ...event, seq, at: Date.now() };
    // The record tells up to where its own events are covered, so that a page can follow on from it.
    if (stamped.type === 'job') stamped.job = { ...stamped.job, seq };
    this.#remembered.push(stamped);
    // Cut rarely: shifting one by one would move the whole memory with each event.
    if (this.#remembered.length > this.#options.memory * 1.25) this.#remembered = this.#remembered.slice(-this.#options.memory);
    for (const wake of this.#listeners) wake();
    return seq;
  }

  async *watch(resume: Resume | undefined, signal: AbortSignal | undefined): AsyncGenerator<StudioEvent> {
    let seen = resume?.epoch === this.epoch && resume.seq <= this.#seq ? resume.seq : undefined;
    while (!signal?.aborted) {
      const news = seen === undefined ? undefined : this.#after(seen);
      if (news === undefined || news.length > this.#options.backlog) {
        // Taken before the state is read: an event told twice is harmless, one left out is not.
        const seq = this.#seq;
        const state = await this.#options.snapshot();
        seen = seq;
        yield { type: 'snapshot', seq, at: Date.now(), epoch: this.epoch, ...state };
        continue;
      }
      for (const event of news) {
        if (signal?.aborted) return;
        seen = event.seq;
        yield event;
      }
      if (news.length === 0) await this.#next(signal);
    }
  }

  async *follow(jobId: string, afterSeq: number | undefined, signal: AbortSignal | undefined): AsyncGenerator<JobEvent> {
    const present = this.#options.job(jobId);
    if (!present) throw new StudioError('NOT_FOUND', 'There is no such job.', { jobId });
    let seen = afterSeq;
    while (!signal?.aborted) {
      const news = seen === undefined || seen > this.#seq ? undefined : this.#after(seen);
      if (news === undefined) {
        const job = this.#options.job(jobId);
        if (!job) return;
        seen = this.#seq;
        yield { type: 'job', seq: seen, at: Date.now(), jobId, job };
        if (ended.has(job.state)) return;
        continue;
      }
      for (const event of news) {
        if (signal?.aborted) return;
        seen = event.seq;
        if (event.type === 'jobsRemoved' && event.jobIds.includes(jobId)) return;
        if (!isOfJob(event) || event.jobId !== jobId) continue;
        yield event;
        if (event.type === 'job' && ended.has(event.job.state)) return;
      }
      // It may have ended before the page asked for what came after.
      if (news.length === 0 && ended.has(this.#options.job(jobId)?.state ?? 'done')) return;
      if (news.length === 0) await this.#next(signal);
    }
  }

  /** Events after `seq`; undefined where some of them are forgotten. */
  #after(seq: number): readonly News[] | undefined {
    const first = this.#remembered[0]?.seq ?? this.#seq + 1;
    if (seq + 1 < first) return undefined;
    return this.#remembered.slice(seq + 1 - first);
  }

  /** Resolves at the next event or at the abort. */
  #next(signal: AbortSignal | undefined): Promise<void> {
    return new Promise((resolve) => {
      const done = (): void => {
        this.#listeners.delete(done);
        signal?.removeEventListener('abort', done);
        resolve();
      };
      this.#listeners.add(done);
      signal?.addEventListener('abort', done, { once: true });
    });
  }
}

function isOfJob(event: News): event is News & JobEvent {
  return event.type === 'job' || event.type === 'progress' || event.type === 'preview' || event.type === 'token';
}
