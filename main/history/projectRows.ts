/** A whole project as plain records, for a file; and such records as a new project, in one transaction. */
import { hashesIn, openCanvas } from './canvas.ts';
import { addGenerations, getGeneration, noteGeneration, starGenerations, tagGenerations } from './generations.ts';
import { createProject, getProject, keepProjectDraft, projectDraft } from './projects.ts';
import { addStaged } from './staged.ts';
import { requireAssets } from './assetRows.ts';
import { all, list, run } from './statements.ts';
import type { JournalRow } from '../../preload/contract/canvas.ts';
import type { Generation, Project } from '../../preload/contract/project.ts';
import type { StagedRow } from './rowTypes.ts';
import type { Db } from './connection.ts';

export interface PictureSource {
  readonly hash: string;
  readonly source: string;
  readonly how: string;
}

export interface ProjectRecords {
  readonly project: Project;
  readonly snapshot: { readonly seq: number; readonly text: string } | null;
  readonly entries: readonly JournalRow[];
  readonly seq: number;
  /** Those that are not in the trash, oldest first. */
  readonly generations: readonly Generation[];
  readonly staged: readonly StagedRow[];
  /** From what pictures were made without a generation. */
  readonly sources: readonly PictureSource[];
  /** What stands in its prompt and settings, as JSON; null = nothing was kept. */
  readonly draft: string | null;
  /** Every picture that any of it names and the store has. */
  readonly hashes: readonly string[];
}

/** NOT_FOUND. */
export function readProject(db: Db, id: string): ProjectRecords {
  return db.transaction((): ProjectRecords => {
    const project = getProject(db, id);
    const { snapshot, entries, seq, staged } = openCanvas(db, id);
    const generations = all<{ id: string }>(db, 'SELECT id FROM generations WHERE project_id = ? AND trashed_at IS NULL ORDER BY seq', id).map((row) => getGeneration(db, row.id));
    const named = [snapshot?.text ?? '', ...entries.map(({ text }) => text), JSON.stringify(staged), JSON.stringify(generations)].flatMap(hashesIn);
    const hashes = all<{ hash: string }>(
      db,
      `WITH RECURSIVE named (hash) AS (
        SELECT value FROM json_each(?) UNION SELECT s.source_hash FROM named JOIN asset_sources s ON s.hash = named.hash
      ) SELECT hash FROM assets WHERE hash IN (SELECT hash FROM named) ORDER BY hash`,
      list([...new Set(named)]),
    ).map((row) => row.hash);
    const sources = all<PictureSource>(db, 'SELECT hash, source_hash AS source, how FROM asset_sources WHERE hash IN (SELECT value FROM json_each(?)) ORDER BY 1, 2, 3', list(hashes));
    return { project, snapshot: snapshot && { seq: snapshot.seq, text: snapshot.text }, entries, seq, generations, staged: staged as StagedRow[], sources, draft: projectDraft(db, id), hashes };
  })();
}

/** Everything or nothing; ids must be new. ASSET_MISSING for a picture that the store does not have. */
export function writeProject(db: Db, records: Omit<ProjectRecords, 'hashes'>, now: number): Project {
  return db.transaction(() => {
    const { project: { id, name }, snapshot, entries, seq, generations, staged, sources, draft } = records;
    createProject(db, id, name, now);
    if (draft !== null) keepProjectDraft(db, id, draft);
    addGenerations(db, generations.map((row) => ({ ...row, projectId: id, batchId: null })));
    for (const row of generations) {
      if (row.starred) starGenerations(db, [row.id], true);
      if (row.note !== '') noteGeneration(db, row.id, row.note);
      if (row.tags.length > 0) tagGenerations(db, [row.id], row.tags, []);
    }
    run(db, 'INSERT INTO canvases (project_id, seq, snapshot_seq, snapshot, saved_at) VALUES (?, ?, ?, ?, ?)', id, seq, snapshot?.seq ?? null, snapshot?.text ?? null, snapshot && now);
    for (const { seq: at, text } of entries) run(db, 'INSERT INTO canvas_journal (project_id, seq, entry) VALUES (?, ?, ?)', id, at, text);
    const named = [...new Set([snapshot?.text ?? '', ...entries.map(({ text }) => text)].flatMap(hashesIn))];
    run(db, 'INSERT INTO canvas_references (project_id, hash) SELECT ?, value FROM json_each(?) WHERE value IN (SELECT hash FROM assets)', id, list(named));
    for (const row of staged) addStaged(db, row);
    requireAssets(db, sources.map(({ hash }) => hash));
    for (const { hash, source, how } of sources) run(db, 'INSERT OR IGNORE INTO asset_sources (hash, source_hash, how) VALUES (?, ?, ?)', hash, source, how);
    return getProject(db, id);
  }).immediate();
}
