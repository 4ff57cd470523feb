import type { Migration } from './migration.ts';

const reindex = (pictures: string): string => `
  DELETE FROM search WHERE rowid IN (SELECT seq FROM generations WHERE hash IN (${pictures}));
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable
    WHERE seq IN (SELECT seq FROM generations WHERE hash IN (${pictures}));`;

const reindexRow = (seq: string): string => `
  DELETE FROM search WHERE rowid = ${seq};
  INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = ${seq};`;

/** Chats about pictures; what was answered about a picture finds that picture. */
export const chats: Migration = {
  version: 30,
  name: 'chats',
  up(db) {
    db.exec(`
      CREATE TABLE chats (
        id TEXT PRIMARY KEY,
        project_id TEXT REFERENCES projects (id) ON DELETE SET NULL,
        title TEXT NOT NULL,
        created_at INTEGER NOT NULL,
        updated_at INTEGER NOT NULL
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX chats_project ON chats (project_id);

      CREATE TABLE chat_pictures (
        chat_id TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
        position INTEGER NOT NULL,
        hash TEXT NOT NULL REFERENCES assets (hash),
        PRIMARY KEY (chat_id, position)
      ) STRICT, WITHOUT ROWID;
      CREATE INDEX chat_pictures_hash ON chat_pictures (hash);

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
      CREATE INDEX turns_chat ON turns (chat_id);

      -- A full-text table cannot gain a column, so it is made anew, and its triggers with it.
      DROP TRIGGER search_generation_added;
      DROP TRIGGER search_generation_changed;
      DROP TRIGGER search_generation_removed;
      DROP TRIGGER search_tag_added;
      DROP TRIGGER search_tag_removed;
      DROP TABLE search;
      DROP VIEW searchable;
      CREATE VIEW searchable AS
        SELECT g.seq AS seq, spaced(g.prompt) AS prompt, spaced(g.note) AS note, spaced(coalesce(g.file_name, '')) AS name,
          coalesce((SELECT group_concat(spaced(t.name), ' ') FROM generation_tags gt JOIN tags t ON t.id = gt.tag_id
            WHERE gt.generation_seq = g.seq), '') AS tags,
          coalesce((SELECT group_concat(spaced(a.text), ' ') FROM chat_pictures p JOIN turns a ON a.chat_id = p.chat_id
            WHERE p.hash = g.hash AND a.role = 'assistant'), '') AS answers
        FROM generations g;
      CREATE VIRTUAL TABLE search USING fts5 (
        prompt, note, name, tags, answers,
        content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
      );

      CREATE TRIGGER search_generation_added AFTER INSERT ON generations BEGIN
        INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable WHERE seq = new.seq; END;
      CREATE TRIGGER search_generation_changed AFTER UPDATE OF prompt, note, file_name ON generations BEGIN ${reindexRow('new.seq')} END;
      CREATE TRIGGER search_generation_removed AFTER DELETE ON generations BEGIN DELETE FROM search WHERE rowid = old.seq; END;
      CREATE TRIGGER search_tag_added AFTER INSERT ON generation_tags BEGIN ${reindexRow('new.generation_seq')} END;
      CREATE TRIGGER search_tag_removed AFTER DELETE ON generation_tags BEGIN ${reindexRow('old.generation_seq')} END;
      CREATE TRIGGER search_turn_added AFTER INSERT ON turns WHEN new.role = 'assistant' BEGIN
        ${reindex('SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id')} END;
      CREATE TRIGGER search_turn_changed AFTER UPDATE OF text ON turns WHEN new.role = 'assistant' BEGIN
        ${reindex('SELECT hash FROM chat_pictures WHERE chat_id = new.chat_id')} END;
      CREATE TRIGGER search_picture_added AFTER INSERT ON chat_pictures BEGIN ${reindex('new.hash')} END;
      CREATE TRIGGER search_picture_removed AFTER DELETE ON chat_pictures BEGIN ${reindex('old.hash')} END;

      INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable;
    `);
  },
};
