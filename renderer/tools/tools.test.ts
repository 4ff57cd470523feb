import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { contentBounds, layerBounds } from '../document/bounds.ts';
import { isFrame } from '../document/frameGeometry.ts';
import { emptyDocument, newMaskLayer, newPaintLayer, newPictureLayer } from '../document/make.ts';
import { sequence } from '../document/outcome.ts';
import type { Op } from '../document/outcome.ts';
import { addLayer, setLocked, setVisible } from '../document/ops/layers.ts';
import { rotateLayer, scaleLayer } from '../document/ops/transform.ts';
import type { CanvasDocument, Item, Layer } from '../document/records.ts';
import { nextSize } from './brush.ts';
import { Hand } from './hand.testing.ts';
import { frameHit, layerHandles, layerHit } from './handles.ts';
import { toolIds } from './tool.ts';
import type { Modifiers } from './tool.ts';

function made(...ops: readonly Op[]): CanvasDocument {
  const outcome = sequence(...ops)(emptyDocument());
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
}

const hash = 'a'.repeat(64);
const picture = (width = 100, height = 100) => newPictureLayer({ name: 'Picture', hash, rect: { x: 0, y: 0, width, height } });
const selected = (hand: Hand): Layer => {
  const layer = hand.document.layers[hand.document.selected ?? ''];
  if (layer === undefined) throw new Error('nothing is selected');
  return layer;
};
const lastItem = (hand: Hand): Item | undefined => selected(hand).items.at(-1);
const turn = (): Promise<void> => new Promise((resolve) => { setTimeout(resolve, 0); });

describe('any tool', () => {
  const coordinate = fc.integer({ min: -200, max: 700 });
  const event = fc.record({
    type: fc.constantFrom('down', 'move', 'move', 'move', 'up', 'click', 'enter', 'backspace', 'space', 'released', 'pan'),
    x: coordinate, y: coordinate, shift: fc.boolean(), alt: fc.boolean(), ctrl: fc.boolean(), pen: fc.boolean(), pressure: fc.double({ min: 0, max: 1, noNaN: true }),
  });

  type Sent = Modifiers & { readonly type: string; readonly x: number; readonly y: number; readonly pen: boolean; readonly pressure: number };
  function send(hand: Hand, one: Sent): void {
    const pointer = hand.at(one.x, one.y, one);
    if (one.type === 'down') hand.toolbox.down(pointer);
    else if (one.type === 'pan') hand.toolbox.down(pointer, true);
    else if (one.type === 'move') hand.toolbox.move(pointer);
    else if (one.type === 'up') hand.toolbox.up(pointer);
    else if (one.type === 'click') hand.click(one.x, one.y, one);
    else if (one.type === 'enter') hand.toolbox.key('Enter');
    else if (one.type === 'backspace') hand.toolbox.key('Backspace');
    else if (one.type === 'space') hand.toolbox.hold('hand');
    else hand.toolbox.release('hand');
  }

  it('cancelled at any event leaves the document as it was when the gesture began, and shows nothing', () => {
    fc.assert(fc.property(fc.constantFrom(...toolIds), fc.array(event, { maxLength: 12, size: 'max' }), fc.constantFrom('paint' as const, 'mask' as const), (tool, events, target) => {
      const hand = new Hand(made(addLayer(picture(400, 300)), addLayer(newMaskLayer('Mask 1'))));
      hand.options = { ...hand.options, target };
      hand.toolbox.select(tool);
      let idle = hand.document;
      for (const one of events) {
        if (!hand.toolbox.busy) idle = hand.document;
        send(hand, one);
        // Every change of the document ends a gesture; none happens in one.
        if (hand.toolbox.busy && one.type !== 'click') expect(hand.document).toBe(idle);
        if (!hand.toolbox.busy) idle = hand.document;
      }
      const before = hand.document;
      const busy = hand.toolbox.busy;
      const consumed = hand.toolbox.cancel();
      if (busy) expect(consumed).toBe(true);
      expect(hand.document).toBe(before);
      expect(hand.toolbox.busy).toBe(false);
      if (consumed) expect(hand.preview).toBeNull();
      expect(hand.toolbox.cancel()).toBe(false);
      hand.toolbox.up(hand.at(5, 5));
      expect(hand.document).toBe(before);
    }), { numRuns: 400 });
  });

  it('makes at most one step of undo a gesture, and a frame on its grid', async () => {
    await fc.assert(fc.asyncProperty(fc.constantFrom(...toolIds), fc.array(event, { maxLength: 12, size: 'max' }), async (tool, events) => {
      const hand = new Hand(made(addLayer(picture(400, 300))));
      hand.toolbox.select(tool);
      let count = 0;
      for (const one of events) {
        send(hand, one);
        expect(hand.steps.length - count).toBeLessThanOrEqual(1);
        count = hand.steps.length;
        expect(isFrame(hand.document.frame)).toBe(true);
      }
      const start = made(addLayer(picture(400, 300)));
      while (await hand.store.undo());
      expect(Object.keys(hand.document.layers)).toHaveLength(Object.keys(start.layers).length);
    }), { numRuns: 150 });
  });
});

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

