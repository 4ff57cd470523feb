-- The schema as version 60 left it. Frozen: the step after it is tested on this, whatever becomes of the code.
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
CREATE TABLE chats (
  id TEXT PRIMARY KEY,
  project_id TEXT REFERENCES projects (id) ON DELETE SET NULL,
  title TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE TABLE chat_pictures (
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  position INTEGER NOT NULL,
  hash TEXT NOT NULL REFERENCES assets (hash),
  PRIMARY KEY (chat_id, position)
) STRICT, WITHOUT ROWID;
CREATE TABLE turns (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
  role TEXT NOT NULL CHECK (role IN ('user', 'assistant')),
  text TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  -- Job, state, tokens, timings, why it stopped.
  facts TEXT NOT NULL CHECK (json_valid(facts))
) STRICT;
CREATE VIRTUAL TABLE search USING fts5 (
  prompt, note, name, tags, answers,
  content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
);
CREATE TABLE jobs (
  seq INTEGER PRIMARY KEY AUTOINCREMENT,
  id TEXT NOT NULL UNIQUE,
  state TEXT NOT NULL,
  -- The whole record; the queue works in memory and reads this once, at start-up.
  record TEXT NOT NULL CHECK (json_valid(record))
) STRICT;
CREATE TABLE job_inputs (
  job_seq INTEGER NOT NULL REFERENCES jobs (seq) ON DELETE CASCADE,
  hash TEXT NOT NULL REFERENCES assets (hash),
  PRIMARY KEY (job_seq, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE batches (id TEXT PRIMARY KEY, created_at INTEGER NOT NULL, record TEXT NOT NULL CHECK (json_valid(record))) STRICT, WITHOUT ROWID;
CREATE TABLE canvas_references (
  project_id TEXT NOT NULL REFERENCES projects (id) ON DELETE CASCADE,
  hash TEXT NOT NULL REFERENCES assets (hash),
  PRIMARY KEY (project_id, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE saved_searches (id TEXT PRIMARY KEY, name TEXT NOT NULL, filter TEXT NOT NULL CHECK (json_valid(filter)), created_at INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE facts (name TEXT PRIMARY KEY, value TEXT NOT NULL CHECK (json_valid(value))) STRICT, WITHOUT ROWID;
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
CREATE TABLE staged_assets (
  staged_seq INTEGER NOT NULL REFERENCES staged (seq) ON DELETE CASCADE,
  hash TEXT NOT NULL REFERENCES assets (hash),
  PRIMARY KEY (staged_seq, hash)
) STRICT, WITHOUT ROWID;
CREATE TABLE derived_pictures (recipe TEXT PRIMARY KEY, hash TEXT NOT NULL REFERENCES assets (hash) ON DELETE CASCADE) STRICT, WITHOUT ROWID;
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
CREATE INDEX chats_project ON chats (project_id);
CREATE INDEX chat_pictures_hash ON chat_pictures (hash);
CREATE INDEX turns_chat ON turns (chat_id);
CREATE INDEX job_inputs_hash ON job_inputs (hash);
CREATE INDEX canvas_references_hash ON canvas_references (hash);
CREATE INDEX staged_project ON staged (project_id, state);
CREATE INDEX staged_assets_hash ON staged_assets (hash);
CREATE INDEX derived_pictures_hash ON derived_pictures (hash);
CREATE VIEW searchable AS
  SELECT g.seq AS seq, spaced(g.prompt) AS prompt, spaced(g.note) AS note, spaced(coalesce(g.file_name, '')) AS name,
    coalesce((SELECT group_concat(spaced(t.name), ' ') FROM generation_tags gt JOIN tags t ON t.id = gt.tag_id
      WHERE gt.generation_seq = g.seq), '') AS tags,
    coalesce((SELECT group_concat(spaced(a.text), ' ') FROM chat_pictures p JOIN turns a ON a.chat_id = p.chat_id
      WHERE p.hash = g.hash AND a.role = 'assistant'), '') AS answers
  FROM generations g;
CREATE VIEW asset_uses AS
  SELECT hash, 'generation' AS user FROM generations
  UNION ALL SELECT hash, 'input' FROM generation_inputs
  UNION ALL SELECT hash, 'chat' FROM chat_pictures
  UNION ALL SELECT hash, 'job' FROM job_inputs
  UNION ALL SELECT hash, 'canvas' FROM canvas_references
  UNION ALL SELECT hash, 'staged' FROM staged_assets;
CREATE TRIGGER search_generation_added AFTER INSERT ON generations BEGIN
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = new.seq; END;
CREATE TRIGGER search_generation_changed AFTER UPDATE OF prompt, note, file_name ON generations BEGIN 
  DELETE FROM search WHERE rowid = new.seq;
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = new.seq; END;
CREATE TRIGGER search_generation_removed AFTER DELETE ON generations BEGIN DELETE FROM search WHERE rowid = old.seq; END;
CREATE TRIGGER search_tag_added AFTER INSERT ON generation_tags BEGIN 
  DELETE FROM search WHERE rowid = new.generation_seq;
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = new.generation_seq; END;
CREATE TRIGGER search_tag_removed AFTER DELETE ON generation_tags BEGIN 
  DELETE FROM search WHERE rowid = old.generation_seq;
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = old.generation_seq; END;
CREATE TRIGGER search_turn_added AFTER INSERT ON turns WHEN new.role = 'assistant' BEGIN
  
  DELETE FROM search WHERE rowid IN (SELECT seq FROM generations WHERE hash IN (SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id));
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable
    WHERE seq IN (SELECT seq FROM generations WHERE hash IN (SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id)); END;
CREATE TRIGGER search_turn_changed AFTER UPDATE OF text ON turns WHEN new.role = 'assistant' BEGIN
  
  DELETE FROM search WHERE rowid IN (SELECT seq FROM generations WHERE hash IN (SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id));
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable
    WHERE seq IN (SELECT seq FROM generations WHERE hash IN (SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id)); END;
CREATE TRIGGER search_picture_added AFTER INSERT ON chat_pictures BEGIN 
  DELETE FROM search WHERE rowid IN (SELECT seq FROM generations WHERE hash IN (new.hash));
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable
    WHERE seq IN (SELECT seq FROM generations WHERE hash IN (new.hash)); END;
CREATE TRIGGER search_picture_removed AFTER DELETE ON chat_pictures BEGIN 
  DELETE FROM search WHERE rowid IN (SELECT seq FROM generations WHERE hash IN (old.hash));
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable
    WHERE seq IN (SELECT seq FROM generations WHERE hash IN (old.hash)); END;
CREATE TABLE project_drafts (
  project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
  draft TEXT NOT NULL CHECK (json_valid(draft))
) STRICT;
PRAGMA application_id = 1331054931;
PRAGMA user_version = 60;
