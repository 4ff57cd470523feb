/** Pictures made or brought in: written once with every input, changed only in what a person says about them. */
import type { z } from 'zod';
import type { GalleryItem, Generation, LineageRole, Parent } from '../../preload/contract/project.ts';
import type { reproductionSchema } from '../../preload/contract/generation.ts';
import { StudioError } from '../errors.ts';
import type { NewGeneration } from './rowTypes.ts';
import { requireAssets } from './assetRows.ts';
import type { Db } from './connection.ts';
import { untold, type Input } from './inputs.ts';
import { all, list, one, run } from './statements.ts';

const perMs = 1000;
const titleLength = 160;

/** The first seq of a millisecond. */
export function seqAt(createdAt: number): number {
  return createdAt * perMs;
}

export const itemColumns = `g.seq, g.id, g.hash, g.width, g.height, (SELECT mime FROM assets WHERE hash = g.hash) AS mime, g.task, substr(CASE WHEN g.prompt = '' THEN coalesce(g.file_name, '') ELSE g.prompt END, 1, ${titleLength}) AS title,
  g.seed, g.starred, g.batch_id AS batchId, g.project_id AS projectId, g.created_at AS createdAt, g.trashed_at AS trashedAt`;

export type ItemRow = Omit<GalleryItem, 'starred'> & { readonly seq: number; readonly starred: number };

export function itemOf({ seq: _, starred, ...row }: ItemRow): GalleryItem {
  return { ...row, starred: starred === 1 };
}

const columns = `${itemColumns}, a.bytes, g.prompt, g.request, g.model_id AS modelId, g.model_name AS modelName, g.reproduce, g.steps, g.timings,
  (SELECT json_group_array(name) FROM (SELECT t.name FROM generation_tags gt JOIN tags t ON t.id = gt.tag_id WHERE gt.generation_seq = g.seq ORDER BY t.name)) AS tags,
  g.note, g.job_id AS jobId, g.label, g.file_name AS fileName
  FROM generations g JOIN assets a ON a.hash = g.hash`;

type Row = ItemRow & Pick<Generation, 'bytes' | 'prompt' | 'modelId' | 'modelName' | 'steps' | 'note' | 'jobId' | 'label' | 'fileName'> & {
  readonly request: string | null;
  readonly reproduce: string | null;
  readonly timings: string;
  readonly tags: string;
};

function generationOf(db: Db, row: Row): Generation {
  const { request, reproduce, timings, tags, ...rest } = row;
  return {
    ...itemOf(rest),
    bytes: row.bytes,
    prompt: row.prompt,
    request: request === null ? null : (JSON.parse(request) as Generation['request']),
    modelId: row.modelId,
    modelName: row.modelName,
    reproduce: reproduce === null ? null : (JSON.parse(reproduce) as z.infer<typeof reproductionSchema>),
    steps: row.steps,
    timingsMs: JSON.parse(timings) as Generation['timingsMs'],
    tags: JSON.parse(tags) as string[],
    note: row.note,
    jobId: row.jobId,
    label: row.label,
    fileName: row.fileName,
    parents: parentsOf(db, row.seq),
  };
}

function parentsOf(db: Db, seq: number): Parent[] {
  return all<{ hash: string; role: LineageRole; generationId: string | null }>(
    db,
    // Several rows may hold the same bytes: the youngest of those that were there before is the one that was used.
    `SELECT i.hash, i.role, (SELECT id FROM generations p WHERE p.hash = i.hash AND p.seq < i.generation_seq ORDER BY p.seq DESC LIMIT 1) AS generationId
      FROM generation_inputs i WHERE i.generation_seq = ? ORDER BY i.position`,
    seq,
  );
}

/** Writes rows with all their inputs, in one transaction; an id that is there already is left as it is. ASSET_MISSING when the picture or a parent is not in the store. */
export function addGenerations(db: Db, rows: readonly NewGeneration[]): Generation[] {
  return db.transaction(() => {
    requireAssets(db, rows.flatMap((row) => [row.hash, ...row.parents.map((parent) => parent.hash)]));
    for (const row of rows) if (!one(db, 'SELECT 1 FROM generations WHERE id = ?', row.id)) insert(db, row);
    return rows.map((row) => getGeneration(db, row.id));
  }).immediate();
}

