import { describe, expect, it } from 'vitest';
import { newMaskLayer, newPaintLayer } from './make.ts';
import { addItem } from './ops/items.ts';
import { addLayer, setOpacity } from './ops/layers.ts';
import type { Item } from './records.ts';
import { SpillError } from './spill.ts';
import type { SpillStore } from './spill.ts';
import { createCanvasStore } from './store.ts';
import type { CanvasStore } from './store.ts';

/** A store in memory that can be made slow, broken or forgetful. */
function memorySpill(): SpillStore & { readonly texts: Map<string, string>; failing: boolean; gate: Promise<void> } {
  const texts = new Map<string, string>();
  return {
    texts, failing: false, gate: Promise.resolve(),
    async append(text) {
      await this.gate;
      if (this.failing) throw new Error('disk full');
      const key = String(texts.size);
      texts.set(key, text);
      return key;
    },
    async read(key) {
      await this.gate;
      if (this.failing) throw new Error('disk gone');
      return texts.get(key) ?? '';
    },
  };
}

const layer = newPaintLayer('Paint 1');
const stroke = (n: number): Item => ({
  type: 'stroke', id: `s${n}`, blend: 'add', colour: { r: n % 256, g: 0, b: 0, a: 1 }, size: 10, hardness: 1, opacity: 1, points: Array.from({ length: 300 }, (_, i) => i + n),
});
const settled = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 5); });
const items = (store: CanvasStore): number => store.getState().document.layers[layer.id]?.items.length ?? -1;

async function painted(spill: SpillStore, strokes: number, onProblem: (error: unknown) => void = () => undefined): Promise<CanvasStore> {
  const store = createCanvasStore({ spill, spillBytes: 20_000, onProblem });
  store.apply(addLayer(layer), { mark: 'Add' });
  for (let i = 0; i < strokes; i++) store.apply(addItem(layer.id, stroke(i)), { mark: `Stroke ${i}` });
  await settled();
  return store;
}

describe('undo past the limit of memory', () => {
  it('spills the oldest and brings all of it back', async () => {
    const spill = memorySpill();
    const store = await painted(spill, 100);
    expect(spill.texts.size).toBeGreaterThan(80);
    const end = store.getState().document;
    let steps = 0;
    while (await store.undo()) steps++;
    expect(steps).toBe(101);
    expect(store.getState().document.order).toEqual([]);
    await settled();
    while (await store.redo()) steps--;
    expect(steps).toBe(0);
    expect(store.getState().document).toEqual(end);
  });

  it('keeps the next step in memory either way: the first undo is at once', async () => {
    const store = await painted(memorySpill(), 50);
    void store.undo();
    expect(items(store)).toBe(49);
    void store.redo();
    expect(items(store)).toBe(50);
  });

  it('takes steps that were asked for in a row one after the other', async () => {
    const store = await painted(memorySpill(), 40);
    expect(await Promise.all(Array.from({ length: 41 }, () => store.undo()))).toEqual(Array.from({ length: 41 }, () => true));
    expect(await store.undo()).toBe(false);
    expect(store.getState().document.order).toEqual([]);
  });

  it('lets a change win over an undo that is still being read', async () => {
    const spill = memorySpill();
    const store = await painted(spill, 40);
    for (let i = 0; i < 10; i++) await store.undo();
    await settled();
    let open = (): void => undefined;
    spill.gate = new Promise((resolve) => { open = resolve; });
    // Back until one has to be read.
    let waiting: Promise<boolean> | undefined;
    while (!store.getState().reading) waiting = store.undo();
    const before = items(store);
    store.apply(addItem(layer.id, stroke(999)), { mark: 'Stroke' });
    open();
    expect(await waiting).toBe(false);
    expect(items(store)).toBe(before + 1);
    expect(store.getState()).toMatchObject({ canRedo: false, reading: false });
  });

  it('keeps everything in memory while the store fails, and says so', async () => {
    const spill = memorySpill();
    spill.failing = true;
    const problems: unknown[] = [];
    const store = await painted(spill, 60, (error) => problems.push(error));
    expect(problems.length).toBeGreaterThan(0);
    while (await store.undo());
    expect(store.getState().document.order).toEqual([]);
  });

  it('can try again when reading fails, and stops at what is damaged', async () => {
    const spill = memorySpill();
    const store = await painted(spill, 60);
    for (let i = 0; i < 59; i++) {
      try {
        if (spill.failing) await store.undo();
        else if (items(store) > 20) await store.undo();
      } catch { /* below */ }
    }
    spill.failing = true;
    const at = items(store);
    await expect(store.undo()).rejects.toThrow(SpillError);
    expect(items(store)).toBe(at);
    expect(store.getState().canUndo).toBe(true);
    spill.failing = false;
    expect(await store.undo()).toBe(true);
    for (const key of spill.texts.keys()) spill.texts.set(key, '{"layers":');
    await expect((async () => { while (await store.undo()); })()).rejects.toThrow('damaged');
    expect(store.getState()).toMatchObject({ canUndo: false, canRedo: true });
    const left = items(store);
    store.apply(addLayer(newMaskLayer('Mask 1')), { mark: 'Add' });
    expect(await store.undo()).toBe(true);
    expect(items(store)).toBe(left);
  });

  it('joins a drag to a step while others are being spilled', async () => {
    const spill = memorySpill();
    let open = (): void => undefined;
    const store = await painted(spill, 30);
    spill.gate = new Promise((resolve) => { open = resolve; });
    for (let i = 0; i < 20; i++) {
      store.apply(setOpacity(layer.id, 0.99 - i / 100), { mark: 'Opacity', merge: 'opacity' });
      store.apply(addItem(layer.id, stroke(1_000 + i)), { mark: 'Stroke', merge: 'same' });
      store.apply(addItem(layer.id, stroke(2_000 + i)), { mark: 'Stroke', merge: 'same' });
    }
    open();
    await settled();
    const end = store.getState().document;
    while (await store.undo());
    expect(store.getState().document.order).toEqual([]);
    await settled();
    while (await store.redo());
    expect(store.getState().document).toEqual(end);
  });
});
