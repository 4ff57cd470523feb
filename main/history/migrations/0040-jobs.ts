import type { Migration } from './migration.ts';

/** The queue, and what else must be remembered while it runs. */
export const jobs: Migration = {
  version: 40,
  name: 'jobs',
  up(db) {
    db.exec(`
      CREATE TABLE jobs (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        state TEXT NOT NULL,
        -- The whole record; the queue works in memory and reads this once, at start-up.
        record TEXT NOT NULL CHECK (json_valid(record))
      ) STRICT;

      -- Pictures that a job names are kept as long as the job: it may be retried.
      CREATE TABLE job_inputs (
        job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
        hash TEXT NOT NULL REFERENCES assets (hash),
        PRIMARY KEY (job_seq, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX job_inputs_hash ON job_inputs (hash);

      CREATE TABLE batches (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, record TEXT NOT NULL CHECK (json_valid(record))) STRICT, WITHOUT ROWID;

      CREATE TABLE canvas_references (
        project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        hash TEXT NOT NULL REFERENCES assets (hash),
        PRIMARY KEY (project_id, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX canvas_references_hash ON canvas_references (hash);

      CREATE TABLE saved_searches (id TEXT PRIMARY KEY, name TEXT NOT NULL, filter TEXT NOT NULL CHECK (json_valid(filter)), created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      -- Small facts that outlive a restart: whether the queue is paused.
      CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (json_valid(value))) STRICT, WITHOUT ROWID;

      -- Every use of a file, one row each: where a collection looks for files without one.
      CREATE VIEW asset_uses AS
        SELECT hash, 'generation' AS user FROM generations
        UNION ALL SELECT hash, 'input' FROM generation_inputs
        UNION ALL SELECT hash, 'chat' FROM chat_pictures
        UNION ALL SELECT hash, 'job' FROM job_inputs
        UNION ALL SELECT hash, 'canvas' FROM canvas_references;
    `);
  },
};
