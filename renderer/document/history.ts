/** Undo and redo as diffs with marks: one action of the person = one mark. Past a limit of memory the oldest go to a spill store. */
import { compose, invert, isNoChange, sizeOf } from './diff.ts';
import type { Diff } from './diff.ts';
import { diffText } from './encode.ts';
import { readSpilled, SpillError } from './spill.ts';
import type { SpillStore } from './spill.ts';

/** What undo may keep in memory. */
export const defaultSpillBytes = 256 * 1024 * 1024;

interface Mark {
  label: string;
  bytes: number;
  /** Undefined while it lies in the spill store only. */
  diff: Diff | undefined;
  /** Where it lies in the spill store. */
  key: string | undefined;
}

/** A mark as the journal brings it back. */
export interface PastMark {
  readonly label: string;
  readonly diff: Diff;
}

export interface HistoryOptions {
  readonly spill?: SpillStore;
  readonly spillBytes?: number;
  /** Told of a store that fails; undo goes on with what is there. */
  readonly onProblem?: (error: unknown) => void;
}

export type Direction = 'undo' | 'redo';

/** Both stacks. It knows diffs, not documents: whoever owns the document applies what it is handed. */
export class History {
  /** Newest last in both. */
  #past: Mark[] = [];
  #future: Mark[] = [];
  #spilling = false;
  readonly #spill: SpillStore | undefined;
  readonly #spillBytes: number;
  readonly #onProblem: (error: unknown) => void;

  constructor(options: HistoryOptions = {}) {
    this.#spill = options.spill;
    this.#spillBytes = options.spillBytes ?? defaultSpillBytes;
    this.#onProblem = options.onProblem ?? (() => undefined);
  }

  get past(): readonly { readonly label: string }[] { return this.#past; }
  get future(): readonly { readonly label: string }[] { return this.#future; }

  /** Bytes of diffs in memory, about. */
  get bytes(): number {
    return [this.#past, this.#future].flat().reduce((sum, mark) => sum + (mark.diff === undefined ? 0 : mark.bytes), 0);
  }

  load(past: readonly PastMark[], future: readonly PastMark[]): void {
    const mark = ({ label, diff }: PastMark): Mark => ({ label, diff, bytes: sizeOf(diff), key: undefined });
    this.#past = past.map(mark);
    this.#future = future.map(mark);
    this.#relieve();
  }

  push(label: string, diff: Diff): void {
    this.#past.push({ label, diff, bytes: sizeOf(diff), key: undefined });
    this.#future = [];
    this.#relieve();
  }

  /** The marks nearest to now, as many as are in memory and fit. */
  recent(bytes: number): { readonly past: readonly PastMark[]; readonly future: readonly PastMark[] } {
    let left = bytes;
    const nearest = (stack: readonly Mark[]): readonly PastMark[] => {
      const kept: PastMark[] = [];
      for (const { label, diff, bytes: size } of stack.toReversed()) {
        if (diff === undefined || size > left) break;
        left -= size;
        kept.unshift({ label, diff });
      }
      return kept;
    };
    const past = nearest(this.#past);
    return { past, future: nearest(this.#future) };
  }

  /** Joins a change to the newest mark; false where there is none in memory. A mark that ends where it began goes. */
  amend(diff: Diff): boolean {
    const mark = this.#past.at(-1);
    if (mark?.diff === undefined) return false;
    mark.diff = compose(mark.diff, diff);
    mark.bytes = sizeOf(mark.diff);
    mark.key = undefined;
    if (isNoChange(mark.diff)) this.#past.pop();
    this.#future = [];
    return true;
  }

  /** The diff that the next step applies: at once where it is in memory, else read back; undefined at the end. Throws SpillError. */
  peek(direction: Direction): Diff | Promise<Diff> | undefined {
    const mark = (direction === 'undo' ? this.#past : this.#future).at(-1);
    if (mark === undefined) return undefined;
    const turned = (diff: Diff): Diff => direction === 'undo' ? invert(diff) : diff;
    return mark.diff === undefined ? this.#read(mark).then(turned) : turned(mark.diff);
  }

  /** The step was taken. */
  step(direction: Direction): void {
    const [from, to] = direction === 'undo' ? [this.#past, this.#future] : [this.#future, this.#past];
    const mark = from.pop();
    if (mark !== undefined) to.push(mark);
    this.#relieve();
  }

  async #read(mark: Mark): Promise<Diff> {
    if (this.#spill === undefined || mark.key === undefined) throw new SpillError('The older steps are gone', true);
    try {
      mark.diff = await readSpilled(this.#spill, mark.key);
      return mark.diff;
    } catch (error) {
      // Nothing beyond a damaged step can be reached.
      if (error instanceof SpillError && error.gone) this.#forget(mark);
      throw error;
    }
  }

  #forget(mark: Mark): void {
    for (const stack of [this.#past, this.#future]) stack.splice(0, stack.indexOf(mark) + 1);
  }

  #relieve(): void {
    if (this.#spill === undefined || this.#spilling) return;
    this.#spilling = true;
    void this.#spillOldest(this.#spill).catch(this.#onProblem);
  }

  /** The farthest from now first; the next step either way stays, so that one undo is always at once. */
  async #spillOldest(spill: SpillStore): Promise<void> {
    try {
      while (this.bytes > this.#spillBytes) {
        const mark = [this.#past.slice(0, -1), this.#future.slice(0, -1)].flat().find((one) => one.diff !== undefined);
        if (mark?.diff === undefined) return;
        const key = mark.key ?? await spill.append(diffText(mark.diff));
        Object.assign(mark, { key, diff: undefined });
      }
    } finally {
      this.#spilling = false;
    }
  }
}
