/** Projects: names under which generations, chats and a canvas stand together. */
import type { Project } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { Db } from './connection.ts';
import { restoreGenerations, trashGenerations } from './trash.ts';
import { all, one, run } from './statements.ts';

const columns = `p.id, p.name, p.created_at AS createdAt, p.updated_at AS updatedAt, p.opened_at AS openedAt,
  (SELECT count(*) FROM generations g WHERE g.project_id = p.id AND g.trashed_at IS NULL) AS generations,
  (SELECT hash FROM generations g WHERE g.project_id = p.id AND g.trashed_at IS NULL ORDER BY g.seq DESC LIMIT 1) AS cover
  FROM projects p`;

const there = 'NOT EXISTS (SELECT 1 FROM project_trash t WHERE t.project_id = p.id)';

/** The one opened last comes first. */
export function listProjects(db: Db): Project[] {
  return all<Project>(db, `SELECT ${columns} WHERE ${there} ORDER BY coalesce(p.opened_at, p.created_at) DESC, p.id`);
}

/** NOT_FOUND, in the trash too. */
export function getProject(db: Db, id: string): Project {
  const project = one<Project>(db, `SELECT ${columns} WHERE p.id = ? AND ${there}`, id);
  if (!project) throw new StudioError('NOT_FOUND', 'This project is not there any more.', { id });
  return project;
}

export function createProject(db: Db, id: string, name: string, now: number): Project {
  run(db, 'INSERT INTO projects (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)', id, name, now, now);
  return getProject(db, id);
}

/** NOT_FOUND. */
export function renameProject(db: Db, id: string, name: string, now: number): Project {
  getProject(db, id);
  run(db, 'UPDATE projects SET name = ?, updated_at = ? WHERE id = ?', name, now, id);
  return getProject(db, id);
}

/** Marks it as opened now. NOT_FOUND. */
export function touchProject(db: Db, id: string, now: number): Project {
  getProject(db, id);
  run(db, 'UPDATE projects SET opened_at = ? WHERE id = ?', now, id);
  return getProject(db, id);
}

/** The text that was kept last, as it was kept; null = none. */
export function projectDraft(db: Db, id: string): string | null {
  return one<{ draft: string }>(db, 'SELECT draft FROM project_drafts WHERE project_id = ?', id)?.draft ?? null;
}

/** JSON, instead of what was kept before. NOT_FOUND. */
export function keepProjectDraft(db: Db, id: string, draft: string): void {
  getProject(db, id);
  run(db, 'INSERT INTO project_drafts (project_id, draft) VALUES (?, ?) ON CONFLICT (project_id) DO UPDATE SET draft = excluded.draft', id, draft);
}

/** Into the trash, its generations with it. NOT_FOUND. */
export function deleteProject(db: Db, id: string, now: number): void {
  db.transaction(() => {
    getProject(db, id);
    trashGenerations(db, all<{ id: string }>(db, 'SELECT id FROM generations WHERE project_id = ?', id).map((row) => row.id), now);
    run(db, 'INSERT INTO project_trash (project_id, trashed_at) VALUES (?, ?)', id, now);
  }).immediate();
}

/** What lies in the trash, newest first. */
export function trashedProjects(db: Db): Project[] {
  return all<Project>(db, `SELECT ${columns} JOIN project_trash t ON t.project_id = p.id ORDER BY t.trashed_at DESC, p.id`);
}

/** Out of the trash, with the generations that went there along with it. NOT_FOUND. */
export function restoreProject(db: Db, id: string): Project {
  return db.transaction(() => {
    const trashed = one<{ at: number }>(db, 'SELECT trashed_at AS at FROM project_trash WHERE project_id = ?', id);
    if (!trashed) throw new StudioError('NOT_FOUND', 'This project is not in the trash.', { id });
    restoreGenerations(db, all<{ id: string }>(db, 'SELECT id FROM generations WHERE project_id = ? AND trashed_at = ?', id, trashed.at).map((row) => row.id));
    run(db, 'DELETE FROM project_trash WHERE project_id = ?', id);
    return getProject(db, id);
  }).immediate();
}
