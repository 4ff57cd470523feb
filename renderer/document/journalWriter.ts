/** Carries entries to the disk without holding up the page. */
import { journalLimits } from '../../preload/contract/canvas.ts';
import { failureOf } from '../../preload/contract/errors.ts';
import type { Failure } from '../../preload/contract/errors.ts';
import { encodeEntry } from './journal.ts';
import type { JournalEntry } from './journal.ts';

export interface JournalRow {
  readonly seq: number;
  readonly text: string;
}

export interface JournalSink {
  /** Rejects as contract calls do. Entries may come twice when an answer was lost: the numbers tell. */
  append(entries: readonly JournalRow[]): Promise<unknown>;
  /** Everything up to `seq` as one text. */
  snapshot(seq: number, text: string): Promise<unknown>;
}

export type SaveState =
  | { readonly state: 'saved'; readonly at: number | null }
  | { readonly state: 'saving' }
  /** Still tried again; nothing is lost while the page is open. */
  | { readonly state: 'failing'; readonly failure: Failure }
  /** Given up: another page writes this canvas, or the data cannot be stored. */
  | { readonly state: 'stopped'; readonly failure: Failure };

export interface JournalWriterOptions {
  readonly sink: JournalSink;
  /** The number of the last entry that is stored. */
  readonly seq: number;
  /** The text of a snapshot of now; asked for once every entry before it is stored. `undoBytes`: how much of undo may come along. */
  readonly snapshot: (undoBytes?: number) => string;
  readonly entriesPerSnapshot?: number;
  /** Characters in one call; a single larger entry goes alone. */
  readonly charsPerCall?: number;
  /** The longest texts that the storage takes. */
  readonly limits?: { readonly entry: number; readonly snapshot: number };
  readonly onState?: (state: SaveState) => void;
  /** Injected in tests. */
  readonly now?: () => number;
  readonly wait?: (ms: number) => Promise<void>;
}

/** An entry that is none: a replay that meets it ends there, unless a snapshot has passed it. */
const heldPlace = '{"kind":"held"}';

class TooLarge extends Error {
  readonly code = 'REQUEST_INVALID';
  readonly data = { details: {}, retryable: true };
  constructor() {
    super('The canvas is too large to be saved as a whole: merge layers');
  }
}

interface Flush {
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  failures: number;
}

/** Who waits for the disk is not left waiting while it fails. */
const flushTries = 3;
const retryMs = [250, 1_000, 3_000, 10_000] as const;

/**
 * Sends what has gathered as soon as the call before it is answered, keeps it until then, and tries again when that fails.
 * A failure that cannot pass (`retryable` false) stops it.
 */
export class JournalWriter {
  #waiting: JournalRow[] = [];
  #seq: number;
  #sinceSnapshot = 0;
  #snapshotWanted = false;
  /** A place in the journal is held by nothing until a snapshot passes it. */
  #snapshotOwed = false;
  #running: Promise<void> | undefined;
  #stopped = false;
  #flushes: Flush[] = [];
  readonly #options: JournalWriterOptions;

  constructor(options: JournalWriterOptions) {
    this.#options = options;
    this.#seq = options.seq;
  }

  /** Entries that are not stored yet. */
  get waiting(): number { return this.#waiting.length; }
  get seq(): number { return this.#seq; }

  /** Takes a change over under the next number. */
  push(entry: Omit<JournalEntry, 'seq'>): void {
    this.#seq++;
    const text = encodeEntry({ seq: this.#seq, ...entry });
    const fits = text.length <= (this.#options.limits ?? journalLimits).entry;
    this.#waiting.push({ seq: this.#seq, text: fits ? text : heldPlace });
    // What is too long for an entry (a layer of thousands of strokes that was removed) is stored as what it leads to.
    this.#snapshotWanted ||= !fits;
    this.#snapshotOwed ||= !fits;
    this.#run();
  }

  /** Writes a snapshot soon: after the first opening, after a damaged tail. */
  wantSnapshot(): void {
    this.#snapshotWanted = true;
    this.#run();
  }

  /** Resolves once everything is stored; rejects where that fails three times in a row, or was given up. The entries are kept all the same. */
  flush(): Promise<void> {
    if (this.#running === undefined) return this.#waiting.length === 0 ? Promise.resolve() : Promise.reject(new Error('the canvas is no longer saved'));
    return new Promise((resolve, reject) => { this.#flushes.push({ resolve, reject, failures: 0 }); });
  }

  /** Sends nothing any more: the page let go of the canvas. */
  stop(): void {
    this.#stopped = true;
  }

  #run(): void {
    this.#running ??= this.#drain().finally(() => {
      this.#running = undefined;
      const flushes = this.#flushes.splice(0);
      for (const { resolve, reject } of flushes) {
        if (this.#waiting.length === 0) resolve();
        else reject(new Error('the canvas is no longer saved'));
      }
    });
  }

  async #drain(): Promise<void> {
    // Changes of one turn of the page (a gesture that ends in two operations) go together.
    await Promise.resolve();
    let failures = 0;
    while (!this.#stopped && (this.#waiting.length > 0 || this.#snapshotWanted)) {
      if (failures === 0) this.#tell({ state: 'saving' });
      try {
        await this.#send();
        failures = 0;
      } catch (error) {
        const failure = failureOf(error);
        this.#stopped ||= !failure.retryable;
        this.#tell({ state: this.#stopped ? 'stopped' : 'failing', failure });
        if (this.#stopped) return;
        this.#flushFailed(error);
        await (this.#options.wait ?? sleep)(retryMs[Math.min(failures, retryMs.length - 1)] ?? 0);
        failures++;
      }
    }
    if (!this.#stopped) this.#tell({ state: 'saved', at: (this.#options.now ?? Date.now)() });
  }

  #flushFailed(error: unknown): void {
    for (const flush of this.#flushes) flush.failures++;
    for (const { reject } of this.#flushes.filter((flush) => flush.failures >= flushTries)) reject(error);
    this.#flushes = this.#flushes.filter((flush) => flush.failures < flushTries);
  }

  async #send(): Promise<void> {
    if (this.#waiting.length > 0) {
      const batch = this.#nextBatch();
      await this.#options.sink.append(batch);
      this.#waiting.splice(0, batch.length);
      this.#sinceSnapshot += batch.length;
      this.#snapshotWanted ||= this.#sinceSnapshot >= (this.#options.entriesPerSnapshot ?? 500);
      return;
    }
    // Nothing waits, so the document of now is exactly what entry #seq left.
    const seq = this.#seq;
    const most = (this.#options.limits ?? journalLimits).snapshot;
    const whole = this.#options.snapshot();
    const text = whole.length <= most ? whole : this.#options.snapshot(0);
    if (text.length > most && this.#snapshotOwed) throw new TooLarge();
    // Too large for a snapshot: the journal goes on growing, which loses nothing.
    if (text.length <= most) await this.#options.sink.snapshot(seq, text);
    this.#snapshotWanted = false;
    this.#snapshotOwed = false;
    this.#sinceSnapshot = this.#seq - seq;
  }

  #nextBatch(): readonly JournalRow[] {
    const most = this.#options.charsPerCall ?? 8 * 1024 * 1024;
    let chars = 0;
    const end = this.#waiting.findIndex((row, i) => {
      chars += row.text.length;
      return i > 0 && (chars > most || i >= 1_000);
    });
    return this.#waiting.slice(0, end < 0 ? undefined : end);
  }

  #tell(state: SaveState): void {
    this.#options.onState?.(state);
  }
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => { setTimeout(resolve, ms); });
}
