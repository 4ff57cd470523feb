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
  )
  SELECT DISTINCT p.seq AS parent, used.child AS child, used.role AS role FROM used JOIN generations p ON p.hash = used.hash AND p.seq < used.child
  -- Of several rows with the same bytes, the youngest before the child is the one that was used.
  WHERE NOT EXISTS (SELECT 1 FROM generations q WHERE q.hash = p.hash AND q.seq > p.seq AND q.seq < used.child)`;

const down = `WITH RECURSIVE made (parent, hash) AS (
    SELECT seq, hash FROM generations WHERE seq IN (SELECT value FROM json_each(?))
    UNION SELECT made.parent, s.hash FROM made JOIN asset_sources s ON s.source_hash = made.hash
  )
  SELECT DISTINCT made.parent AS parent, i.generation_seq AS child, i.role AS role FROM made JOIN generation_inputs i ON i.hash = made.hash AND i.generation_seq > made.parent
  WHERE NOT EXISTS (SELECT 1 FROM generations p JOIN generations q ON q.hash = p.hash WHERE p.seq = made.parent AND q.seq > p.seq AND q.seq < i.generation_seq)`;

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
