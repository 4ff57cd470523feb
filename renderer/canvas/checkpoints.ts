import type { Tile } from './tiles.ts';
import { tileSize } from './tiles.ts';

/** How the tiles looked before the items from `count` on were drawn; undefined = there was no tile. */
export interface Checkpoint {
  readonly count: number;
  readonly before: Map<number, Tile | undefined>;
}

const tileBytes = tileSize * tileSize * 4;

export function checkpointBytes({ before }: Checkpoint): number {
  let bytes = 0;
  for (const tile of before.values()) if (tile !== undefined) bytes += tileBytes;
  return bytes;
}

/** Two neighbours as one: the older look wins. */
function merged(older: Checkpoint, newer: Checkpoint): Checkpoint {
  const before = new Map(older.before);
  for (const [key, tile] of newer.before) if (!before.has(key)) before.set(key, tile);
  return { count: older.count, before };
}

/**
 * Keeps checkpoints within a budget by merging neighbours, close ones far back first: the last steps can be undone at once, older ones
 * by drawing a few items again. `total`: items drawn. Returns the list, oldest first.
 */
export function thinned(list: readonly Checkpoint[], total: number, budgetBytes: number): Checkpoint[] {
  const kept = [...list];
  let bytes = kept.reduce((sum, one) => sum + checkpointBytes(one), 0);
  while (bytes > budgetBytes && kept.length > 1) {
    let best = 0;
    let lowest = Infinity;
    for (let i = 0; i + 1 < kept.length; i++) {
      const start = kept[i]?.count ?? 0;
      const end = kept[i + 2]?.count ?? total;
      const score = (end - start) / Math.max(1, total - start);
      // The last one is what the next undo needs.
      if (i + 2 < kept.length && score < lowest) [best, lowest] = [i, score];
    }
    if (lowest === Infinity) break;
    const [older, newer] = [kept[best] as Checkpoint, kept[best + 1] as Checkpoint];
    const one = merged(older, newer);
    bytes += checkpointBytes(one) - checkpointBytes(older) - checkpointBytes(newer);
    kept.splice(best, 2, one);
  }
  while (bytes > budgetBytes && kept.length > 1) {
    bytes -= checkpointBytes(kept.shift() as Checkpoint);
  }
  return kept;
}
