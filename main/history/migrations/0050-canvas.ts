import type { Migration } from './migration.ts';

/** The canvas of a project: its document, the journal since, results that wait on it; and projects in the trash. */
export const canvas: Migration = {
  version: 50,
  name: 'canvas',
  up(db) {
    db.exec(`
      -- Apart from projects: what is in the trash is an exception.
      CREATE TABLE project_trash (project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE, trashed_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;

      CREATE TABLE canvases (
        project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
        -- Of the last journal entry.
        seq INTEGER NOT NULL,
        -- The page that wrote last: what only its undo can bring back is kept for it.
        page_id TEXT,
        snapshot_seq INTEGER,
        snapshot TEXT CHECK (json_valid(snapshot)),
        saved_at INTEGER
      ) STRICT;

      CREATE TABLE canvas_journal (
        project_id TEXT NOT NULL REFERENCES canvases (project_id) ON DELETE CASCADE,
        seq INTEGER NOT NULL,
        entry TEXT NOT NULL CHECK (json_valid(entry)),
        PRIMARY KEY (project_id, seq)
      ) STRICT;

      CREATE TABLE staged (
        seq INTEGER PRIMARY KEY AUTOINCREMENT,
        id TEXT NOT NULL UNIQUE,
        project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
        state TEXT NOT NULL CHECK (state IN ('waiting', 'accepted', 'discarded')),
        -- Everything else: frame, pictures, how it was composited, what was measured.
        record TEXT NOT NULL CHECK (json_valid(record))
      ) STRICT;
      CREATE INDEX staged_project ON staged (project_id, state);

      CREATE TABLE staged_assets (
        staged_seq INTEGER NOT NULL REFERENCES staged (seq) ON DELETE CASCADE,
        hash TEXT NOT NULL REFERENCES assets (hash),
        PRIMARY KEY (staged_seq, hash)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX staged_assets_hash ON staged_assets (hash);

      -- What was made from what, with which settings: made once. Never keeps a file: it goes with it.
      CREATE TABLE derived_pictures (recipe TEXT PRIMARY KEY, hash TEXT NOT NULL REFERENCES assets (hash) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
      CREATE INDEX derived_pictures_hash ON derived_pictures (hash);

      DROP VIEW asset_uses;
      CREATE VIEW asset_uses AS
        SELECT hash, 'generation' AS user FROM generations
        UNION ALL SELECT hash, 'input' FROM generation_inputs
        UNION ALL SELECT hash, 'chat' FROM chat_pictures
        UNION ALL SELECT hash, 'job' FROM job_inputs
        UNION ALL SELECT hash, 'canvas' FROM canvas_references
        UNION ALL SELECT hash, 'staged' FROM staged_assets;
    `);
  },
};
