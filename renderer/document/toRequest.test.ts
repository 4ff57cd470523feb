import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canvasSubmitSchema } from '../../preload/contract/canvas.ts';
import { act, anyActions, hash, inhabited } from './anyOp.testing.ts';
import { documentBounds } from './bounds.ts';
import { cutToKept, estimateCoverage, isCovered, keptRect } from './coverage.ts';
import { emptyDocument, newControlLayer, newMaskLayer, newPaintLayer, newPictureLayer, newReferenceLayer } from './make.ts';
import { sequence } from './outcome.ts';
import type { Op } from './outcome.ts';
import { fitFrameToLayers, setFrame } from './ops/frame.ts';
import { setControl, setReference } from './ops/guides.ts';
import { addItem, setFeather, setGrow } from './ops/items.ts';
import { addLayer, setOpacity, setVisible } from './ops/layers.ts';
import type { ModelAbilities, Obstacle, Plan, PlanInput } from './plan.ts';
import type { CanvasDocument, Item, Rect } from './records.ts';
import { createCanvasStore } from './store.ts';
import { toCanvasRequest, toSubmit } from './submit.ts';
import { planRun } from './toRequest.ts';

const all = ['inpaint', 'outpaint', 'canny', 'depth', 'subject', 'style', 'remove'];
const model = (tasks: readonly string[] = all, contextImages = 1): ModelAbilities => ({ name: 'Toybox', contextImages, tasks: tasks.map((name) => ({ name, experimental: false })) });

function made(...ops: readonly Op[]): CanvasDocument {
  const outcome = sequence(...ops)(emptyDocument());
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
}

const box = (rect: Rect, blend: 'add' | 'subtract' = 'add'): Item => ({ type: 'rectangle', id: 'box', blend, colour: { r: 255, g: 255, b: 255, a: 1 }, rect });
const picture = (rect: Rect = { x: 0, y: 0, width: 512, height: 512 }) => newPictureLayer({ name: 'Picture', hash: hash(1), rect });
const mask = (name = 'Mask 1', rect: Rect = { x: 100, y: 100, width: 50, height: 50 }) => newMaskLayer(name, [box(rect)]);
const edges = () => newControlLayer({ name: 'Edges', control: 'canny', map: hash(9), size: { width: 512, height: 512 } });

function plan(document: CanvasDocument, rest: Partial<PlanInput> = {}): Plan {
  const answer = planRun({ document, mode: 'create', prompt: 'a red cube', model: model(), ...rest });
  if (!answer.ok) throw new Error(answer.message);
  return answer;
}

function obstacle(document: CanvasDocument, rest: Partial<PlanInput> = {}): Obstacle {
  const answer = planRun({ document, mode: 'create', prompt: 'a red cube', model: model(), ...rest });
  if (answer.ok) throw new Error(`planned ${answer.kind}`);
  return answer;
}

