import { createHash } from 'node:crypto';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { examplesRoom } from '../../main/rooms/examples.ts';
import { createEngine, createEstimators } from '../../native/index.ts';
import { decodeImage } from '../../native/image/codec.ts';
import type { Engine, Estimators, RgbImage } from '../../native/types.ts';
import type { Example } from '../../preload/contract/system.ts';

/** The first things that a newcomer sees: each start does with the shipped weights what its words promise. */

const resources = path.resolve(import.meta.dirname, '../../resources');
const pictures = new Map<string, RgbImage>();
let engine: Engine;
let judges: Estimators;
let starts: readonly Example[];

beforeAll(async () => {
  const dir = path.join(resources, 'models/toybox');
  [engine, judges] = await Promise.all([createEngine(dir, { threads: 2 }), createEstimators(dir, { threads: 1 })]);
  const room = examplesRoom({
    assets: { put: async (bytes: Uint8Array) => {
      const hash = createHash('sha256').update(bytes).digest('hex');
      pictures.set(hash, await decodeImage(Buffer.from(bytes)));
      return { hash };
    } } as never,
    models: { list: async () => [{ inUse: true, sizes: [[128, 128]] }] } as never,
    dir: path.join(resources, 'app/examples'),
  });
  starts = await room.list({}, {} as never);
});
afterAll(() => Promise.all([engine.dispose(), judges.dispose()]));

const start = (place: Example['place']): Example => starts.find((one) => one.place === place)!;
const seen = async (image: RgbImage): Promise<string[]> => (await judges.detect(image)).things.map(({ colour, shape }) => `${colour} ${shape}`).sort();

describe('starts of the built-in model', () => {
  it('draws the two things that are asked for', async () => {
    const { request } = start('create');
    if (request?.kind !== 'textToImage') throw new Error('not a picture from words');
    expect(request.prompt).toBe('a red sphere and a blue cube');
    const { image } = await engine.generate({ kind: 'textToImage', prompt: request.prompt, seed: request.seed! });
    expect(await seen(image)).toEqual(['blue cube', 'red sphere']);
    // What the card shows is what comes: the same to the byte on one machine, nearly so on others.
    const shown = pictures.get(start('create').image!)!;
    expect(image.data.reduce((sum, value, i) => sum + Math.abs(value - shown.data[i]!), 0) / image.data.length).toBeLessThan(3);
  });

  it('puts the two on snow, and keeps them', async () => {
    const { request } = start('edit');
    if (request?.kind !== 'edit') throw new Error('not an edit');
    const { image } = await engine.generate({ kind: 'edit', prompt: request.prompt, image: pictures.get(request.image)!, seed: request.seed! });
    expect(request.prompt).toContain('snow');
    expect(await judges.detect(image)).toMatchObject({ floor: 'snow' });
    expect(await seen(image)).toEqual(['blue cube', 'red sphere']);
  });

  it('tells what is to be seen', async () => {
    const { question, image } = start('ask');
    const { text } = await engine.understand({ prompt: question!, images: [pictures.get(image!)!] });
    for (const part of ['yellow cylinder', 'green cone', 'purple torus', 'dusk']) expect(text).toContain(part);
  });
});
