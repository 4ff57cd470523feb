/** Every job in memory, written to the history before anything else hears of a change. */
import type { JobRecord } from '../../preload/contract/jobs.ts';
import type { NewGeneration, NewStaged } from '../history/rowTypes.ts';
import type { EventHub, JobRows } from '../services.ts';

type Live = Partial<Pick<JobRecord, 'progress' | 'preview' | 'text'>>;

export class JobTable {
  readonly #rows: JobRows;
  readonly #events: Pick<EventHub, 'publish'>;
  readonly #jobs = new Map<string, JobRecord>();
  /** Ended ones that the disk refused: written with the next change. */
  readonly #unwritten = new Set<string>();
  #tail: Promise<unknown> = Promise.resolve();

  constructor(rows: JobRows, events: Pick<EventHub, 'publish'>, jobs: readonly JobRecord[]) {
    this.#rows = rows;
    this.#events = events;
    // Event numbers begin anew with each start of the studio.
    for (const job of jobs) this.#jobs.set(job.id, { ...job, seq: 0 });
  }

  get(id: string): JobRecord | undefined {
    return this.#jobs.get(id);
  }

  all(): JobRecord[] {
    return [...this.#jobs.values()];
  }

  /**
   * Changes jobs: one change after the other, each decided on what the one before has left, on disk before it is announced.
   * Errors: what `decide` throws, ASSET_MISSING, DISK_FULL; nothing has changed then.
   */
  write(decide: () => readonly JobRecord[], generations: readonly NewGeneration[] = [], staged: readonly NewStaged[] = []): Promise<readonly JobRecord[]> {
    return this.#inTurn(async () => {
      const records = decide();
      if (records.length === 0) return [];
      const [record, ...more] = records;
      if (record && more.length === 0 && generations.length > 0) await this.#rows.finish(record, generations, staged);
      else await this.#save(records);
      return records.map((changed) => this.#show(changed));
    });
  }

  /** Like `write`, for the end of a job that made nothing: announced even where the disk takes nothing any more. */
  end(decide: () => JobRecord | undefined): Promise<void> {
    return this.#inTurn(async () => {
      const record = decide();
      if (!record) return;
      await this.#save([record]).catch(() => void this.#unwritten.add(record.id));
      this.#show(record);
    });
  }

  /** What changes many times a second lives in memory only. */
  touch(id: string, live: Live): void {
    const job = this.#jobs.get(id);
    if (job) this.#jobs.set(id, { ...job, ...live });
  }

  /** Takes jobs off the list; `choose` names them once it is their turn. */
  remove(choose: () => readonly string[]): Promise<void> {
    return this.#inTurn(async () => {
      const ids = choose().filter((id) => this.#jobs.has(id));
      if (ids.length === 0) return;
      await this.#rows.remove(ids);
      for (const id of ids) {
        this.#jobs.delete(id);
        this.#unwritten.delete(id);
      }
      this.#events.publish({ type: 'jobsRemoved', jobIds: ids });
    });
  }

  /** Resolves when all that was asked so far is written. */
  async settled(): Promise<void> {
    await this.#tail;
  }

  #inTurn<T>(work: () => Promise<T>): Promise<T> {
    const result = this.#tail.then(work);
    this.#tail = result.catch(() => undefined);
    return result;
  }

  async #save(records: readonly JobRecord[]): Promise<void> {
    const ids = [...this.#unwritten].filter((id) => !records.some((record) => record.id === id));
    await this.#rows.save([...records, ...ids.flatMap((id) => this.#jobs.get(id) ?? [])]);
    this.#unwritten.clear();
  }

  #show(record: JobRecord): JobRecord {
    const present = this.#jobs.get(record.id);
    // While the row was written, the running job may have gone on.
    const live = present?.state === 'running' && record.state === 'running' ? { progress: present.progress, preview: present.preview, text: present.text } : {};
    const job = { ...record, ...live };
    const seq = this.#events.publish({ type: 'job', jobId: job.id, job });
    const shown = { ...job, seq };
    this.#jobs.set(job.id, shown);
    return shown;
  }
}
