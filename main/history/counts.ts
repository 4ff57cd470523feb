/** How many of what: the numbers beside the gallery's filters. */
import type { GalleryCounts } from '../../preload/contract/gallery.ts';
import type { Task } from '../../preload/contract/project.ts';
import type { Db } from './connection.ts';
import { all, one } from './statements.ts';

interface Remembered {
  readonly changes: number;
  readonly counts: GalleryCounts;
}

const remembered = new WeakMap<Db, Remembered>();

/** Everything outside the trash by kind, project, tag and model. Counted anew only after something was written. */
export function galleryCounts(db: Db): GalleryCounts {
  const changes = number(db, 'SELECT total_changes() AS n');
  const known = remembered.get(db);
  if (known?.changes === changes) return known.counts;
  const counts: GalleryCounts = {
    all: number(db, 'SELECT count(*) AS n FROM generations WHERE trashed_at IS NULL'),
    starred: number(db, 'SELECT count(*) AS n FROM generations WHERE starred = 1 AND trashed_at IS NULL'),
    trashed: number(db, 'SELECT count(*) AS n FROM generations WHERE trashed_at IS NOT NULL'),
    tasks: byTask(db),
    // The unary plus sends each of these along the index of its own column, which is in the groups' order.
    projects: all(db, 'SELECT project_id AS projectId, count(*) AS count FROM generations WHERE +trashed_at IS NULL GROUP BY project_id'),
    tags: all(db, `SELECT t.name AS tag, count(*) AS count FROM tags t CROSS JOIN generation_tags gt ON gt.tag_id = t.id
      CROSS JOIN generations g ON g.seq = gt.generation_seq WHERE g.trashed_at IS NULL GROUP BY t.id ORDER BY t.name`),
    models: all(db, 'SELECT model_name AS modelName, count(*) AS count FROM generations WHERE +trashed_at IS NULL AND model_name IS NOT NULL GROUP BY model_name ORDER BY count DESC'),
    bytes: number(db, 'SELECT coalesce(sum(bytes), 0) AS n FROM assets'),
  };
  remembered.set(db, { changes, counts });
  return counts;
}

function byTask(db: Db): GalleryCounts['tasks'] {
  const counts: Record<Task, number> = { textToImage: 0, edit: 0, inpaint: 0, outpaint: 0, control: 0, grid: 0, import: 0 };
  for (const { task, n } of all<{ task: Task; n: number }>(db, 'SELECT task, count(*) AS n FROM generations WHERE +trashed_at IS NULL GROUP BY task')) counts[task] = n;
  return counts;
}

function number(db: Db, sql: string): number {
  return one<{ n: number }>(db, sql)?.n ?? 0;
}
