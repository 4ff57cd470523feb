/** The one holder of the document: every change goes through `apply`, `undo` or `redo`, and is told to the journal. */
import { createStore } from 'zustand/vanilla';
import type { StoreApi } from 'zustand/vanilla';
import { applyDiff, diff, isNoChange } from './diff.ts';
import type { Diff } from './diff.ts';
import { History } from './history.ts';
import type { Direction, HistoryOptions, PastMark } from './history.ts';
import { encodeSnapshot } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import { emptyDocument } from './make.ts';
import { refuse } from './outcome.ts';
import type { Op, Outcome } from './outcome.ts';
import type { CanvasDocument } from './records.ts';
import { startView } from './spaces.ts';
import type { Transient } from './transient.ts';

export interface CanvasState {
  readonly document: CanvasDocument;
  readonly canUndo: boolean;
  readonly canRedo: boolean;
  /** The action that undo would take back, and redo would bring again. */
  readonly undoLabel: string | null;
  readonly redoLabel: string | null;
  /** Older steps are being read back from the spill store. */
  readonly reading: boolean;
  readonly transient: Transient;
}

export interface ApplyOptions {
  /** The name of the person's action: one undo step. Without it, only what is outside undo may change. */
  readonly mark?: string;
  /**
   * Successive changes of the same key are one step: a slider being dragged. Any other change, an undo, or `settle` ends it.
   */
  readonly merge?: string;
}

export interface CanvasStore extends StoreApi<CanvasState> {
  /** Changes the document, or says why not. */
  readonly apply: (op: Op, options?: ApplyOptions) => Outcome;
  /** The slider was let go: the next change is a step of its own. */
  readonly settle: () => void;
  /** Takes a step back. At once where it is in memory; false at the end, or when a change came in between. Throws SpillError. */
  readonly undo: () => Promise<boolean>;
  readonly redo: () => Promise<boolean>;
  /** Changes what is outside the document. */
  readonly setTransient: (patch: Partial<Transient>) => void;
  /** Takes another document in: a project that was opened. Not told to the journal. */
  readonly load: (document: CanvasDocument, past?: readonly PastMark[], future?: readonly PastMark[]) => void;
  /** Told of every committed change, in order. */
  readonly onEntry: (listener: (entry: Omit<JournalEntry, 'seq'>) => void) => () => void;
  /** The text of a snapshot, with the newest undo steps as far as `undoBytes` reach. */
  readonly snapshot: (undoBytes?: number) => string;
  /** Undo and redo steps by name, the newest last in both. */
  readonly steps: () => { readonly past: readonly string[]; readonly future: readonly string[] };
}

/** Undo steps that a snapshot takes along: they have to fit one call. */
const snapshotUndoBytes = 8 * 1024 * 1024;

