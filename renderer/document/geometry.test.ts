import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hash } from './anyOp.testing.ts';
import { contains, contentBounds, documentBounds, layerBounds, masksBounds, outwards } from './bounds.ts';
import { coarseSnap, coverFrame, frameUnit, isFrame, moveFrame, resizeFrame, toFrame as nearestFrame } from './frameGeometry.ts';
import type { FrameHandle } from './frameGeometry.ts';
import { emptyDocument, imageItem, newControlLayer, newMaskLayer, newPaintLayer, newPictureLayer } from './make.ts';
import { inverse, keepsPixels, multiply, rotation, scaling, transformPoint, translation } from './matrix.ts';
import type { Op } from './outcome.ts';
import { sequence } from './outcome.ts';
import { fitFrameToLayers, fitFrameToMasks, setFrame, setFrameSize } from './ops/frame.ts';
import { addItem, clearLayer, invertMask } from './ops/items.ts';
import { addLayer, setVisible } from './ops/layers.ts';
import { flipLayer, moveLayer, rotateLayer, scaleLayer } from './ops/transform.ts';
import type { CanvasDocument, Item, Rect } from './records.ts';
import {
  canvasPoint, fitView, fromFrame, fromLatent, framePoint, leastZoom, mostZoom, pan, screenPoint, toCanvas, toFrame, toLatent, toScreen, zoomBy, zoomStep, zoomTo,
} from './spaces.ts';

const coordinate = fc.double({ min: -5_000, max: 5_000, noNaN: true });
const point = fc.tuple(coordinate, coordinate);
const view = fc.record({ zoom: fc.double({ min: leastZoom, max: mostZoom, noNaN: true }), x: coordinate, y: coordinate });
const frame = fc.record({ x: fc.integer({ min: -4_000, max: 4_000 }), y: fc.integer({ min: -4_000, max: 4_000 }), width: fc.integer({ min: 2, max: 256 }), height: fc.integer({ min: 2, max: 256 }) })
  .map(({ x, y, width, height }) => ({ x, y, width: width * 32, height: height * 32 }));

function made(...ops: readonly Op[]): CanvasDocument {
  const outcome = sequence(...ops)(emptyDocument());
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
}

const picture = (rect: Rect, n = 1) => newPictureLayer({ name: `Picture ${n}`, hash: hash(n), rect });
const box = (rect: Rect, blend: 'add' | 'subtract' = 'add'): Item => ({ type: 'rectangle', id: 'box', blend, colour: { r: 255, g: 255, b: 255, a: 1 }, rect });

