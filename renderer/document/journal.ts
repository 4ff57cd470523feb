/** The journal: every committed change as an entry, and the way back from entries to the document and its undo. Pure. */
import { z } from 'zod';
import { inFull } from './brief.ts';
import type { BriefDiff } from './brief.ts';
import { applyDiff, compose, DiffMismatch, invert, isNoChange } from './diff.ts';
import type { Diff } from './diff.ts';
import { briefText, diffText, documentText } from './encode.ts';
import type { PastMark } from './history.ts';
import { emptyDocument } from './make.ts';
import type { CanvasDocument } from './records.ts';
import { briefDiffSchema, diffSchema, documentSchema, layersAreSound, parseJson } from './schema.ts';

/**
 * `do`: a new mark; `amend`: joins the newest one; `set`: outside undo (what is selected, a control's map);
 * `undo`, `redo`: a step, with the diff that it applied.
 */
export interface JournalEntry {
  readonly seq: number;
  readonly kind: 'do' | 'amend' | 'set' | 'undo' | 'redo';
  /** The name of the action. */
  readonly mark: string;
  readonly diff: Diff;
  /** A step whose mark stands in the journal already: who reads it knows what it changes. */
  readonly known?: boolean;
}

const markName = z.string().max(200);
const entrySchema = z.union([
  z.strictObject({ kind: z.enum(['do', 'amend', 'set', 'undo', 'redo']), mark: markName, diff: briefDiffSchema }),
  z.strictObject({ kind: z.enum(['undo', 'redo']), mark: markName }),
]);
type StoredEntry = Pick<JournalEntry, 'kind' | 'mark'> & { readonly diff?: BriefDiff };

/** The undo steps that a snapshot takes along, newest last. */
const markSchema: z.ZodType<PastMark> = z.strictObject({ label: z.string().max(200), diff: diffSchema });
const snapshotSchema = z.strictObject({ document: documentSchema, past: z.array(markSchema), future: z.array(markSchema) });

/** An entry's text as the storage keeps it, beside its number: what it takes away is only named, as a replay has it at hand. */
export function encodeEntry({ kind, mark, diff, known = false }: JournalEntry): string {
  return `{"kind":${JSON.stringify(kind)},"mark":${JSON.stringify(mark)}${known ? '' : `,"diff":${briefText(diff)}`}}`;
}

/** Undefined for anything but a whole entry. */
function decodeEntry(text: string): StoredEntry | undefined {
  return entrySchema.safeParse(parseJson(text)).data;
}

export function encodeSnapshot(document: CanvasDocument, past: readonly PastMark[] = [], future: readonly PastMark[] = []): string {
  const marks = (list: readonly PastMark[]): string => `[${list.map(({ label, diff }) => `{"label":${JSON.stringify(label)},"diff":${diffText(diff)}}`).join(',')}]`;
  return `{"document":${documentText(document)},"past":${marks(past)},"future":${marks(future)}}`;
}

export interface Replayed {
  readonly document: CanvasDocument;
  readonly past: readonly PastMark[];
  readonly future: readonly PastMark[];
  /** Entries at the end that could not be read; 0 = all is there. */
  readonly dropped: number;
  /** Why, for the log; null = all is there. */
  readonly problem: string | null;
}

export interface StoredCanvas {
  /** Null = the journal began with an empty canvas. */
  readonly snapshot: { readonly seq: number; readonly text: string } | null;
  /** After the snapshot, in order. */
  readonly entries: readonly { readonly seq: number; readonly text: string }[];
}

/**
 * The canvas as it was when the last whole entry was written. A gap, a torn text or an entry that does not fit ends the replay there
 * and is reported; a snapshot that cannot be read leaves the `start` document with everything dropped. Never throws.
 */
export function replay(stored: StoredCanvas, start: CanvasDocument = emptyDocument()): Replayed {
  const snapshot = stored.snapshot === null ? { document: start, past: [], future: [] } : snapshotSchema.safeParse(parseJson(stored.snapshot.text)).data;
  if (snapshot === undefined) return { document: start, past: [], future: [], dropped: stored.entries.length, problem: 'the snapshot cannot be read' };
  let state: Pick<Replayed, 'document' | 'past' | 'future'> = snapshot;
  const past = [...snapshot.past];
  const future = [...snapshot.future];
  let seq = stored.snapshot?.seq ?? 0;
  for (const [at, row] of stored.entries.entries()) {
    const step = replayOne(state.document, row, seq + 1, past, future);
    if (typeof step === 'string') return { ...state, past, future, dropped: stored.entries.length - at, problem: `entry ${row.seq}: ${step}` };
    turn(step.entry, past, future);
    state = { ...state, document: step.document };
    seq = row.seq;
  }
  return { document: state.document, past, future, dropped: 0, problem: null };
}

interface Step {
  readonly entry: JournalEntry;
  readonly document: CanvasDocument;
}

function replayOne(document: CanvasDocument, row: { readonly seq: number; readonly text: string }, expected: number, past: readonly PastMark[], future: readonly PastMark[]): Step | string {
  if (row.seq !== expected) return `expected ${expected}`;
  const stored = decodeEntry(row.text);
  if (stored === undefined) return 'not a whole entry';
  try {
    const diff = stored.diff === undefined ? stepOf(stored.kind, past, future) : inFull(document, stored.diff);
    if (diff === undefined) return 'a step to which there is nothing';
    // No change is ever written that changes nothing.
    if (isNoChange(diff)) return 'not a whole entry';
    const next = applyDiff(document, diff);
    return layersAreSound(next, diff) ? { entry: { seq: row.seq, kind: stored.kind, mark: stored.mark, diff }, document: next } : 'leaves a layer that makes no sense';
  } catch (error) {
    if (error instanceof DiffMismatch) return error.message;
    throw error;
  }
}

/** What the next step either way applies. */
function stepOf(kind: JournalEntry['kind'], past: readonly PastMark[], future: readonly PastMark[]): Diff | undefined {
  if (kind === 'redo') return future.at(-1)?.diff;
  const mark = past.at(-1);
  return mark && invert(mark.diff);
}

/** What an entry does to the undo stacks. */
function turn({ kind, mark, diff }: JournalEntry, past: PastMark[], future: PastMark[]): void {
  switch (kind) {
    case 'set': return;
    case 'do':
      past.push({ label: mark, diff });
      future.length = 0;
      return;
    case 'amend': {
      const last = past.pop();
      const joined = last === undefined ? diff : compose(last.diff, diff);
      if (!isNoChange(joined)) past.push({ label: last?.label ?? mark, diff: joined });
      future.length = 0;
      return;
    }
    case 'undo':
      future.push(past.pop() ?? { label: mark, diff: invert(diff) });
      return;
    case 'redo':
      past.push(future.pop() ?? { label: mark, diff });
  }
}