export function createCanvasStore(options: HistoryOptions & { readonly document?: CanvasDocument } = {}): CanvasStore {
  const history = new History(options);
  const listeners = new Set<(entry: Omit<JournalEntry, 'seq'>) => void>();
  let merging: string | undefined;
  /** Counts changes, so that a step that had to be read first knows whether it still fits. */
  let version = 0;
  let steps: Promise<unknown> | undefined;
  /** How many of the newest marks whoever reads the journal has, at least: steps over those need not be written once more. */
  const known = { past: 0, future: 0 };

  const store = createStore<CanvasState>(() => ({
    document: options.document ?? emptyDocument(), canUndo: false, canRedo: false, undoLabel: null, redoLabel: null, reading: false,
    transient: { view: startView, preview: null },
  }));

  const publish = (document: CanvasDocument): void => {
    const undoLabel = history.past.at(-1)?.label ?? null;
    const redoLabel = history.future.at(-1)?.label ?? null;
    store.setState({ document, undoLabel, redoLabel, canUndo: undoLabel !== null, canRedo: redoLabel !== null });
  };

  const commit = (document: CanvasDocument, entry: Omit<JournalEntry, 'seq'>): void => {
    version++;
    publish(document);
    for (const listener of listeners) listener(entry);
  };

  const apply = (op: Op, { mark, merge }: ApplyOptions = {}): Outcome => {
    const before = store.getState().document;
    const outcome = op(before);
    if (!outcome.ok) return outcome;
    const change = diff(before, outcome.document);
    if (isNoChange(change)) return refuse('NOTHING', 'Nothing would change');
    if (mark === undefined) {
      if (!isOutsideUndo(change)) throw new Error('a change of the document needs a mark');
      commit(outcome.document, { kind: 'set', mark: '', diff: change });
      return outcome;
    }
    const joins = merge !== undefined && merge === merging;
    const count = history.past.length;
    const amended = joins && history.amend(change);
    if (!amended) history.push(mark, change);
    // A mark that came back to where it began is gone, and so is what the next change could join.
    merging = history.past.length < count ? undefined : merge;
    known.future = 0;
    if (!amended) known.past++;
    else if (history.past.length < count) known.past = Math.max(0, known.past - 1);
    commit(outcome.document, { kind: amended ? 'amend' : 'do', mark, diff: change });
    return outcome;
  };

  const take = (direction: Direction, change: Diff): void => {
    const mark = (direction === 'undo' ? history.past : history.future).at(-1)?.label ?? '';
    const next = applyDiff(store.getState().document, change);
    history.step(direction);
    const [from, to] = direction === 'undo' ? ['past', 'future'] as const : ['future', 'past'] as const;
    const isKnown = known[from] > 0;
    known[from] = Math.max(0, known[from] - 1);
    // The other one may hold only a part of a step that it does not know.
    known[to] = isKnown ? known[to] + 1 : 0;
    commit(next, { kind: direction, mark, diff: change, known: isKnown });
  };

  const step = async (direction: Direction): Promise<boolean> => {
    merging = undefined;
    const change = history.peek(direction);
    if (change === undefined) return false;
    if (!(change instanceof Promise)) {
      take(direction, change);
      return true;
    }
    const before = version;
    store.setState({ reading: true });
    try {
      const read = await change;
      if (version !== before) return false;
      take(direction, read);
      return true;
    } finally {
      store.setState({ reading: false });
      // A damaged step takes the ones beyond it along.
      publish(store.getState().document);
    }
  };

  /** Steps that were asked for while one is still being read wait their turn. */
  const inTurn = (direction: Direction): Promise<boolean> => {
    const run = steps === undefined ? step(direction) : steps.then(() => step(direction), () => step(direction));
    const mine = run.finally(() => { if (steps === mine) steps = undefined; });
    if (store.getState().reading || steps !== undefined) steps = mine;
    mine.catch(() => undefined);
    return run;
  };

  return {
    ...store,
    apply,
    settle: () => { merging = undefined; },
    undo: () => inTurn('undo'),
    redo: () => inTurn('redo'),
    setTransient: (patch) => store.setState(({ transient }) => ({ transient: { ...transient, ...patch } })),
    load: (document, past = [], future = []) => {
      version++;
      merging = undefined;
      history.load(past, future);
      Object.assign(known, { past: past.length, future: future.length });
      publish(document);
    },
    onEntry: (listener) => {
      listeners.add(listener);
      return () => { listeners.delete(listener); };
    },
    snapshot: (undoBytes = snapshotUndoBytes) => {
      const { past, future } = history.recent(undoBytes);
      Object.assign(known, { past: Math.min(known.past, past.length), future: Math.min(known.future, future.length) });
      return encodeSnapshot(store.getState().document, past, future);
    },
    steps: () => ({ past: history.past.map((one) => one.label), future: history.future.map((one) => one.label) }),
  };
}

/** What is selected, and a control's map with its size: it follows from its settings and is made again when undo changes those. */
function isOutsideUndo(change: Diff): boolean {
  return change.order === undefined && change.frame === undefined && change.selection === undefined
    && Object.values(change.layers).every((layer) => layer.type === 'changed' && layer.items.length === 0 && Object.keys(layer.fields).every((name) => name === 'map' || name === 'size'));
}