describe('spaces', () => {
  it('go there and back', () => {
    fc.assert(fc.property(view, point, frame, (v, [x, y], f) => {
      const on = canvasPoint(x, y);
      const back = toCanvas(v, toScreen(v, on));
      expect(back.x).toBeCloseTo(x, 6);
      expect(back.y).toBeCloseTo(y, 6);
      const local = fromFrame(f, fromLatent(toLatent(toFrame(f, on))));
      expect(local.x).toBeCloseTo(x, 9);
      expect(local.y).toBeCloseTo(y, 9);
    }));
    expect(toLatent(framePoint(16, 24))).toEqual({ x: 2, y: 3 });
  });

  it('zoom about a point, within bounds, and keep what lies under it', () => {
    fc.assert(fc.property(view, point, fc.double({ min: 0.001, max: 1_000, noNaN: true }), (v, [x, y], factor) => {
      const about = screenPoint(x, y);
      const next = zoomBy(v, factor, about);
      expect(next.zoom).toBeGreaterThanOrEqual(leastZoom);
      expect(next.zoom).toBeLessThanOrEqual(mostZoom);
      const [before, after] = [toCanvas(v, about), toCanvas(next, about)];
      // To a thousandth of a screen pixel.
      expect(Math.abs(after.x - before.x) * next.zoom).toBeLessThan(1e-3);
      expect(Math.abs(after.y - before.y) * next.zoom).toBeLessThan(1e-3);
      expect(zoomTo(next, v.zoom, about).x).toBeCloseTo(v.x, 3);
    }));
  });

  it('fit and show a box', () => {
    const port = { width: 1_000, height: 600 };
    fc.assert(fc.property(frame, (rect) => {
      fc.pre(rect.width < 5_000 && rect.height < 3_000);
      const fitted = fitView(rect, port);
      const corner = toScreen(fitted, canvasPoint(rect.x, rect.y));
      expect(contains({ x: 0, y: 0, ...port }, { x: corner.x, y: corner.y, width: rect.width * fitted.zoom, height: rect.height * fitted.zoom })).toBe(true);
    }));
    expect(fitView({ x: 0, y: 0, width: 100, height: 100 }, port).zoom).toBe(1);
    expect(fitView({ x: 0, y: 0, width: 100, height: 100 }, port, { enlarge: true }).zoom).toBeCloseTo(5.36);
    expect(pan({ zoom: 2, x: 1, y: 2 }, { x: 3, y: 4 })).toEqual({ zoom: 2, x: 4, y: 6 });
  });

  it('step to round zooms and stop at the ends', () => {
    const about = screenPoint(0, 0);
    let now = { zoom: 0.9, x: 0, y: 0 };
    expect((now = zoomStep(now, 1, about)).zoom).toBe(1);
    expect((now = zoomStep(now, 1, about)).zoom).toBe(1.5);
    expect((now = zoomStep(now, -1, about)).zoom).toBe(1);
    for (let i = 0; i < 30; i++) now = zoomStep(now, 1, about);
    expect(now.zoom).toBe(20);
    for (let i = 0; i < 30; i++) now = zoomStep(now, -1, about);
    expect(now.zoom).toBe(0.1);
  });
});

