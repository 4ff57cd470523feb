import type { Item, Rect } from '../document/records.ts';
import type { Budget } from './budget.ts';
import { checkpointBytes, thinned } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import { isEmpty, noRect, union } from './rect.ts';
import { colourOf, copyTile, newTile, plainTile, tileRect } from './tiles.ts';
import type { Tile, TileMap } from './tiles.ts';
import { Undone } from './undone.ts';

/** Undo memory of one layer. */
const budgetBytes = 128 * 1024 * 1024;

/** A layer's tiles, and how they looked before the items that drew them: what was drawn can be taken back, and done again. */
export class TileHistory {
  readonly tiles: TileMap = new Map();
  private checkpoints: Checkpoint[] = [];
  private readonly undone = new Undone(budgetBytes);
  private current: Checkpoint = { count: 0, before: new Map() };
  /** Tiles that nobody has looked at for being of one colour. */
  private readonly unread = new Set<number>();
  /** The pixels that are different since somebody emptied it. */
  dirty: Rect = noRect;

  /** Bytes kept for undo. */
  get bytes(): number {
    return this.checkpoints.reduce((sum, one) => sum + checkpointBytes(one), this.undone.bytes);
  }

  /** Undo will draw the items again. */
  forget(): void {
    this.checkpoints = [];
    this.undone.clear();
  }

  copy(other: TileHistory): void {
    this.undone.clear();
    this.tiles.clear();
    for (const [key, tile] of other.tiles) this.tiles.set(key, tile);
    for (const key of other.unread) this.unread.add(key);
    // A growing stroke goes on writing into its own checkpoint.
    this.checkpoints = other.checkpoints.map(({ count, before }) => ({ count, before: new Map(before) }));
  }

  /** An item is about to be drawn on top of `count` others. */
  begin(count: number): void {
    this.current = { count, before: new Map() };
  }

  /** A tile to draw on, once for every item: how it looked before belongs to the checkpoint, and to whoever else shares it. */
  writable(tx: number, ty: number, key: number): Tile {
    const known = this.tiles.get(key);
    if (known !== undefined && this.current.before.has(key)) return known;
    this.current.before.set(key, known);
    const made = known === undefined ? newTile(tx, ty) : copyTile(known);
    this.tiles.set(key, made);
    this.unread.add(key);
    return made;
  }

  /** The tile as it was before the item that is being drawn. */
  before(key: number): Tile | undefined {
    return this.current.before.get(key);
  }

  /** The item that is being drawn leaves nothing. */
  empty(): void {
    for (const [key, tile] of this.tiles) {
      this.current.before.set(key, tile);
      this.touch(tileRect(tile));
    }
    this.tiles.clear();
  }

  touch(rect: Rect): void {
    if (!isEmpty(rect)) this.dirty = union(this.dirty, rect);
  }

  /** The item is drawn: `total` there are now. */
  end(total: number): void {
    this.checkpoints = thinned([...this.checkpoints, this.current], total, budgetBytes);
  }

  /** Takes back what was drawn of an item that is not done. */
  drop(): void {
    this.restore(this.current.before);
  }

  /** Does again what was just taken back, on top of `count` others; false = it was something else. */
  repeat(item: Item, count: number): boolean {
    const looks = this.undone.take(item);
    if (looks === undefined) return false;
    this.current = { count, before: new Map([...looks.keys()].map((key) => [key, this.tiles.get(key)])) };
    this.restore(looks);
    this.end(count + 1);
    return true;
  }

  /** Takes items back until no more than `count` are left, or as many as the checkpoints allow. Returns how many are. */
  rollBack(items: readonly Item[], count: number): number {
    let left = items.length;
    while (left > count) {
      const checkpoint = this.checkpoints.pop();
      if (checkpoint === undefined) {
        for (const tile of this.tiles.values()) this.touch(tileRect(tile));
        this.tiles.clear();
        this.undone.clear();
        return 0;
      }
      if (checkpoint.count === left - 1) this.undone.keep(items[left - 1] as Item, checkpoint.before.keys(), this.tiles);
      else this.undone.clear();
      this.restore(checkpoint.before);
      left = checkpoint.count;
    }
    return left;
  }

  /** Finds tiles of one colour, which then cost nothing, as far as the budget goes; false = not done. Their pixels stay the same. */
  compact(budget: Budget): boolean {
    for (const key of this.unread) {
      const tile = this.tiles.get(key);
      if (tile !== undefined) {
        if (!budget.next()) return false;
        const colour = colourOf(tile);
        if (colour === 0) this.tiles.delete(key);
        else if (colour !== undefined) this.tiles.set(key, plainTile(tile, colour));
      }
      this.unread.delete(key);
    }
    return true;
  }

  private restore(looks: Checkpoint['before']): void {
    for (const [key, tile] of looks) {
      const now = this.tiles.get(key) ?? tile;
      if (now !== undefined) this.touch(tileRect(now));
      if (tile === undefined) this.tiles.delete(key);
      else this.tiles.set(key, tile);
    }
  }
}
