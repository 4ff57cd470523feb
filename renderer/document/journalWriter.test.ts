import { describe, expect, it } from 'vitest';
import { encodeEntry, replay } from './journal.ts';
import { JournalWriter } from './journalWriter.ts';
import type { JournalRow, JournalSink, JournalWriterOptions, SaveState } from './journalWriter.ts';
import { newMaskLayer, newPaintLayer } from './make.ts';
import { addLayer } from './ops/layers.ts';
import type { Item } from './records.ts';
import { createCanvasStore } from './store.ts';

/** A storage that refuses gaps, as the real one does, and takes a repeated entry for what it is. */
class Storage implements JournalSink {
  rows: JournalRow[] = [];
  saved: { seq: number; text: string } | null = null;
  calls: number[] = [];
  fail: (() => Error & { readonly data?: unknown; readonly code?: string }) | undefined;
  /** The call arrives, its answer does not. */
  loseAnswer = false;

  async append(entries: readonly JournalRow[]): Promise<void> {
    this.calls.push(entries.length);
    await Promise.resolve();
    if (this.fail !== undefined) throw this.fail();
    for (const entry of entries) {
      const expected = (this.rows.at(-1)?.seq ?? this.saved?.seq ?? 0) + 1;
      if (entry.seq > expected) throw new Error(`gap: ${entry.seq}`);
      if (entry.seq === expected) this.rows.push(entry);
    }
    if (this.loseAnswer) {
      this.loseAnswer = false;
      throw new Error('the connection was lost');
    }
  }

  async snapshot(seq: number, text: string): Promise<void> {
    await Promise.resolve();
    if (this.fail !== undefined) throw this.fail();
    this.saved = { seq, text };
    this.rows = this.rows.filter((row) => row.seq > seq);
  }
}

const stroke = (n: number): Item => ({
  type: 'stroke', id: 's', blend: 'add', colour: { r: 0, g: 0, b: 0, a: 1 }, size: 9, hardness: 1, opacity: 1, points: Array.from({ length: n }, (_, i) => i),
});

function studio(options: Partial<JournalWriterOptions> = {}) {
  const store = createCanvasStore();
  const storage = new Storage();
  const states: SaveState[] = [];
  const waits: number[] = [];
  const writer = new JournalWriter({
    sink: storage, seq: 0, snapshot: store.snapshot, ...options, now: () => 7, onState: (state) => states.push(state),
    wait: async (ms) => {
      waits.push(ms);
      if (waits.length > 5) storage.fail = undefined;
    },
  });
  store.onEntry((entry) => writer.push(entry));
  const add = (n: number): void => { for (let i = 0; i < n; i++) store.apply(addLayer(newMaskLayer(`Mask ${i}`)), { mark: 'Add' }); };
  return { store, storage, states, waits, writer, add };
}

