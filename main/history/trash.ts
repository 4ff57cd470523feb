/** Deleting in two steps: into the trash, from where it can come back, and out of it for good. */
import { forgetAsset } from './assetRows.ts';
import type { Db } from './connection.ts';
import { dropUnusedTags } from './generations.ts';
import { all, list, run } from './statements.ts';

/** What is in the trash already keeps its date. */
export function trashGenerations(db: Db, ids: readonly string[], now: number): void {
  run(db, 'UPDATE generations SET trashed_at = ? WHERE trashed_at IS NULL AND id IN (SELECT value FROM json_each(?))', now, list(ids));
}

export function restoreGenerations(db: Db, ids: readonly string[]): void {
  run(db, 'UPDATE generations SET trashed_at = NULL WHERE trashed_at IS NOT NULL AND id IN (SELECT value FROM json_each(?))', list(ids));
}

/** Removes trashed rows for good (without ids, all; with a time, those trashed before it), and forgets the files that only they used. Returns how many rows went. */
export function purgeGenerations(db: Db, which: { readonly ids?: readonly string[]; readonly trashedBefore?: number } = {}): number {
  return db.transaction(() => {
    // Only out of the trash: a slip of the hand never removes for good.
    const seqs = all<{ seq: number }>(
      db,
      'SELECT seq FROM generations WHERE trashed_at IS NOT NULL AND trashed_at < coalesce(?, 9e18) AND (? OR id IN (SELECT value FROM json_each(?)))',
      which.trashedBefore ?? null, which.ids === undefined ? 1 : 0, list(which.ids ?? []),
    ).map((row) => row.seq);
    const used = all<{ hash: string; until: number }>(
      db,
      `SELECT hash, max(at) AS until FROM (
        SELECT hash, created_at AS at FROM generations WHERE seq IN (SELECT value FROM json_each(?))
        UNION ALL SELECT i.hash, g.created_at FROM generation_inputs i JOIN generations g ON g.seq = i.generation_seq WHERE g.seq IN (SELECT value FROM json_each(?))
      ) GROUP BY hash`,
      list(seqs), list(seqs),
    );
    run(db, 'DELETE FROM generations WHERE seq IN (SELECT value FROM json_each(?))', list(seqs));
    // A choice of pictures is no choice of projects; what their canvases alone used goes with a later collection.
    if (which.ids === undefined) run(db, 'DELETE FROM projects WHERE id IN (SELECT project_id FROM project_trash WHERE trashed_at < coalesce(?, 9e18))', which.trashedBefore ?? null);
    dropUnusedTags(db);
    // A file put since is perhaps wanted by something that is not written down yet: a later collection looks at it.
    for (const { hash, until } of used) forgetAsset(db, hash, until);
    return seqs.length;
  }).immediate();
}