describe('what a run will do', () => {
  it('draws where nothing is, and over what is there without a mask', () => {
    expect(plan(emptyDocument())).toMatchObject({ kind: 'textToImage', scope: 'Whole frame', raster: null, mask: null, usesStrength: false });
    expect(plan(made(addLayer(picture())))).toMatchObject({ kind: 'textToImage', scope: 'Whole frame', raster: null });
  });

  it('repaints inside masks: words fill them, an instruction edits them', () => {
    const document = made(addLayer(picture()), addLayer(mask()));
    expect(plan(document)).toMatchObject({ kind: 'inpaint', scope: 'Inside Mask 1', raster: { sources: [hash(1)] }, mask: { feather: null, grow: 0 }, usesStrength: true });
    expect(plan(document, { mode: 'edit' })).toMatchObject({ kind: 'edit', scope: 'Inside Mask 1' });
    const two = made(addLayer(picture()), addLayer(mask()), addLayer(mask('Mask 2')));
    expect(plan(two)).toMatchObject({ scope: 'Inside 2 masks' });
    expect(plan(two).mask?.layers).toHaveLength(2);
  });

  it('leaves out masks that are hidden, empty, erased, or outside the frame, and says the last', () => {
    const far = mask('Far', { x: 4_000, y: 0, width: 10, height: 10 });
    const hidden = mask('Hidden');
    const erased = mask('Erased');
    const document = made(addLayer(picture()), addLayer(far), addLayer(hidden), setVisible(hidden.id, false), addLayer(newMaskLayer('Empty')), addLayer(erased));
    expect(plan(document, { mode: 'edit', emptyMasks: new Set([erased.id]) })).toMatchObject({ kind: 'edit', scope: 'Whole frame', mask: null, notes: ['Outside the frame: Far'] });
  });

  it('edits the whole frame, and keeps the size of a picture that is no multiple of 32', () => {
    const document = made(addLayer(picture({ x: 0, y: 0, width: 1001, height: 667 })), fitFrameToLayers());
    expect(plan(document, { mode: 'edit' })).toMatchObject({
      kind: 'edit', scope: 'Whole frame', frame: { x: 0, y: 0, width: 1024, height: 672 }, keep: { x: 0, y: 0, width: 1001, height: 667 }, task: null,
    });
    expect(keptRect(document)).toEqual({ x: 0, y: 0, width: 1001, height: 667 });
    const veiled = made(addLayer(picture({ x: 0, y: 0, width: 1001, height: 667 })), fitFrameToLayers(), addLayer(mask()));
    expect(plan(veiled)).toMatchObject({ kind: 'inpaint', scope: 'Inside Mask 1', keep: { width: 1001, height: 667 } });
  });

  it('cuts a result to what belongs to the canvas', () => {
    const keep = { x: 10, y: 20, width: 1001, height: 667 };
    expect(cutToKept({ hash: hash(3), rect: { x: 10, y: 20, width: 1024, height: 672 } }, keep)).toEqual({ hash: hash(3), rect: keep, part: { x: 0, y: 0, width: 1001, height: 667 } });
    expect(cutToKept({ hash: hash(3), rect: { x: 900, y: 600, width: 124, height: 92 } }, keep)).toEqual({ hash: hash(3), rect: { x: 900, y: 600, width: 111, height: 87 }, part: { x: 0, y: 0, width: 111, height: 87 } });
    const inside = { hash: hash(3), rect: { x: 100, y: 100, width: 9, height: 9 } };
    expect(cutToKept(inside, keep)).toBe(inside);
    const layer = newPictureLayer({ name: 'Result', ...cutToKept({ hash: hash(3), rect: { x: 10, y: 20, width: 1024, height: 672 } }, keep) });
    expect(documentBounds(made(addLayer(layer)))).toEqual(keep);
  });

  it('continues a picture beyond which the frame reaches', () => {
    const base = addLayer(picture({ x: 0, y: 0, width: 1_000, height: 640 }));
    const document = made(base, setFrame({ x: 0, y: -64, width: 1_376, height: 704 }));
    expect(plan(document)).toMatchObject({ kind: 'outpaint', scope: 'Extend right 38 % and up 10 %', keep: { x: 0, y: -64, width: 1_376, height: 704 } });
    expect(plan(document, { mode: 'edit' })).toMatchObject({ kind: 'outpaint' });
    expect(plan(document, { prompt: ' ' })).toMatchObject({ kind: 'outpaint', prompt: '' });
    expect(plan(made(base, setFrame({ x: -64, y: -64, width: 1_152, height: 768 })))).toMatchObject({ scope: 'Extend right 9 %, left 6 %, up 10 % and down 10 %' });
    const inside = made(base, setFrame({ x: 0, y: -64, width: 1_376, height: 704 }), addLayer(mask()));
    expect(plan(inside)).toMatchObject({ kind: 'outpaint', scope: 'Inside Mask 1, extend right 38 % and up 10 %' });
  });

  it('fills gaps that the pixels show', () => {
    const document = made(addLayer(picture()));
    expect(plan(document, { coverage: { solid: false, bounds: { x: 0, y: 0, width: 512, height: 512 } } })).toMatchObject({ kind: 'outpaint', scope: 'Fill the gaps' });
    const erased = { ...picture(), items: [...picture().items, box({ x: 10, y: 10, width: 5, height: 5 }, 'subtract')] };
    expect(plan(made(addLayer(erased)))).toMatchObject({ kind: 'outpaint', scope: 'Fill the gaps' });
  });

  it('follows a map; its own bytes are sent where they fit, else it is drawn', () => {
    const control = edges();
    expect(plan(made(addLayer(control)))).toMatchObject({ kind: 'control', scope: 'Whole frame, along edges', control: { control: 'canny', hash: hash(9), strength: 1, start: 0, end: 1 } });
    expect(plan(made(addLayer(control), addItem(control.id, box({ x: 0, y: 0, width: 9, height: 9 })))).control).toMatchObject({ hash: null, layerId: control.id });
    expect(plan(made(addLayer(control), setFrame({ x: 0, y: 0, width: 256, height: 512 }))).control).toMatchObject({ hash: null });
    expect(plan(made(addLayer(control), setOpacity(control.id, 0.5))).control).toMatchObject({ hash: null });
    expect(plan(made(addLayer(control), setControl(control.id, { control: 'raw' })), { model: model(['depth']) }).control).toMatchObject({ control: 'depth' });
    expect(obstacle(made(addLayer(control), setControl(control.id, { map: null })))).toMatchObject({ code: 'PENDING', message: 'Edges is being prepared' });
  });

  it('takes references, alone by their role', () => {
    const subject = newReferenceLayer({ name: 'Cylinder', role: 'subject', hash: hash(5) });
    const document = made(addLayer(subject), setReference(subject.id, { strength: 0.5 }));
    const planned = plan(document);
    expect(planned).toMatchObject({ kind: 'textToImage', referenceTask: 'subject', references: [{ hash: hash(5), strength: 0.5 }] });
    expect(toCanvasRequest(planned, {}, { steps: 4, seed: 1, txtCfg: 3, imgCfg: 2, strength: 1 })).toMatchObject({ imgCfg: 1, references: [hash(5)], referenceTask: 'subject' });
  });

  it('asks about what the frame shows', () => {
    expect(plan(made(addLayer(picture())), { mode: 'ask', prompt: 'What is it?' })).toMatchObject({ kind: 'understand', scope: 'About the frame', raster: { sources: [hash(1)] } });
    expect(obstacle(emptyDocument(), { mode: 'ask' })).toMatchObject({ code: 'EMPTY' });
    expect(obstacle(made(addLayer(picture())), { mode: 'ask', prompt: '' })).toMatchObject({ code: 'PROMPT' });
  });

  it('joins feather and grow of several masks', () => {
    const [one, two] = [mask(), mask('Mask 2')];
    const both = [addLayer(picture()), addLayer(one), addLayer(two)] as const;
    expect(plan(made(...both, setGrow(one.id, 4), setGrow(two.id, 4), setFeather(one.id, 10), setFeather(two.id, 20))).mask).toMatchObject({ grow: 4, feather: 20, layers: [{ grow: 0 }, { grow: 0 }] });
    expect(plan(made(...both, setGrow(one.id, 4), setGrow(two.id, -3), setFeather(one.id, 10))).mask).toMatchObject({ grow: 0, feather: null, layers: [{ grow: 4 }, { grow: -3 }] });
  });
});