describe('the frame', () => {
  const handle = fc.constantFrom<FrameHandle>('n', 'ne', 'e', 'se', 's', 'sw', 'w', 'nw');
  const options = fc.record({ snap: fc.constantFrom(frameUnit, coarseSnap), keepRatio: fc.boolean(), aboutCentre: fc.boolean() });

  it('stays on its grid however it is dragged', () => {
    fc.assert(fc.property(frame, handle, point, options, (start, grip, [x, y], how) => {
      expect(isFrame(resizeFrame(start, grip, { x, y }, how))).toBe(true);
      expect(isFrame(moveFrame(start, { x, y }, how.snap))).toBe(true);
      expect(isFrame(nearestFrame({ x, y, width: Math.abs(x), height: Math.abs(y) }))).toBe(true);
      expect(isFrame(coverFrame({ x, y, width: Math.abs(x), height: Math.abs(y) }))).toBe(true);
    }), { numRuns: 400 });
  });

  it('keeps the side that is not dragged, or the centre, and snaps the one that is', () => {
    fc.assert(fc.property(frame, point, options, (start, [x, y], { snap, aboutCentre }) => {
      const next = resizeFrame(start, 'se', { x, y }, { snap, aboutCentre });
      expect(next.width % snap === 0 || next.width === 64).toBe(true);
      if (!aboutCentre) expect(next).toMatchObject({ x: start.x, y: start.y });
      else expect(Math.abs(next.x + next.width / 2 - start.x - start.width / 2)).toBeLessThanOrEqual(0.5);
      const west = resizeFrame(start, 'w', { x, y }, { snap });
      expect(west.x + west.width).toBe(start.x + start.width);
      expect(west).toMatchObject({ y: start.y, height: start.height });
    }));
  });

  it('keeps its ratio as well as the grid allows', () => {
    expect(resizeFrame({ x: 0, y: 0, width: 512, height: 256 }, 'se', { x: 256, y: 0 }, { snap: 64, keepRatio: true })).toEqual({ x: 0, y: 0, width: 768, height: 384 });
    expect(resizeFrame({ x: 0, y: 0, width: 512, height: 256 }, 'e', { x: 256, y: 0 }, { snap: 64, keepRatio: true })).toEqual({ x: 0, y: -64, width: 768, height: 384 });
    expect(resizeFrame({ x: 0, y: 0, width: 512, height: 512 }, 'n', { x: 0, y: -128 }, { snap: 64, keepRatio: true, aboutCentre: true })).toEqual({ x: -128, y: -128, width: 768, height: 768 });
  });

  it('covers a picture from its corner on', () => {
    const document = made(addLayer(picture({ x: 0, y: 0, width: 1001, height: 667 })), fitFrameToLayers());
    expect(document.frame).toEqual({ x: 0, y: 0, width: 1024, height: 672 });
    expect(made(addLayer(picture({ x: -10, y: 5, width: 256, height: 256 })), fitFrameToLayers()).frame).toEqual({ x: -10, y: 5, width: 256, height: 256 });
    expect(fitFrameToLayers()(emptyDocument())).toMatchObject({ ok: false, refusal: { code: 'NOTHING' } });
  });

  it('surrounds masks with context and stays on the picture', () => {
    const mask = newMaskLayer('Mask 1', [box({ x: 950, y: 10, width: 40, height: 40 })]);
    const base = made(addLayer(picture({ x: 0, y: 0, width: 1024, height: 1024 })), addLayer(mask));
    const outcome = fitFrameToMasks()(base);
    expect(outcome).toMatchObject({ ok: true, document: { frame: { x: 768, y: 0, width: 256, height: 256 } } });
    fc.assert(fc.property(fc.record({ x: fc.integer({ min: -100, max: 1_000 }), y: fc.integer({ min: -100, max: 1_000 }), width: fc.integer({ min: 1, max: 900 }), height: fc.integer({ min: 1, max: 900 }) }), (rect) => {
      const fitted = made(addLayer(picture({ x: 0, y: 0, width: 1001, height: 667 })), addLayer(newMaskLayer('Mask 1', [box(rect)])), setFrame({ x: 5_000, y: 0, width: 64, height: 64 }), fitFrameToMasks());
      expect(isFrame(fitted.frame)).toBe(true);
      expect(contains(fitted.frame, rect)).toBe(true);
    }));
  });

  it('refuses what the model cannot draw, and sizes about its centre', () => {
    for (const bad of [{ x: 0, y: 0, width: 500, height: 512 }, { x: 0.5, y: 0, width: 512, height: 512 }, { x: 0, y: 0, width: 32, height: 64 }, { x: NaN, y: 0, width: 64, height: 64 }, { x: 0, y: 0, width: Infinity, height: 64 }]) {
      expect(setFrame(bad)(emptyDocument())).toMatchObject({ ok: false, refusal: { code: 'INVALID' } });
    }
    expect(setFrameSize(300, NaN)(emptyDocument())).toMatchObject({ ok: false });
    expect(made(setFrameSize(1_000, 256)).frame).toEqual({ x: -240, y: 128, width: 992, height: 256 });
  });
});

describe('transforms', () => {
  it('reverse', () => {
    fc.assert(fc.property(point, fc.double({ min: -360, max: 360, noNaN: true }), fc.constantFrom(0.25, 2, -1), point, ([x, y], degrees, scale, [px, py]) => {
      const matrix = multiply(translation(x, y), multiply(rotation(degrees, { x, y }), scaling(scale, 1 / scale, { x: 3, y: 4 })));
      const back = inverse(matrix);
      const there = transformPoint(matrix, { x: px, y: py });
      const again = back === undefined ? { x: NaN, y: NaN } : transformPoint(back, there);
      expect(again.x).toBeCloseTo(px, 5);
      expect(again.y).toBeCloseTo(py, 5);
    }));
    expect(inverse(scaling(0, 1))).toBeUndefined();
  });

  it('turn and mirror a picture without leaving the pixel grid, four turns and two mirrors being none', () => {
    fc.assert(fc.property(fc.integer({ min: -50, max: 50 }), fc.integer({ min: 1, max: 99 }), fc.integer({ min: 1, max: 99 }), fc.constantFrom(90, -90, 180), (x, width, height, degrees) => {
      const layer = picture({ x, y: 7, width, height });
      const turned = made(addLayer(layer), rotateLayer(layer.id, degrees));
      const matrix = turned.layers[layer.id]?.transform ?? layer.transform;
      expect(keepsPixels(matrix)).toBe(true);
      const whole = made(addLayer(layer), ...Array.from({ length: 4 }, () => rotateLayer(layer.id, degrees)), flipLayer(layer.id, 'vertical'), flipLayer(layer.id, 'vertical'));
      expect(whole.layers[layer.id]?.transform).toEqual([1, 0, 0, 1, 0, 0]);
    }));
  });

  it('refuse to flatten a layer or to throw it out of reach', () => {
    const layer = picture({ x: 0, y: 0, width: 10, height: 10 });
    const document = made(addLayer(layer));
    for (const op of [scaleLayer(layer.id, 0, 1), moveLayer(layer.id, Infinity, 0), moveLayer(layer.id, NaN, 0), scaleLayer(layer.id, 1e9, 1e9)]) {
      expect(op(document)).toMatchObject({ ok: false, refusal: { code: 'INVALID' } });
    }
  });
});

