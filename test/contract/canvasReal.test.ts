/** Masked edits by the built-in model, on the path that the window takes: contract, queue, engine process, compositing. Few steps: what is kept does not depend on them. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import sharp from 'sharp';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { openWholeStudio, toybox, type Pixels, type WholeStudio } from '../helpers/wholeStudio.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

let whole: WholeStudio;
let projectId: string;
beforeAll(async () => {
  whole = await openWholeStudio({ real: true });
  await whole.client.system.changeSettings({ previewEvery: 0 });
  projectId = (await whole.client.projects.list())[0]?.id ?? '';
});
afterAll(() => whole.close());

const sceneFile = join(toybox, 'evaluation/000.png');

async function scene(width: number, height: number): Promise<Pixels> {
  const { data } = await sharp(readFileSync(sceneFile)).removeAlpha().resize(width, height, { fit: 'fill', kernel: 'cubic' }).raw().toBuffer({ resolveWithObject: true });
  return { width, height, data: new Uint8Array(data) };
}

const sum = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');

async function finished(jobId: string) {
  const job = await whole.ended(jobId);
  expect(job.failure).toBeNull();
  return whole.client.gallery.get({ id: job.generationIds[0] ?? '' });
}

describe('the built-in model', () => {
  it('leaves what ten successive masked edits keep hash-identical, and no seam that shows', { timeout: 300_000 }, async () => {
    const size = 128;
    const frame = { x: 0, y: 0, width: size, height: size };
    const start = await scene(size, size);
    const touched = new Uint8Array(size * size);
    const kept = (pixels: Pixels): string => sum(pixels.data.filter((_, i) => touched[Math.floor(i / 3)] === 0));
    let raster = await whole.upload(start);
    const seams: number[] = [];
    for (let edit = 0; edit < 10; edit++) {
      const [left, top] = [16 + (edit % 5) * 12, 20 + Math.floor(edit / 5) * 28];
      const data = Uint8Array.from({ length: size * size }, (_, i) => (i % size >= left && i % size < left + 20 && i >= top * size && i < (top + 18) * size ? 255 : 0));
      const mask = await whole.upload({ width: size, height: size, data });
      const kind = edit % 2 === 0 ? 'inpaint' : 'edit';
      const [job] = await whole.client.canvas.submit({ projectId, frame, request: { kind, prompt: 'a red cube', raster, mask, steps: 2, seed: edit } });
      const row = await finished(job?.id ?? '');
      const staged = (await whole.client.canvas.staged({ projectId })).find(({ generationId }) => generationId === row.id)!;
      expect(staged.facts.changedOutside).toBe(0);
      seams.push(staged.facts.seamDeltaE ?? Infinity);
      if (row.request?.kind !== 'inpaint') throw new Error('not a repaint');
      const composite = await whole.pixels(row.request.compositeMask ?? '', 1);
      composite.data.forEach((v, i) => { if (v > 0) touched[i] = 1; });
      const result = await whole.pixels(staged.result, 3);
      expect(kept(result)).toBe(kept(start));
      expect(sum(result.data)).not.toBe(sum((await whole.pixels(raster, 3)).data));
      raster = staged.result;
    }
    expect(touched.filter((v) => v === 0).length).toBeGreaterThan(size * size * 0.2);
    seams.sort((a, b) => a - b);
    if (process.env['FIGURES']) console.info('seams', seams);
    expect((seams[4]! + seams[5]!) / 2).toBeLessThanOrEqual(3);
  });

  it('draws what is larger than it knows at its own size, tells so before, and the row remembers', { timeout: 120_000 }, async () => {
    const request = { kind: 'textToImage' as const, prompt: 'a red cube', width: 512, height: 320, steps: 2, seed: 1 };
    const { warnings } = await whole.client.jobs.estimate({ request });
    expect(warnings.filter(({ kind }) => kind === 'size').map(({ message }) => message)).toEqual(['Drawn at 160×96, about what Toybox knows, and scaled to 512×320.']);
    const [job] = await whole.client.jobs.submit({ requests: [request] });
    const row = await finished(job?.id ?? '');
    expect(row).toMatchObject({ width: 512, height: 320, request: { width: 512, height: 320, work: { width: 160, height: 96 } } });
    // The same again from the row alone.
    const [again] = await whole.client.jobs.submit({ requests: [row.request!] });
    expect((await finished(again?.id ?? '')).hash).toBe(row.hash);
  });

  it('gives a picture of 1001×667 back at its size, shifted by less than a pixel', { timeout: 300_000 }, async () => {
    // At full size: what is scaled from a few pixels can lie anywhere within one of them.
    await whole.client.system.changeSettings({ atFullSize: true });
    const before = await scene(1001, 667);
    const image = await whole.upload(before);
    const [job] = await whole.client.jobs.submit({ requests: [{ kind: 'edit', prompt: 'keep it', image, sizing: 'exact', strength: 0.05, steps: 1, seed: 1 }] });
    const row = await finished(job?.id ?? '');
    expect([row.width, row.height]).toEqual([1001, 667]);
    // The measure itself: a picture that lies two pixels to the right and one up is found there.
    const moved = { ...before, data: before.data.map((v, i) => before.data[i + 1001 * 3 - 6] ?? v) };
    const known = shiftBetween(before, moved);
    expect([Math.round(known.x), Math.round(known.y)]).toEqual([2, -1]);
    const { x, y } = shiftBetween(before, await whole.pixels(row.hash, 3));
    if (process.env['FIGURES']) console.info('shift', x, y);
    expect(Math.hypot(x, y)).toBeLessThan(1);
  });

  it('goes on beyond the edge of a picture and leaves the picture as it was', { timeout: 300_000 }, async () => {
    const known = await scene(96, 96);
    const width = 128;
    const height = 128;
    const data = new Uint8Array(width * height * 4);
    for (let y = 0; y < 96; y++) for (let x = 0; x < 96; x++) data.set([...known.data.subarray((y * 96 + x) * 3, (y * 96 + x) * 3 + 3), 255], ((y + 32) * width + x) * 4);
    const raster = await whole.upload({ width, height, data });
    const [job] = await whole.client.canvas.submit({ projectId, frame: { x: 0, y: -32, width, height }, request: { kind: 'outpaint', prompt: 'a red cube', raster, steps: 2, seed: 3 } });
    const row = await finished(job?.id ?? '');
    expect(row.task).toBe('outpaint');
    const result = await whole.pixels(row.hash, 3);
    for (let y = 0; y < 96; y++) expect(sum(result.data.subarray((y + 32) * width * 3, (y + 32) * width * 3 + 96 * 3))).toBe(sum(known.data.subarray(y * 96 * 3, (y + 1) * 96 * 3)));
    const staged = (await whole.client.canvas.staged({ projectId })).find(({ generationId }) => generationId === row.id)!;
    expect(staged.facts).toMatchObject({ changedOutside: 0, keptPixels: 96 * 96 });
    expect(staged.facts.seamDeltaE).toBeTypeOf('number');
  });
});

/** How far the second picture lies from the first, in pixels: the best match of their edges, between pixels by a parabola. */
function shiftBetween(a: Pixels, b: Pixels): { x: number; y: number } {
  const [first, second] = [edges(a), edges(b)];
  const match = (dx: number, dy: number): number => {
    let total = 0;
    for (let y = 8; y < a.height - 8; y += 2) for (let x = 8; x < a.width - 8; x += 2) total += first[y * a.width + x]! * second[(y + dy) * a.width + x + dx]!;
    return total;
  };
  let best = { x: 0, y: 0, score: -Infinity };
  for (let y = -4; y <= 4; y++) for (let x = -4; x <= 4; x++) { const score = match(x, y); if (score > best.score) best = { x, y, score }; }
  const between = (before: number, after: number): number => (before - after) / (2 * (before - 2 * best.score + after));
  return { x: best.x + between(match(best.x - 1, best.y), match(best.x + 1, best.y)), y: best.y + between(match(best.x, best.y - 1), match(best.x, best.y + 1)) };
}

function edges({ width, height, data }: Pixels): Float32Array {
  const light = Float32Array.from({ length: width * height }, (_, i) => data[i * 3]! + data[i * 3 + 1]! + data[i * 3 + 2]!);
  return light.map((_, i) => (i < width || i >= light.length - width ? 0 : Math.hypot((light[i + 1] ?? 0) - (light[i - 1] ?? 0), light[i + width]! - light[i - width]!)));
}