describe('what stands in the way, and the nearest thing that works', () => {
  const reference = (name: string, role: 'subject' | 'style' = 'subject') => newReferenceLayer({ name, role, hash: hash(6) });

  it.each([
    ['no model', emptyDocument(), { model: null }, 'MODEL', 'No model is ready yet'],
    ['no words', emptyDocument(), { prompt: ' ' }, 'PROMPT', 'Describe the picture first'],
    ['nothing to edit', emptyDocument(), { mode: 'edit' as const }, 'EMPTY', 'There is no picture inside the frame to edit'],
    ['a mask and edges', made(addLayer(picture()), addLayer(mask()), addLayer(edges())), {}, 'COMBINATION', 'A mask and edges cannot be combined: a map is for the whole frame'],
    ['an edit and edges', made(addLayer(picture()), addLayer(edges())), { mode: 'edit' as const }, 'COMBINATION', 'An edit cannot follow edges as well: a map is for drawing anew'],
    ['two maps', made(addLayer(edges()), addLayer(edges())), {}, 'COMBINATION', 'One map at a time: 2 are shown'],
    ['an untrained fill', made(addLayer(picture()), addLayer(mask())), { model: model(['remove']) }, 'UNSUPPORTED', 'Toybox was not trained to fill a mask from words'],
    ['an untrained preset', made(addLayer(picture())), { mode: 'edit' as const, task: 'deblur' }, 'UNSUPPORTED', 'Toybox was not trained to deblur'],
    ['an untrained extension', made(addLayer(picture({ x: 0, y: 0, width: 256, height: 256 }))), { model: model([]) }, 'UNSUPPORTED', 'Toybox was not trained to continue a picture'],
    ['a picture and a reference', made(addLayer(picture()), addLayer(reference('Cylinder'))), { mode: 'edit' as const }, 'COMBINATION', 'Toybox looks at one picture; the picture and 1 reference make 2'],
    ['a subject and a style', made(addLayer(reference('Cylinder')), addLayer(reference('Ink', 'style'))), {}, 'COMBINATION', 'A subject and a style cannot be taken at once without a picture'],
  ])('says so for %s', (_name, document, rest, code, message) => {
    expect(obstacle(document, rest)).toMatchObject({ ok: false, code, message });
  });

  it('offers changes that each lead to a plan', () => {
    const [control, veil, cylinder] = [edges(), mask(), reference('Cylinder')];
    const cases: readonly [CanvasDocument, Partial<PlanInput>][] = [
      [made(addLayer(picture()), addLayer(veil), addLayer(control)), {}],
      [made(addLayer(picture()), addLayer(control)), { mode: 'edit' }],
      [made(addLayer(control), addLayer(edges())), {}],
      [made(addLayer(picture()), addLayer(veil)), { model: model([]) }],
      [made(addLayer(picture({ x: 0, y: 0, width: 256, height: 256 }))), { model: model([]) }],
      [made(addLayer(picture())), { mode: 'edit', task: 'deblur' }],
      [made(addLayer(picture()), addLayer(cylinder), addLayer(reference('Sphere'))), { mode: 'edit' }],
      [made(addLayer(cylinder), addLayer(reference('Sphere'))), {}],
      [made(addLayer(cylinder), addLayer(reference('Ink', 'style'))), {}],
      [made(addLayer(cylinder)), { model: model([]) }],
      [emptyDocument(), { mode: 'edit' }],
    ];
    for (const [document, rest] of cases) {
      const found = obstacle(document, rest);
      expect(found.remedies.length).toBeGreaterThan(0);
      for (const remedy of found.remedies) {
        let next: Partial<PlanInput> = { ...rest };
        let after = document;
        if (remedy.type === 'hide') after = changed(document, ...remedy.layerIds.map((id) => setVisible(id, false)));
        else if (remedy.type === 'frame') after = changed(document, setFrame(remedy.frame));
        else if (remedy.type === 'mode') next = { ...next, mode: remedy.mode };
        else if (remedy.type === 'experimental') next = { ...next, experimental: true };
        else next = Object.fromEntries(Object.entries(next).filter(([key]) => key !== 'task'));
        expect({ remedy: remedy.title, ok: planRun({ document: after, mode: 'create', prompt: 'a red cube', model: model(), ...next }).ok }).toEqual({ remedy: remedy.title, ok: true });
      }
    }
  });

  it('allows more pictures when the person insists, and marks it', () => {
    const document = made(addLayer(picture()), addLayer(reference('Cylinder')));
    expect(plan(document, { mode: 'edit', experimental: true })).toMatchObject({ experimental: true, references: [{ name: 'Cylinder' }] });
    expect(plan(document, { mode: 'edit', model: model(all, 2) })).toMatchObject({ experimental: false });
  });
});

