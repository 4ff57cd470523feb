/** Projects: names under which generations, chats and a canvas stand together. */
import type { Project } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { Db } from './connection.ts';
import { trashGenerations } from './trash.ts';
import { all, one, run } from './statements.ts';

const columns = `p.id, p.name, p.created_at AS createdAt, p.updated_at AS updatedAt, p.opened_at AS openedAt,
  (SELECT count(*) FROM generations g WHERE g.project_id = p.id AND g.trashed_at IS NULL) AS generations,
  (SELECT hash FROM generations g WHERE g.project_id = p.id AND g.trashed_at IS NULL ORDER BY g.seq DESC LIMIT 1) AS cover
  FROM projects p`;

/** The one opened last comes first. */
export function listProjects(db: Db): Project[] {
  return all<Project>(db, `SELECT ${columns} ORDER BY coalesce(p.opened_at, p.created_at) DESC, p.id`);
}

/** NOT_FOUND. */
export function getProject(db: Db, id: string): Project {
  const project = one<Project>(db, `SELECT ${columns} WHERE p.id = ?`, id);
  if (!project) throw new StudioError('NOT_FOUND', 'This project is not there any more.', { id });
  return project;
}

export function createProject(db: Db, id: string, name: string, now: number): Project {
  run(db, 'INSERT INTO projects (id, name, created_at, updated_at) VALUES (?, ?, ?, ?)', id, name, now, now);
  return getProject(db, id);
}

/** NOT_FOUND. */
export function renameProject(db: Db, id: string, name: string, now: number): Project {
  run(db, 'UPDATE projects SET name = ?, updated_at = ? WHERE id = ?', name, now, id);
  return getProject(db, id);
}

/** Marks it as opened now. NOT_FOUND. */
export function touchProject(db: Db, id: string, now: number): Project {
  run(db, 'UPDATE projects SET opened_at = ? WHERE id = ?', now, id);
  return getProject(db, id);
}

/** Its generations move to the trash; its chats stay, in no project. NOT_FOUND. */
export function deleteProject(db: Db, id: string, now: number): void {
  db.transaction(() => {
    getProject(db, id);
    trashGenerations(db, all<{ id: string }>(db, 'SELECT id FROM generations WHERE project_id = ?', id).map((row) => row.id), now);
    run(db, 'DELETE FROM projects WHERE id = ?', id);
  }).immediate();
}