describe('move and transform', () => {
  const withPicture = (tool: 'move' | 'transform', ...ops: readonly ((id: string) => Op)[]): Hand => {
    const layer = picture();
    const hand = new Hand(made(addLayer(layer), ...ops.map((op) => op(layer.id))));
    hand.toolbox.select(tool);
    return hand;
  };

  it('moves by whole pixels, Shift along one axis, and shows it before', () => {
    const hand = withPicture('move');
    hand.drag([[10, 10], [30.4, 15.7]]);
    expect(selected(hand).transform).toEqual([1, 0, 0, 1, 20, 6]);
    expect(hand.previews.at(-2)).toMatchObject({ type: 'transform', transform: [1, 0, 0, 1, 20, 6] });
    hand.drag([[10, 10], [30, 15]], { shift: true });
    expect(selected(hand).transform).toEqual([1, 0, 0, 1, 40, 6]);
    hand.click(5, 5);
    expect(hand.steps).toEqual(['Move', 'Move']);
    const nothing = new Hand();
    nothing.toolbox.select('move');
    nothing.drag([[0, 0], [9, 9]]);
    expect(nothing.refusals).toMatchObject([{ code: 'NOTHING' }]);
  });

  it('scales by its handles: the opposite side stays, Alt the middle, Shift the ratio', () => {
    const scaled = (to: readonly [number, number], rest = {}): unknown => {
      const hand = withPicture('transform');
      hand.drag([[100, 100], to], rest);
      return layerBounds(selected(hand));
    };
    expect(scaled([200, 150])).toEqual({ x: 0, y: 0, width: 200, height: 150 });
    expect(scaled([200, 150], { shift: true })).toEqual({ x: 0, y: 0, width: 200, height: 200 });
    expect(scaled([125, 150], { alt: true })).toEqual({ x: -25, y: -50, width: 150, height: 200 });
    const flat = withPicture('transform');
    flat.drag([[100, 50], [0, 50]]);
    expect(layerBounds(selected(flat))?.width).toBeCloseTo(1);
  });

  it('keeps the opposite corner of a turned layer', () => {
    const hand = withPicture('transform', (id) => rotateLayer(id, 30));
    const before = layerHandles(selected(hand));
    const corner = (name: string, handles = before): { x: number; y: number } => handles.find((one) => one.handle === name)?.point ?? { x: NaN, y: NaN };
    const from = corner('se');
    hand.drag([[from.x, from.y], [from.x + 40, from.y + 13]]);
    const after = layerHandles(selected(hand));
    expect(corner('nw', after).x).toBeCloseTo(corner('nw').x, 6);
    expect(corner('nw', after).y).toBeCloseTo(corner('nw').y, 6);
    expect(corner('se', after).x).toBeCloseTo(from.x + 40, 6);
    expect(corner('se', after).y).toBeCloseTo(from.y + 13, 6);
  });

  it('turns outside a corner, Shift by 15°', () => {
    const hand = withPicture('transform');
    expect(layerHit(selected(hand), { x: 115, y: 115 }, 1)).toBe('turn');
    expect(layerHit(selected(hand), { x: 50, y: 50 }, 1)).toBe('move');
    expect(layerHit(selected(hand), { x: 300, y: 50 }, 1)).toBeUndefined();
    // From 45° below the middle to straight left of it.
    hand.drag([[115, 115], [50, 150], [-60, 52]], { shift: true });
    const [a, b, c, d] = selected(hand).transform;
    const expected = [Math.cos, Math.sin, (t: number) => -Math.sin(t), Math.cos].map((f) => f((135 * Math.PI) / 180));
    for (const [i, value] of [a, b, c, d].entries()) expect(value).toBeCloseTo(expected[i] ?? NaN, 9);
    expect(hand.steps).toEqual(['Rotate']);
  });
});

