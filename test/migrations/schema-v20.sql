-- The schema as version 20 left it. Frozen: the step after it is tested on this, whatever becomes of the code.
CREATE TABLE assets (
  hash TEXT PRIMARY KEY CHECK (length(hash) = 64),
  extension TEXT NOT NULL,
  mime TEXT NOT NULL,
  bytes INTEGER NOT NULL,
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  created_at INTEGER NOT NULL,
  -- When it was last put: a file just put is not yet used by any row.
  touched_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE removals (hash TEXT PRIMARY KEY, extension TEXT NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE asset_sources (
  hash TEXT NOT NULL REFERENCES assets (hash) ON DELETE CASCADE,
  source_hash TEXT NOT NULL,
  how TEXT NOT NULL,
  PRIMARY KEY (hash, source_hash, how)
) STRICT, WITHOUT ROWID;
CREATE TABLE projects (
  id TEXT PRIMARY KEY,
  name TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL,
  opened_at INTEGER
) STRICT, WITHOUT ROWID;
CREATE TABLE generations (
  -- When it was made: milliseconds × 1000, plus a number within the millisecond. So the table, every index
  -- and the full-text index are in the order of time, and no page or count ever sorts.
  seq INTEGER PRIMARY KEY,
  created_at INTEGER NOT NULL GENERATED ALWAYS AS (seq / 1000) VIRTUAL,
  id TEXT NOT NULL UNIQUE,
  project_id TEXT REFERENCES projects (id) ON DELETE SET NULL,
  task TEXT NOT NULL,
  hash TEXT NOT NULL REFERENCES assets (hash),
  width INTEGER NOT NULL,
  height INTEGER NOT NULL,
  prompt TEXT NOT NULL,
  seed INTEGER,
  -- As it was asked for, every setting and picture included.
  request TEXT CHECK (json_valid(request)),
  model_id TEXT,
  model_name TEXT,
  -- What the same bytes need besides: engine version, provider, precision, threads, attention, model hash.
  reproduce TEXT CHECK (json_valid(reproduce)),
  steps INTEGER,
  timings TEXT NOT NULL CHECK (json_valid(timings)),
  job_id TEXT,
  batch_id TEXT,
  label TEXT NOT NULL,
  file_name TEXT,
  starred INTEGER NOT NULL DEFAULT 0 CHECK (starred IN (0, 1)),
  note TEXT NOT NULL DEFAULT '',
  trashed_at INTEGER
) STRICT;
CREATE TABLE generation_inputs (
  generation_seq INTEGER NOT NULL REFERENCES generations (seq) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  role TEXT NOT NULL,
  hash TEXT NOT NULL REFERENCES assets (hash),
  PRIMARY KEY (generation_seq, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE tags (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE COLLATE NOCASE) STRICT;
CREATE TABLE generation_tags (
  tag_id INTEGER NOT NULL REFERENCES tags (id) ON DELETE CASCADE,
  generation_seq INTEGER NOT NULL REFERENCES generations (seq) ON DELETE CASCADE,
  PRIMARY KEY (tag_id, generation_seq)
) STRICT, WITHOUT ROWID;
CREATE VIRTUAL TABLE search USING fts5 (
  prompt, note, name, tags,
  content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE INDEX assets_touched ON assets (touched_at);
CREATE INDEX asset_sources_source ON asset_sources (source_hash);
CREATE INDEX generations_trashed ON generations (trashed_at);
CREATE INDEX generations_project ON generations (project_id, trashed_at);
CREATE INDEX generations_task ON generations (task, trashed_at);
CREATE INDEX generations_model ON generations (model_name, trashed_at);
CREATE INDEX generations_starred ON generations (starred, trashed_at);
CREATE INDEX generations_batch ON generations (batch_id) WHERE batch_id IS NOT NULL;
CREATE INDEX generations_unprompted ON generations (trashed_at) WHERE prompt = '';
CREATE INDEX generations_hash ON generations (hash);
CREATE INDEX generation_inputs_hash ON generation_inputs (hash);
CREATE INDEX generation_tags_generation ON generation_tags (generation_seq);
CREATE VIEW searchable AS
  SELECT g.seq AS seq, spaced(g.prompt) AS prompt, spaced(g.note) AS note, spaced(coalesce(g.file_name, '')) AS name,
    coalesce((SELECT group_concat(spaced(t.name), ' ') FROM generation_tags gt JOIN tags t ON t.id = gt.tag_id
      WHERE gt.generation_seq = g.seq), '') AS tags
  FROM generations g;
CREATE TRIGGER search_generation_added AFTER INSERT ON generations BEGIN
  INSERT INTO search (rowid, prompt, note, name, tags) SELECT seq, prompt, note, name, tags FROM searchable WHERE seq = new.seq;
END;
CREATE TRIGGER search_generation_changed AFTER UPDATE OF prompt, note, file_name ON generations BEGIN
  DELETE FROM search WHERE rowid = new.seq;
  INSERT INTO search (rowid, prompt, note, name, tags) SELECT seq, prompt, note, name, tags FROM searchable WHERE seq = new.seq;
END;
CREATE TRIGGER search_generation_removed AFTER DELETE ON generations BEGIN
  DELETE FROM search WHERE rowid = old.seq;
END;
CREATE TRIGGER search_tag_added AFTER INSERT ON generation_tags BEGIN
  DELETE FROM search WHERE rowid = new.generation_seq;
  INSERT INTO search (rowid, prompt, note, name, tags) SELECT seq, prompt, note, name, tags FROM searchable WHERE seq = new.generation_seq;
END;
CREATE TRIGGER search_tag_removed AFTER DELETE ON generation_tags BEGIN
  DELETE FROM search WHERE rowid = old.generation_seq;
  INSERT INTO search (rowid, prompt, note, name, tags) SELECT seq, prompt, note, name, tags FROM searchable WHERE seq = old.generation_seq;
END;
PRAGMA application_id = 1331054931;
PRAGMA user_version = 20;
