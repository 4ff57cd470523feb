/** What came from what: rows tied by the hash that one made and a later one used. */
import type { Lineage, LineageRole } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { Db } from './connection.ts';
import { itemColumns, itemOf, type ItemRow } from './generations.ts';
import { all, list, one } from './statements.ts';

interface Tie {
  readonly parent: number;
  readonly child: number;
  readonly role: LineageRole;
}

// A picture made without a generation (control map, canvas snapshot) hands on to what it was made from.
const up = `WITH RECURSIVE used (child, role, hash) AS (
    SELECT generation_seq, role, hash FROM generation_inputs WHERE generation_seq IN (SELECT value FROM json_each(?))
    UNION SELECT used.child, used.role, s.source_hash FROM used JOIN asset_sources s ON s.hash = used.hash
  ), tied AS (
    -- Of several rows with the same bytes, the youngest before the child is the one that was used.
    SELECT DISTINCT (SELECT max(p.seq) FROM generations p WHERE p.hash = used.hash AND p.seq < used.child) AS parent, child, role FROM used
  )
  SELECT parent, child, role FROM tied WHERE parent IS NOT NULL`;

const down = `WITH RECURSIVE made (parent, hash, until) AS (
    -- Until the same bytes were made again: what came later used that row.
    SELECT g.seq, g.hash, coalesce((SELECT min(q.seq) FROM generations q WHERE q.hash = g.hash AND q.seq > g.seq), 9e18) FROM generations g WHERE g.seq IN (SELECT value FROM json_each(?))
    UNION SELECT made.parent, s.hash, made.until FROM made JOIN asset_sources s ON s.source_hash = made.hash
  )
  SELECT DISTINCT made.parent AS parent, i.generation_seq AS child, i.role AS role FROM made CROSS JOIN generation_inputs i
    ON i.hash = made.hash AND i.generation_seq > made.parent AND i.generation_seq <= made.until`;

/** All ancestors and descendants, those in the trash too, up to `depth` steps and `limit` rows. NOT_FOUND. */
export function lineageOf(db: Db, id: string, depth = 1000, limit = 1000): Lineage {
  const start = one<{ seq: number }>(db, 'SELECT seq FROM generations WHERE id = ?', id);
  if (!start) throw new StudioError('NOT_FOUND', 'This picture is not in the history: it may have been removed for good.', { id });
  const distances = new Map([[start.seq, 0]]);
  const ties = new Map<string, Tie>();
  let truncated = false;
  const walk = (sql: string, next: (tie: Tie) => number, sign: number): void => {
    let frontier = [start.seq];
    for (let distance = 1; frontier.length > 0; distance++) {
      const found = all<Tie>(db, sql, list(frontier));
      if (distance > depth) {
        truncated ||= found.length > 0;
        return;
      }
      frontier = [];
      for (const tie of found) {
        const seq = next(tie);
        if (!distances.has(seq)) {
          if (distances.size >= limit) {
            truncated = true;
            continue;
          }
          distances.set(seq, sign * distance);
          frontier.push(seq);
        }
        ties.set(`${tie.parent} ${tie.child} ${tie.role}`, tie);
      }
    }
  };
  walk(up, (tie) => tie.parent, -1);
  walk(down, (tie) => tie.child, 1);
  const rows = all<ItemRow>(db, `SELECT ${itemColumns} FROM generations g WHERE g.seq IN (SELECT value FROM json_each(?)) ORDER BY g.seq`, list([...distances.keys()]));
  const idOf = new Map(rows.map((row) => [row.seq, row.id]));
  return {
    nodes: rows.map((row) => ({ ...itemOf(row), distance: distances.get(row.seq) ?? 0 })),
    edges: [...ties.values()].map(({ parent, child, role }) => ({ from: idOf.get(parent) ?? '', to: idOf.get(child) ?? '', role })),
    truncated,
  };
}
