import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { act, anyActions, anyDoing, essence, hash, inhabited } from './anyOp.testing.ts';
import { applyDiff, compose, diff, invert } from './diff.ts';
import { diffText, documentText } from './encode.ts';
import { isFrame } from './frameGeometry.ts';
import { encodeEntry, replay } from './journal.ts';
import type { JournalEntry } from './journal.ts';
import { newControlLayer, newMaskLayer, newPaintLayer, newPictureLayer } from './make.ts';
import { setControl } from './ops/guides.ts';
import { addItem } from './ops/items.ts';
import { addLayer, removeLayer, select, setLocked, setOpacity } from './ops/layers.ts';
import type { CanvasDocument, Item } from './records.ts';
import { documentSchema } from './schema.ts';
import { createCanvasStore } from './store.ts';
import type { CanvasStore } from './store.ts';

function journalled(document?: CanvasDocument): { readonly store: CanvasStore; readonly rows: { seq: number; text: string }[] } {
  const store = createCanvasStore(document === undefined ? {} : { document });
  const rows: { seq: number; text: string }[] = [];
  store.onEntry((entry) => rows.push({ seq: rows.length + 1, text: encodeEntry({ seq: rows.length + 1, ...entry }) }));
  return { store, rows };
}

const now = (store: CanvasStore): CanvasDocument => store.getState().document;

const stroke = (id: string, n = 1): Item => ({
  type: 'stroke', id, blend: 'add', colour: { r: 0, g: 0, b: 0, a: 1 }, size: 10, hardness: 1, opacity: 1, points: Array.from({ length: n }, (_, i) => [i, i, 1]).flat(),
});

describe('any sequence of actions', () => {
  it('undone all is the start, redone all is the end', async () => {
    await fc.assert(fc.asyncProperty(anyDoing, async (actions) => {
      const store = createCanvasStore({ document: inhabited });
      const start = now(store);
      for (const action of actions) await act(store, action);
      const end = now(store);
      while (await store.undo());
      expect(essence(now(store))).toEqual(essence(start));
      expect(store.getState().canUndo).toBe(false);
      while (await store.redo());
      expect(essence(now(store))).toEqual(essence(end));
      expect(store.getState().canRedo).toBe(false);
    }), { numRuns: 150 });
  });

  it('leaves a whole document that a stranger may read, with a frame on its grid', async () => {
    await fc.assert(fc.asyncProperty(anyActions, async (actions) => {
      const store = createCanvasStore({ document: inhabited });
      for (const action of actions) {
        await act(store, action);
        expect(isFrame(now(store).frame)).toBe(true);
      }
      expect(documentSchema.parse(JSON.parse(JSON.stringify(now(store))))).toEqual(now(store));
      expect(JSON.parse(documentText(now(store)))).toEqual(now(store));
    }), { numRuns: 100 });
  });

  it('comes back from its journal, from any snapshot, with its undo', async () => {
    await fc.assert(fc.asyncProperty(anyActions, fc.double({ min: 0, max: 1, noNaN: true }), async (actions, part) => {
      const { store, rows } = journalled(inhabited);
      const cut = Math.floor(part * actions.length);
      for (const action of actions.slice(0, cut)) await act(store, action);
      const snapshot = { seq: rows.length, text: store.snapshot() };
      for (const action of actions.slice(cut)) await act(store, action);
      for (const stored of [{ snapshot: null, entries: rows }, { snapshot, entries: rows.slice(snapshot.seq) }]) {
        const back = replay(stored, inhabited);
        expect(back).toMatchObject({ dropped: 0, problem: null });
        expect(back.document).toEqual(now(store));
        expect({ past: back.past.map((one) => one.label), future: back.future.map((one) => one.label) }).toEqual(store.steps());
        const again = createCanvasStore({ document: inhabited });
        again.load(back.document, back.past, back.future);
        while (await again.undo());
        expect(essence(now(again))).toEqual(essence(inhabited));
        while (await again.redo());
        const live = createCanvasStore({ document: now(store) });
        live.load(back.document, back.past, back.future);
        while (await live.redo());
        expect(essence(now(again))).toEqual(essence(now(live)));
      }
    }), { numRuns: 100 });
  });

  it('comes back from a snapshot that had room for few undo steps, though later ones are stored by name', async () => {
    await fc.assert(fc.asyncProperty(anyActions, fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(0, 200, 2_000), async (actions, part, undoBytes) => {
      const { store, rows } = journalled(inhabited);
      const cut = Math.floor(part * actions.length);
      for (const action of actions.slice(0, cut)) await act(store, action);
      const snapshot = { seq: rows.length, text: store.snapshot(undoBytes) };
      // As far back as it goes, and some way forth: steps beyond the snapshot's own among them.
      for (let n = 0; n < cut; n++) await store.undo();
      for (const action of actions.slice(cut)) await act(store, action);
      for (const stored of [{ snapshot: null, entries: rows }, { snapshot, entries: rows.slice(snapshot.seq) }]) {
        const back = replay(stored, inhabited);
        expect(back).toMatchObject({ dropped: 0, problem: null });
        expect(back.document).toEqual(now(store));
      }
    }), { numRuns: 150 });
  });

  it('drops a torn or damaged end up to the last whole entry', async () => {
    await fc.assert(fc.asyncProperty(anyDoing, fc.nat(), fc.constantFrom('torn', 'gap', 'foreign', 'strange'), async (actions, at, harm) => {
      const { store, rows } = journalled(inhabited);
      const states = [now(store)];
      store.onEntry(() => states.push(now(store)));
      for (const action of actions) await act(store, action);
      fc.pre(rows.length > 0);
      const broken = at % rows.length;
      const row = rows[broken] ?? { seq: 0, text: '' };
      const damaged = harm === 'torn' ? { seq: row.seq, text: row.text.slice(0, Math.floor(row.text.length / 2)) }
        : harm === 'gap' ? { seq: row.seq + 1, text: row.text }
          : harm === 'foreign' ? { seq: row.seq, text: encodeEntry({ seq: row.seq, kind: 'do', mark: '', diff: { layers: { nobody: { type: 'changed', fields: {}, items: [] } } } }) }
            : { seq: row.seq, text: '{"kind":"do","mark":"","diff":{"layers":{"__proto__":{"type":"removed"}}}}' };
      const back = replay({ snapshot: null, entries: rows.with(broken, damaged) }, inhabited);
      expect(back.document).toEqual(states[broken]);
      expect(back.dropped).toBe(rows.length - broken);
      expect(back.problem).not.toBeNull();
    }), { numRuns: 100 });
  });
});

