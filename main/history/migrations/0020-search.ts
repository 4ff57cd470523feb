import type { Migration } from './migration.ts';

/** Full-text search over prompts, notes, tags and file names, kept up to date by triggers. */
export const search: Migration = {
  version: 20,
  name: 'search',
  up(db) {
    db.exec(`
      -- The one place that says what can be found; every trigger copies from it.
      CREATE VIEW searchable AS
        SELECT g.seq AS seq, spaced(g.prompt) AS prompt, spaced(g.note) AS note, spaced(coalesce(g.file_name, '')) AS name,
          coalesce((SELECT group_concat(spaced(t.name), ' ') FROM generation_tags gt JOIN tags t ON t.id = gt.tag_id
            WHERE gt.generation_seq = g.seq), '') AS tags
        FROM generations g;

      -- Only the index: the texts stand in their own tables.
      CREATE VIRTUAL TABLE search USING fts5 (
        prompt, note, name, tags,
        content = '', contentless_delete = 1, prefix = '2 3', tokenize = 'unicode61 remove_diacritics 2'
      );

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

      INSERT INTO search (rowid, prompt, note, name, tags) SELECT seq, prompt, note, name, tags FROM searchable;
    `);
  },
};