function insert(db: Db, row: NewGeneration): void {
  const seq = freeSeq(db, row.createdAt);
  run(
    db,
    `INSERT INTO generations (seq, id, project_id, task, hash, width, height, prompt, seed, request, model_id, model_name, reproduce, steps, timings, job_id, batch_id, label, file_name)
      -- The project may have been deleted while the job ran: the picture stays, in none.
      VALUES (?, ?, (SELECT id FROM projects WHERE id = ?), ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
    seq, row.id, row.projectId, row.task, row.hash, row.width, row.height, row.prompt, row.seed, row.request && JSON.stringify(row.request), row.modelId, row.modelName,
    row.reproduce && JSON.stringify(row.reproduce), row.steps, JSON.stringify(row.timingsMs), row.jobId, row.batchId, row.label, row.fileName,
  );
  for (const [position, { role, hash }] of inputsOf(db, row).entries()) {
    run(db, 'INSERT INTO generation_inputs (generation_seq, position, role, hash) VALUES (?, ?, ?, ?)', seq, position, role, hash);
  }
}

/** A picture brought in remembers inputs that may never have been here: those are in its request, but tie it to nothing. */
function inputsOf(db: Db, row: NewGeneration): Input[] {
  return [...row.parents, ...untold(row).filter(({ hash }) => one(db, 'SELECT 1 FROM assets WHERE hash = ?', hash) !== undefined)];
}

/** The next free place within a millisecond; a full one overflows into the next. */
function freeSeq(db: Db, createdAt: number): number {
  for (let ms = createdAt; ; ms++) {
    const last = one<{ last: number | null }>(db, 'SELECT max(seq) AS last FROM generations WHERE seq >= ? AND seq < ?', seqAt(ms), seqAt(ms + 1))?.last ?? null;
    const seq = last === null ? seqAt(ms) : last + 1;
    if (seq < seqAt(ms + 1)) return seq;
  }
}

/** With every parameter and input. NOT_FOUND. */
export function getGeneration(db: Db, id: string): Generation {
  const row = one<Row>(db, `SELECT ${columns} WHERE g.id = ?`, id);
  if (!row) throw new StudioError('NOT_FOUND', 'This picture is not in the history: it may have been removed for good.', { id });
  return generationOf(db, row);
}

const chosen = 'id IN (SELECT value FROM json_each(?))';

export function starGenerations(db: Db, ids: readonly string[], starred: boolean): void {
  run(db, `UPDATE generations SET starred = ? WHERE ${chosen}`, starred ? 1 : 0, list(ids));
}

/** NOT_FOUND. */
export function noteGeneration(db: Db, id: string, note: string): void {
  if (run(db, 'UPDATE generations SET note = ? WHERE id = ?', note, id) === 0) getGeneration(db, id);
}

/** Null takes them out of any project. NOT_FOUND for a project that is not there. */
export function moveGenerations(db: Db, ids: readonly string[], projectId: string | null): void {
  if (projectId !== null && !one(db, 'SELECT 1 FROM projects WHERE id = ?', projectId)) throw new StudioError('NOT_FOUND', 'This project is not there any more.', { projectId });
  run(db, `UPDATE generations SET project_id = ? WHERE ${chosen}`, projectId, list(ids));
}

/** Adds and removes tags, leaving the others. Upper and lower case are one tag. */
export function tagGenerations(db: Db, ids: readonly string[], add: readonly string[], remove: readonly string[]): void {
  db.transaction(() => {
    for (const name of add) {
      run(db, 'INSERT OR IGNORE INTO tags (name) VALUES (?)', name);
      run(db, `INSERT OR IGNORE INTO generation_tags (tag_id, generation_seq) SELECT (SELECT id FROM tags WHERE name = ?), seq FROM generations WHERE ${chosen}`, name, list(ids));
    }
    for (const name of remove) {
      run(db, `DELETE FROM generation_tags WHERE tag_id = (SELECT id FROM tags WHERE name = ?) AND generation_seq IN (SELECT seq FROM generations WHERE ${chosen})`, name, list(ids));
    }
    dropUnusedTags(db);
  }).immediate();
}

export function dropUnusedTags(db: Db): void {
  run(db, 'DELETE FROM tags WHERE NOT EXISTS (SELECT 1 FROM generation_tags WHERE tag_id = tags.id)');
}