describe('diffs', () => {
  it('apply, reverse and join', async () => {
    await fc.assert(fc.asyncProperty(anyDoing, fc.double({ min: 0, max: 1, noNaN: true }), async (actions, part) => {
      const store = createCanvasStore({ document: inhabited });
      const cut = Math.floor(part * actions.length);
      const first = now(store);
      for (const action of actions.slice(0, cut)) await act(store, action);
      const second = now(store);
      for (const action of actions.slice(cut)) await act(store, action);
      const third = now(store);
      const [one, two] = [diff(first, second), diff(second, third)];
      expect(applyDiff(second, two)).toEqual(third);
      expect(applyDiff(third, invert(two))).toEqual(second);
      const both = compose(one, two);
      expect(applyDiff(first, both)).toEqual(third);
      expect(applyDiff(third, invert(both))).toEqual(first);
      expect(JSON.parse(diffText(both))).toEqual(JSON.parse(JSON.stringify(both)));
      // Joining joined ones, as a long drag does.
      expect(applyDiff(third, compose(invert(two), invert(one)))).toEqual(first);
    }), { numRuns: 150 });
  });

  it('cost a stroke, however many lie below it', async () => {
    const layer = newPaintLayer('Paint 1');
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    for (let i = 0; i < 500; i++) store.apply(addItem(layer.id, stroke(`s${i}`, 20)), { mark: 'Stroke' });
    const sizes = rows.slice(1).map((row) => row.text.length);
    expect(Math.max(...sizes)).toBeLessThan(1.2 * Math.min(...sizes));
    await store.undo();
    expect(rows.at(-1)?.text.length).toBeLessThan(1.2 * Math.min(...sizes));
    expect(now(store).layers[layer.id]?.items).toHaveLength(499);
  });

  it('of what is taken away is only its name: a layer of many strokes is deleted, and brought back, in a line', async () => {
    const layer = { ...newPaintLayer('Paint 1'), items: Array.from({ length: 400 }, (_, i) => stroke(`s${i}`, 50)) };
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    store.apply(removeLayer(layer.id), { mark: 'Delete' });
    await store.undo();
    store.apply((document) => ({ ok: true, document: { ...document, layers: { ...document.layers, [layer.id]: { ...layer, items: [] } } } }), { mark: 'Clear' });
    await store.undo();
    expect(rows[0]?.text.length).toBeGreaterThan(200_000);
    for (const { text } of rows.toSpliced(3, 1).slice(1)) expect(text.length).toBeLessThan(400);
    // One line an item, not its points.
    expect(rows[3]?.text.length).toBeLessThan(10_000);
    const back = replay({ snapshot: null, entries: rows });
    expect(back.document).toEqual(now(store));
    expect(back.document.layers[layer.id]?.items).toHaveLength(400);
    expect(back.future.map((one) => one.label)).toEqual(['Clear']);
  });

  it('by name do not fit another document, and say so', () => {
    const layer = { ...newPaintLayer('Paint 1'), items: [stroke('one')] };
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    const replayed = (text: string): unknown => replay({ snapshot: null, entries: [...rows, { seq: 2, text }] });
    const change = (items: unknown): string => JSON.stringify({ kind: 'do', mark: 'x', diff: { layers: { [layer.id]: { type: 'changed', fields: {}, items } } } });
    for (const text of [
      change([{ at: 0, removed: ['two'], added: [] }]), change([{ at: 0, removed: ['one', 'two'], added: [] }]), change([{ at: 1, removed: ['one'], added: [] }]), change([{ at: 9, removed: [], added: [] }]),
      change([{ at: 0, removed: [7], added: [] }]), '{"kind":"redo","mark":""}', '{"kind":"do","mark":""}', '{"kind":"set","mark":""}',
      JSON.stringify({ kind: 'do', mark: 'x', diff: { layers: { nobody: { type: 'removed' } } } }),
    ]) expect(replayed(text)).toMatchObject({ dropped: 1, document: now(store) });
    expect(replayed('{"kind":"undo","mark":""}')).toMatchObject({ dropped: 0, problem: null, document: { order: [] } });
  });
});

