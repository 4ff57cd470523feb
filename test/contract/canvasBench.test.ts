/** What `bench toybox` measures is what the window draws: guides sent through the contract, the queue and the engine process give the same pixels as the bench's own engine. */
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { createEngine } from '../../native/index.ts';
import type { Engine } from '../../native/index.ts';
import type { CanvasRequest } from '../../preload/contract/canvas.ts';
import { EvaluationSet } from '../bench/support/toyboxSet.ts';
import type { Item } from '../bench/support/toyboxSet.ts';
import { openWholeStudio, toybox, type WholeStudio } from '../helpers/wholeStudio.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const folder = join(toybox, 'evaluation');
const sampling = { seed: 11, steps: 3, txtCfg: 3, imgCfg: 1.5 };

let whole: WholeStudio;
let engine: Engine;
let set: EvaluationSet;
let projectId: string;
beforeAll(async () => {
  whole = await openWholeStudio({ real: true });
  // As the bench's workers have it: sums of floats depend on how they are shared out.
  await whole.client.system.changeSettings({ previewEvery: 0, threads: 1 });
  projectId = (await whole.client.projects.list())[0]?.id ?? '';
  engine = await createEngine(toybox, { threads: 1 });
  set = await EvaluationSet.open(folder);
});
afterAll(async () => {
  await engine?.dispose();
  await whole?.close();
});

const stored = async (name: string): Promise<string> => (await whole.client.assets.upload({ file: new Blob([new Uint8Array(await readFile(join(folder, name)))]) })).hash;

/** The item as the page sends it. */
async function asSent({ request }: Item): Promise<CanvasRequest> {
  if (request.kind === 'control') return { kind: 'control', ...sampling, prompt: request.prompt, control: request.control, map: await stored(request.map), strength: 1, start: 0, end: 1 };
  if (request.kind !== 'textToImage') throw new Error(`${request.kind} has no guides`);
  return { kind: 'textToImage', ...sampling, prompt: request.prompt, references: await Promise.all((request.references ?? []).map(stored)), referenceTask: request.referenceTask ?? 'subject' };
}

describe('guides by the built-in model', () => {
  it.each(['control canny', 'control depth', 'subject reference'])('%s: the window draws what the bench measures', { timeout: 240_000 }, async (row) => {
    const item = set.items.find((one) => one.row === row);
    if (item === undefined) throw new Error(`the set has no ${row}`);
    const asked = await set.request(item, { seed: sampling.seed });
    if (asked === null) throw new Error('nothing is drawn');
    const measured = (await engine.generate({ ...asked, ...sampling })).image;
    const frame = { x: 0, y: 0, width: measured.width, height: measured.height };
    const [job] = await whole.client.canvas.submit({ projectId, frame, request: await asSent(item) });
    const ended = await whole.ended(job?.id ?? '');
    expect(ended.failure).toBeNull();
    const { hash } = await whole.client.gallery.get({ id: ended.generationIds[0] ?? '' });
    const drawn = await whole.pixels(hash, 3);
    expect([drawn.width, drawn.height]).toEqual([measured.width, measured.height]);
    expect(Buffer.from(drawn.data).equals(Buffer.from(measured.data))).toBe(true);
    // The guide has a part in it: without one another picture is drawn.
    const without = await engine.generate({ kind: 'textToImage', prompt: asked.prompt, ...sampling, width: measured.width, height: measured.height });
    expect(Buffer.from(without.image.data).equals(Buffer.from(measured.data))).toBe(false);
  });
});
