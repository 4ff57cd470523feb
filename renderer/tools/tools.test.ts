import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isFrame } from '../document/frameGeometry.ts';
import { newMaskLayer } from '../document/make.ts';
import { addLayer } from '../document/ops/layers.ts';
import { Hand } from './hand.testing.ts';
import { toolIds } from './tool.ts';
import type { Modifiers } from './tool.ts';
import { made, picture } from './making.testing.ts';

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