function changed(document: CanvasDocument, ...ops: readonly Op[]): CanvasDocument {
  const outcome = sequence(...ops)(document);
  if (!outcome.ok) throw new Error(outcome.refusal.message);
  return outcome.document;
}

function withoutGuides(document: CanvasDocument): CanvasDocument {
  const guides = Object.values(document.layers).filter((layer) => layer.visible && (layer.kind === 'control' || layer.kind === 'reference'));
  return changed(document, ...guides.map((layer) => setVisible(layer.id, false)));
}

describe('the request', () => {
  const sampling = { steps: 4, seed: 7, txtCfg: 3, imgCfg: 1.5, strength: 0.6 };
  const project = crypto.randomUUID();

  it('is what the contract takes, whatever is on the canvas', async () => {
    await fc.assert(fc.asyncProperty(anyActions, fc.constantFrom('create' as const, 'edit' as const), fc.boolean(), fc.boolean(), async (actions, mode, experimental, guided) => {
      const store = createCanvasStore({ document: inhabited });
      for (const action of actions) await act(store, action);
      const { document } = store.getState();
      const answer = planRun({ document: guided ? document : withoutGuides(document), mode, prompt: 'a cube', model: model(all, 2), experimental });
      if (!answer.ok) {
        expect(answer.message).not.toBe('');
        return;
      }
      const request = toCanvasRequest(answer, { raster: hash(1), mask: hash(2), map: hash(3) }, sampling, { blend: 10, fill: 'edge' });
      const parsed = canvasSubmitSchema.safeParse(toSubmit(project, answer, request));
      expect(parsed.error?.issues ?? []).toEqual([]);
      expect(request.kind).toBe(answer.kind);
    }), { numRuns: 150 });
  });

  it('carries the masks, their edges and the strength', () => {
    const veil = mask();
    const document = made(addLayer(picture()), addLayer(veil), setGrow(veil.id, 8), setFeather(veil.id, 24));
    const request = toCanvasRequest(plan(document), { raster: hash(1), mask: hash(2) }, sampling, { blend: 5, colourMatch: false });
    expect(request).toEqual({
      kind: 'inpaint', prompt: 'a red cube', steps: 4, seed: 7, txtCfg: 3, imgCfg: 1.5, raster: hash(1), mask: hash(2), strength: 0.6, grow: 8, feather: 24, blend: 5, colourMatch: false,
    });
    expect(() => toCanvasRequest(plan(document), { raster: hash(1) }, sampling)).toThrow('mask was not drawn');
  });
});

