import { describe, expect, it } from 'vitest';
import { layerBounds } from '../document/bounds.ts';
import { newMaskLayer, newPaintLayer } from '../document/make.ts';
import { addLayer, setLocked, setVisible } from '../document/ops/layers.ts';
import { scaleLayer } from '../document/ops/transform.ts';
import { nextSize } from './brush.ts';
import { Hand } from './hand.testing.ts';
import { lastItem, made, picture, selected } from './making.testing.ts';

describe('brush and eraser', () => {
  it('draw one stroke as one step, on a mask of their own where there is none', async () => {
    const hand = new Hand(made(addLayer(picture())));
    hand.drag([[10, 10], [20, 10], [30, 15]]);
    expect(selected(hand)).toMatchObject({ kind: 'mask', name: 'Mask 1' });
    expect(lastItem(hand)).toMatchObject({ type: 'stroke', blend: 'add', size: 50, hardness: 0.8, points: [10, 10, 1, 20, 10, 1, 30, 15, 1] });
    expect(hand.steps).toEqual(['Paint mask']);
    expect(hand.document.order.at(-1)).toBe(hand.document.selected);
    hand.drag([[40, 40], [50, 50]]);
    expect(selected(hand).items).toHaveLength(2);
    await hand.store.undo();
    await hand.store.undo();
    expect(hand.document.order).toHaveLength(1);
  });

  it('show the points that they commit, in an array that grows', () => {
    const hand = new Hand();
    hand.toolbox.down(hand.at(1, 1));
    hand.toolbox.move(hand.at(2, 1));
    const [first, second] = hand.previews.map((one) => (one?.type === 'item' && one.item.type === 'stroke' ? one.item.points : undefined));
    expect(first).toBe(second);
    hand.toolbox.move(hand.at(30, 1));
    hand.toolbox.up(hand.at(30, 1));
    expect(lastItem(hand)).toMatchObject({ points: first });
    expect(lastItem(hand)).not.toHaveProperty('points', expect.toSatisfy((points) => points === first));
    expect(hand.preview).toBeNull();
  });

  it('draw straight lines with Shift from where the last stroke ended', () => {
    const hand = new Hand();
    hand.click(10, 10);
    hand.click(100, 50, { shift: true });
    expect(lastItem(hand)).toMatchObject({ points: [10, 10, 1, 100, 50, 1] });
    hand.drag([[0, 0], [50, 50], [70, 20]], { shift: true });
    expect(lastItem(hand)).toMatchObject({ points: [100, 50, 1, 70, 20, 1] });
  });

  it('erase with Ctrl and with the eraser, which has nothing to erase on an empty canvas', () => {
    const hand = new Hand(made(addLayer(newMaskLayer('Mask 1'))));
    hand.drag([[0, 0], [9, 9]], { ctrl: true });
    expect(lastItem(hand)).toMatchObject({ blend: 'subtract' });
    hand.toolbox.select('eraser');
    hand.drag([[0, 0], [9, 9]]);
    expect(lastItem(hand)).toMatchObject({ blend: 'subtract' });
    expect(hand.steps).toEqual(['Erase', 'Erase']);
    const empty = new Hand();
    empty.toolbox.select('eraser');
    empty.drag([[0, 0], [9, 9]]);
    expect(empty.steps).toEqual([]);
    expect(empty.refusals).toEqual([{ code: 'NOTHING', message: 'There is no mask to erase' }]);
  });

  it('take a pen\'s pressure for the width, and nothing from a mouse', () => {
    const hand = new Hand();
    hand.drag([[0, 0], [50, 0]], { pen: true, pressure: 0.25 });
    expect(lastItem(hand)).toMatchObject({ points: [0, 0, 0.25, 50, 0, 0.25] });
    hand.options = { ...hand.options, pressure: false };
    hand.drag([[0, 0], [50, 0]], { pen: true, pressure: 0.25 });
    expect(lastItem(hand)).toMatchObject({ points: [0, 0, 1, 50, 0, 1] });
  });

  it('paint in the layer\'s own pixels', () => {
    const layer = newPaintLayer('Paint 1');
    const hand = new Hand(made(addLayer(layer), scaleLayer(layer.id, 2, 2, { x: 100, y: 0 })));
    hand.options = { ...hand.options, target: 'paint' };
    hand.drag([[100, 10], [120, 10]]);
    expect(lastItem(hand)).toMatchObject({ size: 25, points: [100, 5, 1, 110, 5, 1] });
    const shown = layerBounds(selected(hand));
    expect(shown).toMatchObject({ x: 100 - 25 - 2, y: 10 - 25 - 2 });
  });

  it.each([
    ['LOCKED', (id: string) => setLocked(id, true), 'Mask 1 is locked'], ['HIDDEN', (id: string) => setVisible(id, false), 'Mask 1 is hidden'],
  ])('refuse a selected layer that is %s', (code, op, message) => {
    const layer = newMaskLayer('Mask 1');
    const hand = new Hand(made(addLayer(layer), op(layer.id)));
    hand.drag([[0, 0], [9, 9]]);
    expect(hand.refusals).toMatchObject([{ code, message }]);
    expect(hand.previews).toEqual([]);
    expect(hand.steps).toEqual([]);
  });

  it('go through sizes from 1 to 500 in growing steps, the same up and down', () => {
    const up = [1];
    while ((up.at(-1) ?? 500) < 500) up.push(nextSize(up.at(-1) ?? 500, 1));
    const down = [500];
    while ((down.at(-1) ?? 1) > 1) down.push(nextSize(down.at(-1) ?? 1, -1));
    expect(down.toReversed()).toEqual(up);
    expect(up.length).toBeLessThan(45);
    expect(up).toContain(50);
    const steps = up.slice(1).map((size, i) => size - (up[i] ?? 0));
    expect(steps).toEqual(steps.toSorted((a, b) => a - b));
    expect([nextSize(500, 1), nextSize(1, -1), nextSize(52, 1), nextSize(52, -1)]).toEqual([500, 1, 60, 50]);
  });
});
