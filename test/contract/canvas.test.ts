/** Repaints through the contract, on real services, with a puppet that hands back the picture it was given. */
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import type { CanvasRequest } from '../../preload/contract/canvas.ts';
import { area, box, frame, maskOf, runFrame, scene, submitFrame } from '../helpers/canvasScene.ts';
import { failure, openWholeStudio, type WholeStudio } from '../helpers/wholeStudio.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

let whole: WholeStudio;
let projectId: string;
beforeAll(async () => {
  whole = await openWholeStudio();
  projectId = (await whole.client.projects.list())[0]?.id ?? '';
});
afterAll(() => whole.close());

const submit = (request: CanvasRequest, more?: object) => submitFrame(whole, projectId, request, more);
const run = (request: CanvasRequest, more?: object) => runFrame(whole, projectId, request, more);

describe('a repaint', () => {
  it('waits on the canvas with everything that it was made of, and recalls it all', async () => {
    const raster = await whole.upload(scene());
    const mask = await whole.upload(box);
    const layer = await whole.client.gallery.import({ files: [{ hash: await whole.upload(scene((x) => (x === 0 ? 254 : 255))), name: 'layer.png' }] });
    const { staged, generation, job } = await run({ kind: 'inpaint', prompt: 'a red cube', raster, mask, feather: 8, blend: 6, strength: 0.5, steps: 3, seed: 5, txtCfg: 4 }, { sources: [layer[0]!.hash] });
    expect(staged).toMatchObject({
      projectId, jobId: job.id, generationId: generation.id, state: 'waiting', frame, raster, mask, blend: 6, colourMatch: true, prompt: 'a red cube', seed: 5, kept: false,
      facts: { changedOutside: 0 },
    });
    // 12 px around the selection: 4 and the feather.
    expect(staged.patch?.rect).toEqual({ x: frame.x + 28, y: frame.y + 38, width: 84, height: 64 });
    const { request } = generation;
    if (request?.kind !== 'inpaint') throw new Error('not a repaint');
    expect(request).toMatchObject({ task: 'inpaint', image: raster, strength: 0.5, steps: 3, seed: 5, txtCfg: 4, colourMatch: true, crop: { left: 0, top: 0, width: 256, height: 256 } });
    expect((await whole.client.gallery.recall({ id: generation.id })).request).toEqual(request);
    expect(generation).toMatchObject({ task: 'inpaint', width: frame.width, height: frame.height, projectId });
    expect(generation.parents.map(({ role, hash }) => [role, hash])).toEqual([['source', raster], ['mask', request.denoiseMask], ['mask', request.compositeMask]]);
    // The lineage leads through the frame to the picture that lay in it.
    const { nodes } = await whole.client.lineage.get({ id: generation.id });
    expect(nodes.map(({ id }) => id)).toContain(layer[0]!.id);
    // The same request, run again, is the same picture, and waits nowhere.
    const [again] = await whole.client.jobs.submit({ requests: [request] });
    const id = (await whole.ended(again?.id ?? '')).generationIds[0] ?? '';
    expect((await whole.client.gallery.get({ id })).width).toBe(frame.width);
    expect(Buffer.from((await whole.pixels((await whole.client.gallery.get({ id })).hash, 3)).data).equals(Buffer.from((await whole.pixels(staged.result, 3)).data))).toBe(true);
  });

  it('keeps every byte outside, and its patch over the picture is the result', async () => {
    const before = scene();
    const { staged } = await run({ kind: 'inpaint', prompt: '', raster: await whole.upload(before), mask: await whole.upload(box), colourMatch: true });
    const result = await whole.pixels(staged.result, 3);
    const patch = await whole.pixels(staged.patch!.hash, 4);
    const { rect } = staged.patch!;
    let differing = 0;
    for (let i = 0; i < area; i++) {
      const x = (i % frame.width) - (rect.x - frame.x);
      const y = Math.floor(i / frame.width) - (rect.y - frame.y);
      const inside = x >= 0 && y >= 0 && x < rect.width && y < rect.height && patch.data[(y * rect.width + x) * 4 + 3] === 255;
      for (let c = 0; c < 3; c++) {
        const shown = inside ? patch.data[(y * rect.width + x) * 4 + c] : before.data[i * 4 + c];
        if (shown !== result.data[i * 3 + c]) differing++;
      }
    }
    expect(differing).toBe(0);
    expect(staged.facts.keptPixels).toBeGreaterThan(area / 2);
  });

  it('is composited anew without the engine, and taken into the gallery only as it was accepted', async () => {
    const { staged, generation } = await run({ kind: 'inpaint', prompt: 'a cube', raster: await whole.upload(scene()), mask: await whole.upload(box), feather: 20, blend: 24, seed: 9 });
    const jobs = (await whole.client.jobs.list({})).length;
    const sharp = await whole.client.canvas.recomposite({ id: staged.id, blend: 0, colourMatch: false });
    expect(sharp).toMatchObject({ id: staged.id, raw: staged.raw, blend: 0, colourMatch: false, generationId: generation.id, facts: { changedOutside: 0 } });
    expect((await whole.client.canvas.recomposite({ id: staged.id, blend: 24, colourMatch: true })).result).toBe(staged.result);
    const changed = await whole.client.canvas.recomposite({ id: staged.id, blend: 0, colourMatch: false });
    expect(changed.result).toBe(sharp.result);
    expect((await whole.client.jobs.list({})).length).toBe(jobs);
    const [accepted] = await whole.client.canvas.settle({ ids: [staged.id], state: 'accepted' });
    expect(accepted).toMatchObject({ state: 'accepted', result: sharp.result });
    const row = await whole.client.gallery.get({ id: accepted?.generationId ?? '' });
    expect(row).toMatchObject({ hash: sharp.result, seed: 9, request: { kind: 'inpaint', colourMatch: false } });
    expect(row.id).not.toBe(generation.id);
    // Its own parameters stand in the file, and give these bytes again.
    expect((await whole.client.assets.parameters({ hash: row.hash })).request).toEqual(row.request);
    const [again] = await whole.client.jobs.submit({ requests: [row.request!] });
    const made = await whole.client.gallery.get({ id: (await whole.ended(again?.id ?? '')).generationIds[0] ?? '' });
    expect(made.hash).toBe(row.hash);
  });

  it('of unknown pixels alone keeps every known byte', async () => {
    const before = scene((x, y) => (x < 40 || y > 250 ? 0 : 255));
    for (const fill of ['edge', 'blur', 'neutral', 'telea'] as const) {
      const { staged, generation } = await run({ kind: 'outpaint', prompt: '', raster: await whole.upload(before), fill });
      expect(staged).toMatchObject({ blend: 0, mask: null, facts: { changedOutside: 0, keptPixels: (frame.width - 40) * 251 } });
      expect(generation).toMatchObject({ task: 'outpaint', request: { kind: 'inpaint', task: 'outpaint' } });
      const result = await whole.pixels(staged.result, 3);
      let changed = 0;
      for (let i = 0; i < area; i++) {
        if (before.data[i * 4 + 3] === 0) continue;
        for (let c = 0; c < 3; c++) if (before.data[i * 4 + c] !== result.data[i * 3 + c]) changed++;
      }
      expect(changed).toBe(0);
      expect(generation.parents[0]).toMatchObject({ role: 'source' });
    }
  });

  it('that cannot be is refused before anything is queued', async () => {
    const raster = await whole.upload(scene());
    const empty = await whole.upload(maskOf(() => false));
    const small = await whole.upload({ width: 32, height: 32, data: new Uint8Array(1024).fill(255) });
    const jobs = (await whole.client.jobs.list({})).length;
    const base = { kind: 'inpaint', prompt: 'x', raster, mask: empty } as const;
    expect(await failure(submit(base))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failure(submit({ kind: 'outpaint', prompt: 'x', raster }))).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await failure(submit({ ...base, mask: small }))).toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'mask', received: [32, 32] } });
    expect(await failure(submit({ ...base, raster: small }))).toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'raster' } });
    expect(await failure(submit({ ...base, mask: '0'.repeat(64) }))).toMatchObject({ code: 'ASSET_MISSING' });
    expect(await failure(submit({ kind: 'control', control: 'canny', prompt: 'x', map: small }))).toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'map' } });
    for (const bad of [{ strength: 0.04 }, { strength: -1 }, { strength: 1.01 }, { strength: NaN }, { strength: '0.5' }, { blend: 26 }, { feather: -1 }, { grow: Infinity }, { fill: 'magic' }, { steps: 0 }]) {
      expect(await failure(submit({ ...base, ...bad } as never))).toMatchObject({ code: 'IPC_INVALID' });
    }
    for (const bad of [{ x: 0.5 }, { width: 33 }, { width: 0 }, { height: 9000 }, { y: 2_000_000 }]) {
      expect(await failure(whole.client.canvas.submit({ projectId, frame: { ...frame, ...bad }, request: base }))).toMatchObject({ code: 'IPC_INVALID' });
    }
    expect(await failure(whole.client.canvas.submit({ projectId: randomUUID(), frame, request: base }))).toMatchObject({ code: 'NOT_FOUND' });
    expect((await whole.client.jobs.list({})).length).toBe(jobs);
  });
});

