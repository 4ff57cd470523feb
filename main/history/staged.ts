/** Results that wait on a canvas: rows from the moment they are made, so that a crash loses none. */
import type { Staged } from '../../preload/contract/canvas.ts';
import { StudioError } from '../errors.ts';
import type { NewStaged, StagedRow } from './rowTypes.ts';
import { requireAssets } from './assetRows.ts';
import type { Db } from './connection.ts';
import { all, list, one, run } from './statements.ts';

interface Row {
  readonly seq: number;
  readonly id: string;
  readonly projectId: string;
  readonly state: Staged['state'];
  readonly record: string;
}

const columns = 'seq, id, project_id AS projectId, state, record FROM staged';

function read(db: Db, { id, projectId, state, record }: Row): StagedRow {
  const rest = JSON.parse(record) as Omit<StagedRow, 'id' | 'projectId' | 'state'>;
  const there = rest.generationId !== null && one(db, 'SELECT 1 FROM generations WHERE id = ?', rest.generationId) !== undefined;
  return { ...rest, id, projectId, state, generationId: there ? rest.generationId : null };
}

/** Within the transaction that writes the generation. A project that was deleted meanwhile has no canvas to wait on. ASSET_MISSING. */
export function addStaged(db: Db, { id, projectId, ...rest }: NewStaged): void {
  if (one(db, 'SELECT 1 FROM projects WHERE id = ?', projectId) === undefined) return;
  run(db, "INSERT OR IGNORE INTO staged (id, project_id, state, record) VALUES (?, ?, 'waiting', ?)", id, projectId, JSON.stringify(rest));
  setAssets(db, id, rest);
}

function setAssets(db: Db, id: string, record: Omit<NewStaged, 'id' | 'projectId'>): void {
  const { result, raw, raster, mask, patch, source } = record;
  const hashes = [...new Set([result, raw, raster, mask, patch?.hash, source?.image, source?.denoiseMask, source?.compositeMask].filter((hash) => hash != null))];
  requireAssets(db, hashes);
  run(db, 'DELETE FROM staged_assets WHERE staged_seq = (SELECT seq FROM staged WHERE id = ?)', id);
  run(db, 'INSERT INTO staged_assets (staged_seq, hash) SELECT (SELECT seq FROM staged WHERE id = ?), value FROM json_each(?)', id, list(hashes));
}

/** Those that wait, oldest first. */
export function listStaged(db: Db, projectId: string): StagedRow[] {
  return all<Row>(db, `SELECT ${columns} WHERE project_id = ? AND state = 'waiting' ORDER BY seq`, projectId).map((row) => read(db, row));
}

/** NOT_FOUND. */
export function getStaged(db: Db, id: string): StagedRow {
  const row = one<Row>(db, `SELECT ${columns} WHERE id = ?`, id);
  if (!row) throw new StudioError('NOT_FOUND', 'This result does not wait on a canvas any more.', { id });
  return read(db, row);
}

/** Writes what has changed of it. NOT_FOUND, ASSET_MISSING. */
export function changeStaged(db: Db, id: string, change: Partial<Omit<StagedRow, 'id' | 'projectId' | 'state'>>): StagedRow {
  return db.transaction(() => {
    const { id: _id, projectId: _project, state: _state, ...rest } = { ...getStaged(db, id), ...change };
    run(db, 'UPDATE staged SET record = ? WHERE id = ?', JSON.stringify(rest), id);
    setAssets(db, id, rest);
    return getStaged(db, id);
  }).immediate();
}

/** Accepts, discards, or takes either back; the pictures stay in the gallery. Ids that are gone are passed over. */
export function settleStaged(db: Db, ids: readonly string[], state: Staged['state']): StagedRow[] {
  return db.transaction(() => {
    const known = all<Row>(db, `SELECT ${columns} WHERE id IN (SELECT value FROM json_each(?)) ORDER BY seq`, list(ids)).map((row) => read(db, row));
    run(db, 'UPDATE staged SET state = ? WHERE id IN (SELECT value FROM json_each(?))', state, list(known.map(({ id }) => id)));
    return known.map((row) => getStaged(db, row.id));
  }).immediate();
}

/** Rows that were settled, once no undo can bring them back. */
export function dropSettled(db: Db, projectId: string): void {
  run(db, "DELETE FROM staged WHERE project_id = ? AND state <> 'waiting'", projectId);
}
