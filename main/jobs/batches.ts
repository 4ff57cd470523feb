/** Batches: many jobs of one request, their counts, and the grid of a sweep. */
import { randomUUID } from 'node:crypto';
import type { BatchInput, BatchRecord, JobRecord, JobState } from '../../preload/contract/jobs.ts';
import { toFailure, StudioError, type Failure } from '../errors.ts';
import type { EventHub, JobRows } from '../services.ts';
import { expandBatch } from './expand.ts';
import type { JobTable } from './jobTable.ts';
import { hasEnded } from './order.ts';
import type { NewJob } from './submit.ts';
import { makeSheet, planSheet, type SheetParts } from './sweep.ts';

export interface BatchParts extends SheetParts {
  readonly rows: Pick<JobRows, 'saveBatch'>;
  readonly events: Pick<EventHub, 'publish'>;
  readonly table: JobTable;
  readonly seed: () => number;
  readonly submit: (jobs: readonly NewJob[]) => Promise<JobRecord[]>;
  readonly report: (failure: Failure, what: string) => void;
}

/** Counts of a thousand jobs change often; nobody reads them faster. */
const tellEveryMs = 2_000;

type StoredBatch = Omit<BatchRecord, 'jobIds' | 'counts'>;

export class Batches {
  readonly #parts: BatchParts;
  readonly #batches = new Map<string, StoredBatch>();
  readonly #timers = new Map<string, NodeJS.Timeout>();
  readonly #sheets = new Map<string, Promise<void>>();

  constructor(parts: BatchParts, batches: readonly BatchRecord[]) {
    this.#parts = parts;
    for (const batch of batches) this.#batches.set(batch.id, batch);
  }

  /** Rows first. Errors: REQUEST_INVALID for an explosion, ASSET_MISSING, MODEL_MISSING, DISK_FULL. */
  async create(input: BatchInput): Promise<{ batch: BatchRecord; jobs: JobRecord[] }> {
    const request = { ...input.request, seed: input.request.seed ?? this.#parts.seed() };
    const filled: BatchInput = { ...input, request };
    const cells = expandBatch(filled);
    const { lane = 'batch', modelId, projectId, label = labelOf(filled) } = input;
    const batch: StoredBatch = { id: randomUUID(), label, input: filled, createdAt: Date.now(), grid: null };
    // The batch first: jobs of a batch that nobody knows could never become a grid. One without jobs is not shown.
    await this.#parts.rows.saveBatch({ ...batch, jobIds: [], counts: countStates([]) });
    this.#batches.set(batch.id, batch);
    const jobs = await this.#parts.submit(cells.map((cell) => ({
      ...cell, lane, batchId: batch.id, ...(modelId !== undefined && { modelId }), ...(projectId !== undefined && { projectId }),
    })));
    const record = this.#record(batch);
    this.#parts.events.publish({ type: 'batch', batch: record });
    return { batch: record, jobs };
  }

  list(): BatchRecord[] {
    const records = [...this.#batches.values()].map((batch) => this.#record(batch));
    return records.filter(({ jobIds, grid }) => jobIds.length > 0 || grid !== null).reverse();
  }

  get(id: string): BatchRecord {
    const batch = this.#batches.get(id);
    if (!batch) throw new StudioError('NOT_FOUND', 'There is no such batch.', { id });
    return this.#record(batch);
  }

  /** A job of a batch has changed: tells the counts by and by, and draws the grid once every cell is there. */
  changed(batchId: string): void {
    const batch = this.#batches.get(batchId);
    if (!batch) return;
    if (!this.#timers.has(batchId)) {
      const timer = setTimeout(() => {
        this.#timers.delete(batchId);
        this.#tell(batchId);
      }, tellEveryMs);
      timer.unref();
      this.#timers.set(batchId, timer);
    }
    this.#drawOnce(batch);
  }

  /** Whether a grid is still to be drawn from this ended job: then it must stay on the list. */
  needs({ batchId }: JobRecord): boolean {
    const batch = batchId === null ? undefined : this.#batches.get(batchId);
    if (batch?.input.sweep === undefined || batch.grid !== null) return false;
    return this.#sheets.has(batch.id) || this.#jobsOf(batch.id).some((job) => !hasEnded(job));
  }

  /** Grids that a killed studio left undrawn. */
  restore(): void {
    for (const batch of this.#batches.values()) this.#drawOnce(batch);
  }

  async close(): Promise<void> {
    for (const timer of this.#timers.values()) clearTimeout(timer);
    await Promise.all(this.#sheets.values());
  }

  #drawOnce(batch: StoredBatch): void {
    if (batch.input.sweep === undefined || batch.grid !== null || this.#sheets.has(batch.id)) return;
    const plan = planSheet(batch.input, this.#jobsOf(batch.id));
    if (!plan) return;
    const drawn = makeSheet(this.#record(batch), plan, this.#parts).then(async (grid) => {
      const finished: StoredBatch = { ...batch, grid };
      this.#batches.set(batch.id, finished);
      await this.#parts.rows.saveBatch(this.#record(finished));
      this.#parts.events.publish({ type: 'gallery', change: 'added', ids: [grid.generationId] });
      this.#tell(batch.id);
    }).catch((error: unknown) => this.#parts.report(toFailure(error), `grid of batch ${batch.id}`)).finally(() => this.#sheets.delete(batch.id));
    this.#sheets.set(batch.id, drawn);
  }

  #tell(batchId: string): void {
    const batch = this.#batches.get(batchId);
    if (batch) this.#parts.events.publish({ type: 'batch', batch: this.#record(batch) });
  }

  #jobsOf(batchId: string): JobRecord[] {
    return this.#parts.table.all().filter((job) => job.batchId === batchId);
  }

  #record(batch: StoredBatch): BatchRecord {
    const jobs = this.#jobsOf(batch.id);
    return { ...batch, jobIds: jobs.map((job) => job.id), counts: countStates(jobs) };
  }
}

export function countStates(jobs: readonly JobRecord[]): Record<JobState, number> {
  const counts: Record<JobState, number> = { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, interrupted: 0 };
  for (const job of jobs) counts[job.state]++;
  return counts;
}

function labelOf({ request, sweep, seeds, wildcards }: BatchInput): string {
  const kinds = [...(sweep ? ['guidance study'] : []), ...(seeds !== undefined ? ['seeds'] : []), ...(wildcards === true ? ['prompts'] : [])];
  const prompt = request.prompt.length > 80 ? `${request.prompt.slice(0, 79)}…` : request.prompt;
  return kinds.length === 0 ? prompt : `${prompt} · ${kinds.join(' × ')}`;
}
