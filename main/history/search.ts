/** The gallery: full-text search and filters, a page at a time along the order of time. */
import type { Cursor, GalleryFilter, SearchInput, SearchPage, Timeline } from '../../preload/contract/gallery.ts';
import type { Db } from './connection.ts';
import { itemColumns, itemOf, seqAt, type ItemRow } from './generations.ts';
import { matchOf } from './matchText.ts';
import { all, list, one, type Value } from './statements.ts';

const defaultLimit = 100;

interface Selection {
  readonly from: string;
  readonly where: string;
  readonly values: readonly Value[];
  /** The column that pages run along. */
  readonly key: string;
}

function selectionOf(filter: GalleryFilter): Selection {
  const where: string[] = [];
  const values: Value[] = [];
  const add = (sql: string, ...bound: Value[]): void => {
    where.push(sql);
    values.push(...bound);
  };
  const text = matchOf(filter.text ?? '');
  const tags = [...filter.tags ?? []];
  // The table that is walked in order; CROSS JOIN holds SQLite to it, so that a page stops after its last row.
  let from = 'generations g';
  let key = 'g.seq';
  if (text.match !== undefined) {
    from = 'search CROSS JOIN generations g ON g.seq = search.rowid';
    key = 'search.rowid';
    add('search MATCH ?', text.match);
  } else if (tags.length > 0) {
    from = 'generation_tags first CROSS JOIN generations g ON g.seq = first.generation_seq';
    key = 'first.generation_seq';
    add('first.tag_id = (SELECT id FROM tags WHERE name = ?)', tags.shift() ?? '');
  }
  if (text.exclude !== undefined) add('g.seq NOT IN (SELECT rowid FROM search WHERE search MATCH ?)', text.exclude);
  for (const tag of tags) add('EXISTS (SELECT 1 FROM generation_tags t WHERE t.generation_seq = g.seq AND t.tag_id = (SELECT id FROM tags WHERE name = ?))', tag);
  add(filter.trashed === true ? 'g.trashed_at IS NOT NULL' : 'g.trashed_at IS NULL');
  oneOf('g.task', filter.tasks);
  oneOf('g.model_name', filter.modelNames);
  if (filter.projectId !== undefined) add('g.project_id = ?', filter.projectId);
  if (filter.starred !== undefined) add('g.starred = ?', filter.starred ? 1 : 0);
  if (filter.batchId !== undefined) add('g.batch_id = ?', filter.batchId);
  if (filter.hash !== undefined) add('g.hash = ?', filter.hash);
  if (filter.withoutPrompt !== undefined) add(filter.withoutPrompt ? "g.prompt = ''" : "g.prompt <> ''");
  if (filter.from !== undefined) add(`${key} >= ?`, seqAt(filter.from));
  if (filter.to !== undefined) add(`${key} < ?`, seqAt(filter.to));
  return { from, where: where.join(' AND '), values, key };

  function oneOf(column: string, wanted: readonly string[] | undefined): void {
    const [first, ...others] = wanted ?? [];
    if (first === undefined) return;
    if (others.length === 0) add(`${column} = ?`, first);
    // The unary plus keeps the index out: of several values it would find rows out of order.
    else add(`+${column} IN (SELECT value FROM json_each(?))`, list([first, ...others]));
  }
}

/** One page after the cursor. */
export function searchGenerations(db: Db, input: SearchInput): SearchPage {
  const started = performance.now();
  const { from, where, values, key } = selectionOf(input.filter ?? {});
  const oldest = input.sort === 'oldest';
  const limit = input.limit ?? defaultLimit;
  const paged = input.after === undefined ? '' : ` AND ${key} ${oldest ? '>' : '<'} ?`;
  const bound = input.after === undefined ? values : [...values, placeOf(db, input.after, oldest)];
  const direction = oldest ? 'ASC' : 'DESC';
  // One row more than asked for tells whether there is a next page.
  const rows = all<ItemRow>(db, `SELECT ${itemColumns} FROM ${from} WHERE ${where}${paged} ORDER BY ${key} ${direction} LIMIT ?`, ...bound, limit + 1);
  const items = rows.slice(0, limit).map(itemOf);
  const last = items.at(-1);
  const next = rows.length > limit && last ? { createdAt: last.createdAt, id: last.id } : null;
  return { items, next, tookMs: performance.now() - started };
}

/** Where a cursor stands: at its row, or, when that is gone or was never named, at the edge of its millisecond. */
function placeOf(db: Db, cursor: Cursor, oldest: boolean): number {
  const row = cursor.id === undefined ? undefined : one<{ seq: number }>(db, 'SELECT seq FROM generations WHERE id = ?', cursor.id);
  if (row) return row.seq;
  return oldest ? seqAt(cursor.createdAt + 1) - 1 : seqAt(cursor.createdAt);
}

/** Every time zone is a whole number of these away from the next. */
const quarterMs = 15 * 60_000;

/** How many rows match, by local day, newest first. */
export function timelineOf(db: Db, filter: GalleryFilter): Timeline {
  const started = performance.now();
  const { from, where, values, key } = selectionOf(filter);
  const quarters = all<{ quarter: number; count: number }>(
    db, `SELECT ${key} / ${seqAt(quarterMs)} AS quarter, count(*) AS count FROM ${from} WHERE ${where} GROUP BY 1 ORDER BY 1 DESC`, ...values,
  );
  const days: { from: number; to: number; count: number }[] = [];
  let total = 0;
  for (const { quarter, count } of quarters) {
    const at = quarter * quarterMs;
    const day = days.at(-1);
    if (day && at >= day.from) day.count += count;
    else days.push({ ...dayOf(at), count });
    total += count;
  }
  return { total, days, tookMs: performance.now() - started };
}

/** The local day that a time lies in. */
function dayOf(at: number): { from: number; to: number } {
  const date = new Date(at);
  const [year, month, day] = [date.getFullYear(), date.getMonth(), date.getDate()];
  return { from: new Date(year, month, day).getTime(), to: new Date(year, month, day + 1).getTime() };
}

/** Writes the index anew from the rows: what to do when only the index is damaged. */
export function rebuildSearch(db: Db): void {
  db.transaction(() => {
    db.exec(`INSERT INTO search (search) VALUES ('delete-all');
      INSERT INTO search (rowid, prompt, note, name, tags, answers) SELECT seq, prompt, note, name, tags, answers FROM searchable;`);
  }).immediate();
}
