/** The queue's rows: written before any work starts, so that a killed studio finds its queue again. */
import type { BatchRecord, JobRecord } from '../../preload/contract/jobs.ts';
import type { NewGeneration, NewStaged } from './rowTypes.ts';
import { requireAssets } from './assetRows.ts';
import type { Db } from './connection.ts';
import { getFact, setFact } from './facts.ts';
import { addGenerations } from './generations.ts';
import { inputsOfRequest } from './inputs.ts';
import { addStaged } from './staged.ts';
import { all, list, one, run } from './statements.ts';

export interface StoredQueue {
  readonly jobs: JobRecord[];
  readonly batches: BatchRecord[];
  readonly paused: boolean;
}

/** Everything as it was written last, in order of submission. */
export function loadQueue(db: Db): StoredQueue {
  const records = <T>(sql: string): T[] => all<{ record: string }>(db, sql).map((row) => JSON.parse(row.record) as T);
  return {
    jobs: records<JobRecord>('SELECT record FROM jobs ORDER BY seq'),
    batches: records<BatchRecord>('SELECT record FROM batches ORDER BY created_at, id'),
    paused: getFact(db, 'queue.paused') === true,
  };
}

/** Inserts or replaces, all or none. ASSET_MISSING when a picture that a new job names is not in the store. */
export function saveJobs(db: Db, jobs: readonly JobRecord[]): void {
  db.transaction(() => {
    for (const job of jobs) {
      const known = one<{ seq: number }>(db, 'SELECT seq FROM jobs WHERE id = ?', job.id);
      if (known) {
        run(db, 'UPDATE jobs SET state = ?, record = ? WHERE seq = ?', job.state, JSON.stringify(job), known.seq);
        continue;
      }
      const hashes = [...new Set([...inputsOfRequest(job.request).map((input) => input.hash), job.canvas?.raster, job.canvas?.mask].filter((hash) => hash != null))];
      requireAssets(db, hashes);
      run(db, 'INSERT INTO jobs (id, state, record) VALUES (?, ?, ?)', job.id, job.state, JSON.stringify(job));
      run(db, 'INSERT INTO job_inputs (job_seq, hash) SELECT (SELECT seq FROM jobs WHERE id = ?), value FROM json_each(?)', job.id, list(hashes));
    }
  }).immediate();
}

/** A job's end, its pictures and what waits on a canvas in one transaction: no job is done without its result. */
export function finishJob(db: Db, job: JobRecord, generations: readonly NewGeneration[], staged: readonly NewStaged[] = []): void {
  db.transaction(() => {
    addGenerations(db, generations);
    for (const row of staged) addStaged(db, row);
    saveJobs(db, [job]);
  }).immediate();
}

/** Takes jobs off the list; what they made stays. */
export function removeJobs(db: Db, ids: readonly string[]): void {
  run(db, 'DELETE FROM jobs WHERE id IN (SELECT value FROM json_each(?))', list(ids));
}

export function saveBatch(db: Db, batch: BatchRecord): void {
  run(
    db, 'INSERT INTO batches (id, created_at, record) VALUES (?, ?, ?) ON CONFLICT (id) DO UPDATE SET record = excluded.record',
    batch.id, batch.createdAt, JSON.stringify(batch),
  );
}

export function setPaused(db: Db, paused: boolean): void {
  setFact(db, 'queue.paused', paused);
}