describe('bounds', () => {
  it('hold what a layer shows, through its transform', () => {
    const layer = picture({ x: 0, y: 0, width: 100, height: 50 });
    expect(documentBounds(made(addLayer(layer), rotateLayer(layer.id, 90)))).toEqual({ x: 25, y: -25, width: 50, height: 100 });
    expect(documentBounds(made(addLayer(layer), setVisible(layer.id, false)))).toBeNull();
    const mask = newMaskLayer('Mask 1');
    const painted = made(addLayer(mask), addItem(mask.id, box({ x: 10, y: 10, width: 5, height: 5 })), addItem(mask.id, box({ x: 90, y: 90, width: 5, height: 5 }, 'subtract')));
    expect(masksBounds(painted)).toEqual({ x: 10, y: 10, width: 5, height: 5 });
    const inverted = made(addLayer(mask), addItem(mask.id, box({ x: 10, y: 10, width: 5, height: 5 })), clearLayer(mask.id), invertMask(mask.id, { x: 0, y: 0, width: 64, height: 64 }));
    expect(masksBounds(inverted)).toEqual({ x: 0, y: 0, width: 64, height: 64 });
    expect(contentBounds(newPaintLayer('Paint 1'))).toBeNull();
    expect(layerBounds(newControlLayer({ name: 'Edges', control: 'canny', size: { width: 64, height: 32 }, transform: translation(5, 6) }))).toEqual({ x: 5, y: 6, width: 64, height: 32 });
  });

  it('hold every point of every item, a stroke with its width', () => {
    fc.assert(fc.property(fc.array(fc.tuple(coordinate, coordinate), { minLength: 1, maxLength: 5 }), fc.double({ min: 1, max: 500, noNaN: true }), (points, size) => {
      const layer = { ...newPaintLayer('Paint 1'), items: [{ type: 'stroke' as const, id: 's', blend: 'add' as const, colour: { r: 0, g: 0, b: 0, a: 1 }, size, hardness: 1, opacity: 1, points: points.flatMap(([x, y]) => [x, y, 1]) }] };
      const bounds = contentBounds(layer) ?? { x: 0, y: 0, width: 0, height: 0 };
      for (const [x, y] of points) expect(contains(bounds, { x: x - size / 2, y: y - size / 2, width: size, height: size })).toBe(true);
    }));
  });

  it('go outwards to whole pixels, not for a rounding error', () => {
    expect(outwards({ x: 0.2, y: -0.2, width: 1, height: 1 })).toEqual({ x: 0, y: -1, width: 2, height: 2 });
    expect(outwards({ x: -1e-12, y: 0, width: 10 + 2e-12, height: 10 })).toEqual({ x: 0, y: 0, width: 10, height: 10 });
    expect(documentBounds(made(addLayer({ ...picture({ x: 0, y: 0, width: 0.5, height: 1 }), items: [imageItem(hash(2), { x: 0.3, y: 0, width: 1, height: 1 })] })))).toEqual({ x: 0, y: 0, width: 2, height: 1 });
  });
});