describe('what waits', () => {
  it('is told, survives a restart, and stays in the gallery when it is discarded', async () => {
    const own = await whole.client.projects.create({ name: 'Waiting' });
    const raster = await whole.upload(scene());
    const jobs = await whole.client.canvas.submit({ projectId: own.id, frame, request: { kind: 'edit', prompt: 'make it blue', raster, seed: 40 }, count: 3 });
    expect(jobs.map(({ request }) => 'seed' in request && request.seed)).toEqual([40, 41, 42]);
    for (const { id } of jobs) await whole.ended(id);
    const keep = { keep: true } as const;
    await whole.close(keep);
    whole = await openWholeStudio({ dir: whole.dir });
    const { staged } = await whole.client.canvas.open({ projectId: own.id });
    expect(staged.map(({ seed, state, patch, blend }) => [seed, state, patch, blend])).toEqual([[40, 'waiting', null, null], [41, 'waiting', null, null], [42, 'waiting', null, null]]);
    expect(await failure(whole.client.canvas.recomposite({ id: staged[0]!.id, blend: 3 }))).toMatchObject({ code: 'REQUEST_INVALID' });
    const kept = await whole.client.canvas.keep({ id: staged[1]!.id });
    const told: unknown[] = [];
    const stream = await whole.client.events.watch({});
    await stream.next();
    const settled = await whole.client.canvas.settle({ ids: staged.map(({ id }) => id), state: 'discarded' });
    for (let i = 0; i < 3; i++) told.push((await stream.next()).value);
    await stream.return?.(undefined);
    expect(told).toMatchObject(staged.map(({ id }) => ({ type: 'staged', change: 'changed', projectId: own.id, ids: [id] })));
    expect(settled.map(({ state }) => state)).toEqual(['discarded', 'discarded', 'discarded']);
    const trashed = await Promise.all(settled.map(async ({ generationId }) => (await whole.client.gallery.get({ id: generationId ?? '' })).trashedAt !== null));
    expect(trashed).toEqual([false, false, false]);
    expect(kept.trashedAt).toBeNull();
    expect(await whole.client.canvas.staged({ projectId: own.id })).toEqual([]);
    expect(await failure(whole.client.canvas.keep({ id: randomUUID() }))).toMatchObject({ code: 'NOT_FOUND' });
  });

  it('comes of a retried job, too', async () => {
    const raster = await whole.upload(scene());
    const mask = await whole.upload(box);
    const [job] = await submit({ kind: 'edit', prompt: 'out of memory', raster, mask });
    expect(await whole.ended(job?.id ?? '')).toMatchObject({ state: 'failed', canvas: { raster, mask } });
    await whole.client.jobs.clear({});
    const [slow] = await submit({ kind: 'edit', prompt: 'slow', raster, mask, steps: 50 });
    await whole.client.jobs.cancel({ jobIds: [slow?.id ?? ''] });
    expect((await whole.ended(slow?.id ?? '')).state).toBe('cancelled');
    const again = await whole.client.jobs.duplicate({ jobId: slow?.id ?? '' });
    expect(again.canvas).toEqual(slow?.canvas);
    await whole.client.jobs.cancel({ jobIds: [again.id] });
    await whole.ended(again.id);
  });
});