describe('coverage', () => {
  it('agrees with counting pixels', () => {
    const side = fc.integer({ min: 0, max: 12 });
    const rects = fc.array(fc.record({ x: side, y: side, width: side, height: side }), { maxLength: 8 });
    fc.assert(fc.property(rects, (boxes) => {
      const whole = { x: 2, y: 2, width: 8, height: 8 };
      let missing = 0;
      for (let y = 2; y < 10; y++) for (let x = 2; x < 10; x++) if (!boxes.some((one) => x >= one.x && x < one.x + one.width && y >= one.y && y < one.y + one.height)) missing++;
      expect(isCovered(whole, boxes)).toBe(missing === 0);
    }), { numRuns: 500 });
  });

  it('promises nothing for what may be seen through', () => {
    const paint = { ...newPaintLayer('Paint'), items: [{ ...box({ x: 0, y: 0, width: 512, height: 512 }), colour: { r: 0, g: 0, b: 0, a: 0.5 } } as Item] };
    expect(estimateCoverage(made(addLayer(paint)))).toMatchObject({ solid: false });
    const pale = picture();
    expect(estimateCoverage(made(addLayer(pale), setOpacity(pale.id, 0.9)))).toMatchObject({ solid: false });
    expect(estimateCoverage(made(addLayer(picture())))).toEqual({ solid: true, bounds: { x: 0, y: 0, width: 512, height: 512 } });
  });
});
