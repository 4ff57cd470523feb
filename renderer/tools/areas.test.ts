import { describe, expect, it } from 'vitest';
import { contentBounds, layerBounds } from '../document/bounds.ts';
import { newMaskLayer } from '../document/make.ts';
import type { Op } from '../document/outcome.ts';
import { addLayer } from '../document/ops/layers.ts';
import { rotateLayer } from '../document/ops/transform.ts';
import { Hand } from './hand.testing.ts';
import { hash, lastItem, made, picture, selected, turn } from './making.testing.ts';

describe('lasso', () => {
  const withLasso = (): Hand => {
    const hand = new Hand(made(addLayer(newMaskLayer('Mask 1'))));
    hand.toolbox.select('lasso');
    return hand;
  };

  it('closes a free outline on release; Ctrl subtracts', () => {
    const hand = withLasso();
    hand.drag([[0, 0], [50, 0], [50, 50], [0, 50]]);
    expect(lastItem(hand)).toMatchObject({ type: 'polygon', blend: 'add', points: [0, 0, 50, 0, 50, 50, 0, 50] });
    hand.drag([[0, 0], [50, 0], [50, 50]], { ctrl: true });
    expect(lastItem(hand)).toMatchObject({ type: 'polygon', blend: 'subtract' });
    expect(hand.steps).toEqual(['Lasso', 'Lasso, subtract']);
  });

  it.each([
    ['on its first corner', (hand: Hand) => hand.click(3, 3)], ['by a double click', (hand: Hand) => hand.click(50, 50)], ['by Enter', (hand: Hand) => { hand.toolbox.key('Enter'); }],
  ])('sets corners by clicks and closes %s', (_how, close) => {
    const hand = withLasso();
    hand.click(0, 0);
    hand.click(50, 0);
    hand.click(99, 99);
    hand.toolbox.key('Backspace');
    hand.click(50, 50);
    expect(hand.toolbox.busy).toBe(true);
    expect(hand.steps).toEqual([]);
    close(hand);
    expect(hand.toolbox.busy).toBe(false);
    expect(lastItem(hand)).toMatchObject({ points: [0, 0, 50, 0, 50, 50] });
  });

  it('is cancelled by Esc, and by taking back its only corner', () => {
    const hand = withLasso();
    hand.click(0, 0);
    hand.click(50, 0);
    expect(hand.toolbox.cancel()).toBe(true);
    expect(hand.preview).toBeNull();
    hand.click(9, 9);
    hand.toolbox.key('Backspace');
    expect(hand.toolbox.busy).toBe(false);
    expect(hand.steps).toEqual([]);
  });
});

describe('shapes', () => {
  const withShape = (shape: 'rectangle' | 'ellipse', ...ops: readonly Op[]): Hand => {
    const hand = new Hand(made(...ops));
    hand.options = { ...hand.options, shape, target: 'paint' };
    hand.toolbox.select('shapes');
    return hand;
  };

  it('span a box on whole pixels: Shift square, Alt about the start', () => {
    const hand = withShape('rectangle');
    hand.drag([[10.4, 10.4], [30, 20]]);
    expect(lastItem(hand)).toMatchObject({ type: 'rectangle', rect: { x: 10, y: 10, width: 20, height: 10 } });
    hand.drag([[50, 50], [70, 60]], { shift: true });
    expect(lastItem(hand)).toMatchObject({ rect: { x: 50, y: 50, width: 20, height: 20 } });
    hand.drag([[50, 50], [40, 45]], { alt: true });
    expect(lastItem(hand)).toMatchObject({ rect: { x: 40, y: 45, width: 20, height: 10 } });
    hand.click(5, 5);
    expect(hand.steps).toHaveLength(3);
  });

  it('lie upright on a layer that is turned', () => {
    const layer = picture();
    for (const shape of ['rectangle', 'ellipse'] as const) {
      const hand = withShape(shape, addLayer(layer), rotateLayer(layer.id, 30));
      hand.drag([[200, 200], [300, 260]]);
      const item = lastItem(hand);
      expect(item?.type).toBe('polygon');
      const bounds = layerBounds({ ...selected(hand), items: item === undefined ? [] : [item] }) ?? { x: 0, y: 0, width: 0, height: 0 };
      expect(item?.type === 'polygon' && item.points.length).toBe(shape === 'rectangle' ? 8 : 256);
      // The polygon's own box is turned too, so only its middle is sharp.
      expect(bounds.x + bounds.width / 2).toBeCloseTo(250, 0);
      expect(bounds.y + bounds.height / 2).toBeCloseTo(230, 0);
    }
  });
});

describe('fill and smart select', () => {
  const answered = { hash, rect: { x: 4, y: 5, width: 6, height: 7 } };

  it('lay down what comes back, where it belongs', async () => {
    const hand = new Hand(made(addLayer(picture())));
    hand.toolbox.select('smartSelect');
    hand.click(20, 20);
    expect(hand.preview).toMatchObject({ type: 'working', point: { x: 20, y: 20 } });
    hand.asked[0]?.answer(answered);
    await turn();
    expect(selected(hand)).toMatchObject({ kind: 'mask', items: [{ type: 'image', hash, rect: answered.rect, blend: 'add' }] });
    expect(hand.preview).toBeNull();
    hand.click(20, 20, { ctrl: true });
    hand.asked[1]?.answer(answered);
    await turn();
    expect(lastItem(hand)).toMatchObject({ blend: 'subtract' });
    expect(hand.steps).toEqual(['Smart select', 'Smart select, subtract']);
  });

  it('drop an answer that is no longer wanted, and tell of none and of failures', async () => {
    const hand = new Hand(made(addLayer(picture())));
    hand.toolbox.select('fill');
    hand.click(1, 1);
    expect(hand.toolbox.cancel()).toBe(true);
    expect(hand.asked[0]?.signal.aborted).toBe(true);
    hand.asked[0]?.answer(answered);
    hand.click(1, 1);
    hand.click(2, 2);
    expect(hand.asked[1]?.signal.aborted).toBe(true);
    hand.asked[1]?.fail(new Error('aborted'));
    hand.asked[2]?.answer(null);
    await turn();
    hand.click(3, 3);
    hand.asked[3]?.fail(new Error('no engine'));
    await turn();
    expect(hand.steps).toEqual([]);
    expect(hand.refusals.map((one) => one.message)).toEqual(['Nothing to fill there']);
    expect(hand.failures).toEqual([new Error('no engine')]);
    expect(hand.toolbox.busy).toBe(false);
  });

  it('put pixels for a turned layer on a layer of their own', async () => {
    const layer = picture();
    const hand = new Hand(made(addLayer(layer), rotateLayer(layer.id, 30)));
    hand.options = { ...hand.options, target: 'paint' };
    hand.toolbox.select('fill');
    hand.click(1, 1);
    hand.asked[0]?.answer(answered);
    await turn();
    expect(hand.document.order).toHaveLength(2);
    expect(contentBounds(selected(hand))).toEqual(answered.rect);
    expect(selected(hand).transform).toEqual([1, 0, 0, 1, 0, 0]);
  });

  it('fills the whole frame with Shift', () => {
    const hand = new Hand();
    hand.toolbox.select('fill');
    hand.click(1, 1, { shift: true });
    expect(lastItem(hand)).toMatchObject({ type: 'rectangle', rect: hand.document.frame });
    expect(hand.asked).toEqual([]);
  });
});