describe('the journal writer', () => {
  it('sends what gathers while a call is under way as one, in order', async () => {
    const { store, storage, states, writer, add } = studio();
    add(3);
    expect(storage.calls).toEqual([]);
    await Promise.resolve();
    add(5);
    await writer.flush();
    expect(storage.calls).toEqual([3, 5]);
    expect(storage.rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7, 8]);
    expect(states.at(-1)).toEqual({ state: 'saved', at: 7 });
    expect(replay({ snapshot: null, entries: storage.rows }).document).toEqual(store.getState().document);
  });

  it('keeps entries until they are stored, tries again, and does not let others wait for it', async () => {
    const { store, storage, states, waits, writer, add } = studio();
    storage.fail = () => new Error('no connection');
    add(2);
    await expect(writer.flush()).rejects.toThrow('no connection');
    expect(writer.waiting).toBe(2);
    expect(states.at(-1)).toMatchObject({ state: 'failing' });
    await writer.flush();
    expect(waits).toEqual([250, 1_000, 3_000, 10_000, 10_000, 10_000]);
    expect(states.at(-1)?.state).toBe('saved');
    expect(replay({ snapshot: null, entries: storage.rows }).document).toEqual(store.getState().document);
  });

  it('sends again what may or may not have arrived', async () => {
    const { store, storage, writer, add } = studio();
    storage.loseAnswer = true;
    add(3);
    await writer.flush();
    expect(storage.rows).toHaveLength(3);
    expect(replay({ snapshot: null, entries: storage.rows }).document).toEqual(store.getState().document);
  });

  it('gives up where trying again cannot help, and keeps what it has', async () => {
    const { storage, states, waits, writer, add } = studio();
    storage.fail = () => Object.assign(new Error('Another page writes this project'), { code: 'PROJECT_LOCKED', data: { details: {}, retryable: false } });
    add(2);
    await expect(writer.flush()).rejects.toThrow('no longer saved');
    add(1);
    await Promise.resolve();
    expect(states.at(-1)).toMatchObject({ state: 'stopped', failure: { code: 'PROJECT_LOCKED' } });
    expect(waits).toEqual([]);
    expect(writer.waiting).toBe(3);
  });

  it('asks for a snapshot after so many entries, and the rest goes on from there', async () => {
    const { store, storage, writer, add } = studio({ entriesPerSnapshot: 10 });
    add(25);
    await writer.flush();
    expect(storage.saved?.seq).toBe(25);
    add(4);
    await writer.flush();
    expect(storage.rows.map((row) => row.seq)).toEqual([26, 27, 28, 29]);
    const back = replay({ snapshot: storage.saved, entries: storage.rows });
    expect(back).toMatchObject({ dropped: 0, problem: null });
    expect(back.document).toEqual(store.getState().document);
    expect(back.past).toHaveLength(29);
  });

  it('holds calls under their size, and lets a huge entry go alone', async () => {
    const storage = new Storage();
    const writer = new JournalWriter({ sink: storage, seq: 0, snapshot: () => '{}', charsPerCall: 2_000 });
    const entry = (letters: number): void => writer.push({ kind: 'do', mark: 'x'.repeat(letters), diff: { layers: {} } });
    for (const letters of [10, 10, 5_000, 10, 900, 900, 900]) entry(letters);
    await writer.flush();
    expect(storage.rows.map((row) => row.seq)).toEqual([1, 2, 3, 4, 5, 6, 7]);
    expect(storage.calls).toEqual([2, 1, 3, 1]);
  });

  it('stores a change that is too long for an entry as the snapshot that it leads to', async () => {
    const { store, storage, writer, add } = studio({ limits: { entry: 2_000, snapshot: 1_000_000 } });
    add(2);
    const layer = newPaintLayer('Paint 1');
    store.apply(addLayer({ ...layer, items: [stroke(3_000)] }), { mark: 'Add' });
    add(1);
    await writer.flush();
    expect(storage.saved?.seq).toBe(4);
    expect(replay({ snapshot: storage.saved, entries: storage.rows }).document).toEqual(store.getState().document);
  });

  it('lets undo go first where a snapshot is too long, then the snapshot; the entries stay', async () => {
    const { store, storage, states, writer, add } = studio({ entriesPerSnapshot: 5, limits: { entry: 100_000, snapshot: 2_000 } });
    add(5);
    await writer.flush();
    expect(storage.saved?.text.length).toBeLessThanOrEqual(2_000);
    expect(replay({ snapshot: storage.saved, entries: storage.rows }).past).toEqual([]);
    add(60);
    await writer.flush();
    expect(storage.saved?.seq).toBe(5);
    expect(replay({ snapshot: storage.saved, entries: storage.rows }).document).toEqual(store.getState().document);
    // One that has to be written cannot be: said, and tried again as the canvas shrinks.
    store.apply(addLayer({ ...newPaintLayer('Paint 1'), items: [stroke(30_000)] }), { mark: 'Add' });
    await expect(writer.flush()).rejects.toThrow('too large');
    expect(states.at(-1)).toMatchObject({ state: 'failing', failure: { code: 'REQUEST_INVALID' } });
    writer.stop();
  });

  it('reports a snapshot that cannot be read', () => {
    const entries = [{ seq: 1, text: encodeEntry({ seq: 1, kind: 'set', mark: '', diff: { layers: {} } }) }];
    for (const text of ['', '{}', '{"document":null}', '{"document":{"version":2},"past":[],"future":[]}']) {
      expect(replay({ snapshot: { seq: 0, text }, entries })).toMatchObject({ dropped: 1, problem: 'the snapshot cannot be read' });
    }
  });
});
