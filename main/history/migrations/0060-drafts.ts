import type { Migration } from './migration.ts';

/** What stands in a project's prompt and settings. */
export const drafts: Migration = {
  version: 60,
  name: 'drafts',
  up(db) {
    db.exec(`
      CREATE TABLE project_drafts (
        project_id TEXT PRIMARY KEY REFERENCES projects (id) ON DELETE CASCADE,
        draft TEXT NOT NULL CHECK (json_valid(draft))
      ) STRICT;
    `);
  },
};
