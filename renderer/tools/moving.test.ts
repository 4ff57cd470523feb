import { describe, expect, it } from 'vitest';
import { layerBounds } from '../document/bounds.ts';
import type { Op } from '../document/outcome.ts';
import { addLayer } from '../document/ops/layers.ts';
import { rotateLayer } from '../document/ops/transform.ts';
import { Hand } from './hand.testing.ts';
import { frameHit, layerHandles, layerHit } from './handles.ts';
import { made, picture, selected } from './making.testing.ts';

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
