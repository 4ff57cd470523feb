/** The saved canvas of a project: a document, the journal since, and every picture that either can still show. */
import type { CanvasState, JournalRow } from '../../preload/contract/canvas.ts';
import { StudioError } from '../errors.ts';
import type { Db } from './connection.ts';
import { getProject } from './projects.ts';
import { dropSettled, listStaged } from './staged.ts';
import { all, list, one, run } from './statements.ts';

interface CanvasRow {
  readonly seq: number;
  readonly pageId: string | null;
  readonly snapshotSeq: number | null;
  readonly snapshot: string | null;
  readonly savedAt: number | null;
}

const select = 'SELECT seq, page_id AS pageId, snapshot_seq AS snapshotSeq, snapshot, saved_at AS savedAt FROM canvases WHERE project_id = ?';

/** As it was written last, with what waits on it. NOT_FOUND. */
export function openCanvas(db: Db, projectId: string): CanvasState {
  getProject(db, projectId);
  const row = one<CanvasRow>(db, select, projectId);
  return {
    projectId,
    snapshot: row?.snapshot == null ? null : { seq: row.snapshotSeq ?? 0, text: row.snapshot, savedAt: row.savedAt ?? 0 },
    entries: all<JournalRow>(db, 'SELECT seq, entry AS text FROM canvas_journal WHERE project_id = ? ORDER BY seq', projectId),
    seq: row?.seq ?? 0,
    staged: listStaged(db, projectId),
  };
}

/**
 * A page takes up writing. What only the undo of the page before could bring back is let go; the same page, come back after a lost
 * connection, still has its undo. NOT_FOUND.
 */
export function claimCanvas(db: Db, projectId: string, pageId: string): void {
  db.transaction(() => {
    const before = canvasOf(db, projectId);
    if (before.pageId === pageId) return;
    run(db, 'UPDATE canvases SET page_id = ? WHERE project_id = ?', pageId, projectId);
    dropSettled(db, projectId);
    const entries = all<{ entry: string }>(db, 'SELECT entry FROM canvas_journal WHERE project_id = ?', projectId);
    const named = new Set([before.snapshot ?? '', ...entries.map(({ entry }) => entry)].flatMap(hashesIn));
    run(db, 'DELETE FROM canvas_references WHERE project_id = ? AND hash NOT IN (SELECT value FROM json_each(?))', projectId, list([...named]));
  }).immediate();
}

/**
 * Writes entries after the last one, all or none; those that are there already with the same text are passed over. Returns the last seq.
 * NOT_FOUND; REQUEST_INVALID for a gap, for another text in a taken place, and for what is no JSON object.
 */
export function appendJournal(db: Db, projectId: string, entries: readonly JournalRow[], now: number): number {
  return db.transaction(() => {
    const canvas = canvasOf(db, projectId);
    let last = canvas.seq;
    for (const { seq, text } of entries) {
      if (seq <= last) {
        checkRepeated(db, projectId, seq, text, canvas.snapshotSeq ?? 0);
        continue;
      }
      if (seq !== last + 1) throw new StudioError('REQUEST_INVALID', `The journal ends at ${last}; entry ${seq} does not follow it.`, { expected: last + 1, received: seq });
      checkObject(db, text, `entry ${seq}`);
      run(db, 'INSERT INTO canvas_journal (project_id, seq, entry) VALUES (?, ?, ?)', projectId, seq, text);
      keepNamed(db, projectId, text);
      last = seq;
    }
    run(db, 'UPDATE canvases SET seq = ? WHERE project_id = ?', last, projectId);
    run(db, 'UPDATE projects SET updated_at = ? WHERE id = ?', now, projectId);
    return last;
  }).immediate();
}

/**
 * The document after entry `seq`: entries up to it go, later ones stay. Pictures that those named are kept: an undo may bring them back.
 * NOT_FOUND; REQUEST_INVALID for a seq that the journal does not reach, or that a later snapshot has passed.
 */
export function saveSnapshot(db: Db, projectId: string, seq: number, text: string, now: number): number {
  return db.transaction(() => {
    const { seq: last, snapshotSeq } = canvasOf(db, projectId);
    if (seq > last || seq < (snapshotSeq ?? 0)) {
      throw new StudioError('REQUEST_INVALID', `A snapshot at ${seq} does not fit a journal from ${snapshotSeq ?? 0} to ${last}.`, { expected: last, received: seq });
    }
    checkObject(db, text, 'the snapshot');
    run(db, 'UPDATE canvases SET snapshot_seq = ?, snapshot = ?, saved_at = ? WHERE project_id = ?', seq, text, now, projectId);
    run(db, 'DELETE FROM canvas_journal WHERE project_id = ? AND seq <= ?', projectId, seq);
    keepNamed(db, projectId, text);
    return seq;
  }).immediate();
}

/** Every string of the text that could be a picture's hash. */
export function hashesIn(text: string): string[] {
  return [...new Set(Array.from(text.matchAll(/"([0-9a-f]{64})"/g), (match) => match[1] ?? ''))];
}

/** The row of a project's canvas, made with its first use. NOT_FOUND. */
function canvasOf(db: Db, projectId: string): CanvasRow {
  getProject(db, projectId);
  run(db, 'INSERT OR IGNORE INTO canvases (project_id, seq) VALUES (?, 0)', projectId);
  const row = one<CanvasRow>(db, select, projectId);
  if (!row) throw new StudioError('INTERNAL', 'A canvas was not written.', { projectId });
  return row;
}

function checkRepeated(db: Db, projectId: string, seq: number, text: string, compacted: number): void {
  if (seq <= compacted) return;
  const stored = one<{ entry: string }>(db, 'SELECT entry FROM canvas_journal WHERE project_id = ? AND seq = ?', projectId, seq);
  if (stored?.entry !== text) throw new StudioError('REQUEST_INVALID', `Entry ${seq} is taken by another change: open the canvas again.`, { expected: seq, received: seq, reason: 'TAKEN' });
}

/** JSON, an object at its root; SQLite's own reader also bounds how deep it nests. */
function checkObject(db: Db, text: string, what: string): void {
  // A lone half of a pair could not be stored as it came.
  const sound = text.isWellFormed() && one<{ type: string | null }>(db, 'SELECT CASE WHEN json_valid(text) THEN json_type(text) END AS type FROM (SELECT ? AS text)', text)?.type === 'object';
  if (!sound) throw new StudioError('REQUEST_INVALID', `What came as ${what} is no JSON object.`, { what });
}

/** A hash that names no stored picture has nothing to keep. */
function keepNamed(db: Db, projectId: string, text: string): void {
  run(
    db, 'INSERT OR IGNORE INTO canvas_references (project_id, hash) SELECT ?, value FROM json_each(?) WHERE value IN (SELECT hash FROM assets)',
    projectId, list(hashesIn(text)),
  );
}
