import type { Item } from '../document/records.ts';
import { checkpointBytes } from './checkpoints.ts';
import type { Checkpoint } from './checkpoints.ts';
import type { TileMap } from './tiles.ts';

type Looks = Checkpoint['before'];

/** The items of a layer that were taken back last, as they looked: redo is as quick as undo. */
export class Undone {
  private kept: { readonly item: Item; readonly looks: Looks }[] = [];
  private readonly most: number;

  /** `most`: bytes of pixels to keep, the last item whatever it takes. */
  constructor(most: number) {
    this.most = most;
  }

  get bytes(): number {
    return this.kept.reduce((sum, { looks }) => sum + checkpointBytes({ count: 0, before: looks }), 0);
  }

  clear(): void {
    this.kept = [];
  }

  /** Keeps how an item's tiles look before it is taken back. */
  keep(item: Item, keys: Iterable<number>, tiles: TileMap): void {
    this.kept.push({ item, looks: new Map([...keys].map((key) => [key, tiles.get(key)])) });
    while (this.kept.length > 1 && this.bytes > this.most) this.kept.shift();
  }

  /** How the item's tiles looked; undefined, and all forgotten, where another was taken back last. */
  take(item: Item): Looks | undefined {
    const last = this.kept.pop();
    if (last?.item === item) return last.looks;
    this.clear();
    return undefined;
  }
}