describe('the store', () => {
  it('joins a drag of a slider into one step, which undo takes back whole', async () => {
    const layer = newPaintLayer('Paint 1');
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    for (const value of [0.9, 0.5, 0.2]) store.apply(setOpacity(layer.id, value), { mark: 'Opacity', merge: 'opacity' });
    expect(store.steps().past).toEqual(['Add', 'Opacity']);
    expect(rows.map((row) => (JSON.parse(row.text) as JournalEntry).kind)).toEqual(['do', 'do', 'amend', 'amend']);
    await store.undo();
    expect(now(store).layers[layer.id]?.opacity).toBe(1);
    await store.redo();
    expect(now(store).layers[layer.id]?.opacity).toBe(0.2);
    store.apply(setOpacity(layer.id, 0.3), { mark: 'Opacity', merge: 'opacity' });
    store.settle();
    store.apply(setOpacity(layer.id, 0.4), { mark: 'Opacity', merge: 'opacity' });
    expect(store.steps().past).toEqual(['Add', 'Opacity', 'Opacity', 'Opacity']);
  });

  it('forgets a drag that comes back to where it began', () => {
    const layer = newPaintLayer('Paint 1');
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    const drag = (value: number): unknown => store.apply(setOpacity(layer.id, value), { mark: 'Opacity', merge: 'opacity' });
    drag(0.5);
    drag(1);
    expect(store.steps().past).toEqual(['Add']);
    drag(0.7);
    expect(store.steps().past).toEqual(['Add', 'Opacity']);
    expect(replay({ snapshot: null, entries: rows }).past.map((one) => one.label)).toEqual(['Add', 'Opacity']);
  });

  it('says why it refuses, and changes nothing then', () => {
    const layer = newPaintLayer('Paint 1');
    const { store, rows } = journalled();
    store.apply(addLayer(layer), { mark: 'Add' });
    store.apply(setLocked(layer.id, true), { mark: 'Lock' });
    const before = now(store);
    expect(store.apply(addItem(layer.id, stroke('a')), { mark: 'Stroke' })).toEqual({ ok: false, refusal: { code: 'LOCKED', message: 'Paint 1 is locked', layerId: layer.id } });
    expect(store.apply(removeLayer('nobody'), { mark: 'Delete' })).toMatchObject({ ok: false, refusal: { code: 'NOT_FOUND' } });
    expect(store.apply(removeLayer('__proto__'), { mark: 'Delete' })).toMatchObject({ ok: false, refusal: { code: 'NOT_FOUND' } });
    expect(now(store)).toBe(before);
    expect(rows).toHaveLength(2);
  });

  it('keeps selecting out of undo, and lets nothing else be', async () => {
    const [one, two] = [newPaintLayer('Paint 1'), newControlLayer({ name: 'Edges', control: 'canny' })];
    const store = createCanvasStore();
    store.apply(addLayer(one), { mark: 'Add' });
    store.apply(addLayer(two), { mark: 'Add' });
    store.apply(select(one.id));
    store.apply(setControl(two.id, { map: hash(3) }));
    expect(store.steps().past).toEqual(['Add', 'Add']);
    expect(() => store.apply(setOpacity(one.id, 0.5))).toThrow('needs a mark');
    await store.undo();
    expect(now(store).selected).toBe(one.id);
    await store.redo();
    expect(now(store).selected).toBe(two.id);
  });

  it('starts a new future with a new change', async () => {
    const store = createCanvasStore();
    store.apply(addLayer(newMaskLayer('Mask 1')), { mark: 'A' });
    store.apply(addLayer(newMaskLayer('Mask 2')), { mark: 'B' });
    await store.undo();
    expect(store.getState()).toMatchObject({ canRedo: true, redoLabel: 'B', undoLabel: 'A' });
    store.apply(addLayer(newPictureLayer({ name: 'Picture', hash: hash(1), rect: { x: 0, y: 0, width: 8, height: 8 } })), { mark: 'C' });
    expect(store.getState()).toMatchObject({ canRedo: false, undoLabel: 'C' });
    expect(await store.redo()).toBe(false);
  });
});