describe('the frame tool', () => {
  it('takes handles, edges and the inside; elsewhere a new frame is drawn', () => {
    const frame = { x: 0, y: 0, width: 512, height: 512 };
    expect([frameHit(frame, { x: 514, y: 509 }, 1), frameHit(frame, { x: 100, y: 3 }, 1), frameHit(frame, { x: 100, y: 100 }, 1), frameHit(frame, { x: 600, y: 0 }, 1)]).toEqual(['se', 'n', 'move', undefined]);
    // The same on the screen, whatever the zoom.
    expect([frameHit(frame, { x: 514, y: 509 }, 20), frameHit(frame, { x: 560, y: 512 }, 0.2)]).toEqual([undefined, 'se']);
    const hand = new Hand();
    hand.toolbox.select('frame');
    hand.drag([[512, 512], [700, 540]]);
    expect(hand.document.frame).toEqual({ x: 0, y: 0, width: 704, height: 512 });
    hand.drag([[100, 100], [150, 190]]);
    expect(hand.document.frame).toEqual({ x: 64, y: 64, width: 704, height: 512 });
    hand.drag([[100, 100], [133, 100]], { ctrl: true });
    expect(hand.document.frame).toEqual({ x: 96, y: 64, width: 704, height: 512 });
    hand.drag([[2_000, 2_000], [1_700, 2_130]]);
    expect(hand.document.frame).toEqual({ x: 1_664, y: 1_984, width: 320, height: 128 });
    hand.click(0, 0);
    expect(hand.steps).toEqual(['Frame', 'Move frame', 'Move frame', 'Frame']);
  });

  it('resizes about the centre with Alt and keeps the ratio with Shift', () => {
    const hand = new Hand();
    hand.toolbox.select('frame');
    hand.drag([[512, 512], [576, 512]], { alt: true });
    expect(hand.document.frame).toEqual({ x: -64, y: 0, width: 640, height: 512 });
    const square = new Hand();
    square.toolbox.select('frame');
    square.drag([[512, 512], [768, 520]], { shift: true });
    expect(square.document.frame).toEqual({ x: 0, y: 0, width: 768, height: 768 });
  });
});

describe('hand, zoom, picker, and what is held', () => {
  it('moves the view and brings it back when cancelled', () => {
    const hand = new Hand();
    hand.toolbox.select('hand');
    hand.toolbox.down(hand.at(0, 0));
    hand.toolbox.move({ ...hand.at(0, 0), screen: hand.at(30, 20).screen });
    expect(hand.view).toEqual({ zoom: 1, x: 30, y: 20 });
    hand.toolbox.cancel();
    expect(hand.view).toEqual({ zoom: 1, x: 0, y: 0 });
    hand.toolbox.select('zoom');
    hand.click(100, 100);
    expect(hand.view.zoom).toBe(1.5);
    hand.click(100, 100, { alt: true });
    expect(hand.view.zoom).toBe(1);
    hand.drag([[0, 0], [100, 100]]);
    expect(hand.view.zoom).toBeCloseTo(7.84);
    expect(hand.steps).toEqual([]);
  });

  it('picks a colour, or says that there is none', () => {
    const hand = new Hand();
    hand.toolbox.select('picker');
    hand.click(1, 1);
    hand.colour = { r: 9, g: 9, b: 9, a: 1 };
    hand.click(1, 1, { shift: true });
    expect(hand.options).toMatchObject({ colour: { r: 1 }, background: { r: 9 } });
    hand.colour = null;
    hand.click(1, 1);
    expect(hand.refusals).toMatchObject([{ code: 'NOTHING' }]);
  });

  it('borrows the hand and the picker for a moment, not in mid-gesture', () => {
    const hand = new Hand();
    hand.toolbox.hold('hand');
    expect(hand.toolbox.effective).toBe('hand');
    hand.drag([[0, 0], [50, 50]]);
    hand.toolbox.release('hand');
    expect(hand.view).not.toEqual({ zoom: 1, x: 0, y: 0 });
    expect(hand.steps).toEqual([]);
    hand.toolbox.down(hand.at(0, 0));
    hand.toolbox.hold('picker');
    expect(hand.toolbox.effective).toBe('brush');
    hand.toolbox.move(hand.at(20, 20));
    hand.toolbox.up(hand.at(20, 20));
    expect(hand.steps).toEqual(['Paint mask']);
    hand.click(3, 3);
    expect(hand.options.colour).toEqual({ r: 1, g: 2, b: 3, a: 1 });
    hand.toolbox.release('picker');
    hand.toolbox.select('frame');
    hand.toolbox.hold('picker');
    expect(hand.toolbox.effective).toBe('frame');
    const before = hand.view;
    hand.toolbox.down(hand.at(0, 0), true);
    hand.toolbox.move({ ...hand.at(0, 0), screen: hand.at(9, 9).screen });
    hand.toolbox.up(hand.at(9, 9));
    expect(hand.view).not.toEqual(before);
    expect(hand.steps).toEqual(['Paint mask']);
  });
});
