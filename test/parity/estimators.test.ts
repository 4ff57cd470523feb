import { cp, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Fields } from '../../native/config/fields.ts';
import { parseUnet } from '../../native/config/unet.ts';
import { createEstimators } from '../../native/index.ts';
import { resizeBicubic } from '../../native/image/resizeBicubic.ts';
import { toVaeInput } from '../../native/image/preprocess.ts';
import { buildUnet } from '../../native/models/unet.ts';
import { createSession, f32Tensor } from '../../native/onnx/session.ts';
import { workingSize } from '../../native/pipelines/estimators.ts';
import type { Detection, Estimators, EstimatorTask, RgbImage } from '../../native/types.ts';
import { openWeights } from '../../native/weights/weights.ts';
import { readTensors, type StoredTensor } from './tensors.ts';

/** The detector and the depth estimator against the PyTorch networks of training/, with tiny random weights. */

const root = path.resolve(import.meta.dirname, '../fixtures/reference/estimators');
let tensors: ReadonlyMap<string, StoredTensor>;
let picture: RgbImage;
let estimators: Estimators;

beforeAll(async () => {
  tensors = await readTensors(path.join(root, 'reference.safetensors'));
  const stored = tensors.get('picture')!;
  const [height, width] = stored.shape as [number, number, number];
  picture = { width, height, data: stored.data as Uint8Array };
  estimators = await createEstimators(root, { threads: 2 });
});
afterAll(() => estimators.dispose());

async function channelsOf(task: EstimatorTask): Promise<{ data: Float32Array; shape: readonly number[] }> {
  const folder = path.join(root, task);
  const config = parseUnet(new Fields(JSON.parse(await readFile(path.join(folder, 'config.json'), 'utf8')), 'config.json'), task);
  const weights = await openWeights(folder);
  const session = await createSession(buildUnet(weights, config, task, { precision: 'fp32', attention: 'decomposed' }), {
    provider: 'cpu', threads: 2, externalRoot: weights.externalRoot,
  });
  const { width, height } = workingSize(picture, config);
  const pixels = toVaeInput(resizeBicubic(picture, width, height));
  const { channels } = await session.run({ pixels: f32Tensor(pixels, [1, 3, height, width]) });
  await session.release();
  return { data: channels!.data as Float32Array, shape: channels!.shape };
}

describe('against the PyTorch reference', () => {
  it.each(['detector', 'depth'] as const)('%s: every channel', async (task) => {
    const expected = tensors.get(`${task}.channels`)!;
    const { data, shape } = await channelsOf(task);
    expect(shape).toEqual(expected.shape);
    const values = Array.from(expected.data as Float32Array);
    const rms = Math.sqrt(values.reduce((sum, value) => sum + value * value, 0) / values.length);
    const worst = Math.max(...values.map((value, i) => Math.abs(value - data[i]!)));
    expect(worst / rms).toBeLessThan(1e-4);
  });

  it('reads the same things, in the same order, from the detector', async () => {
    const { detector } = JSON.parse(await readFile(path.join(root, 'reference.json'), 'utf8')) as {
      detector: { things: { shape: string; colour: string; material: string; x: number; y: number; pixels: number }[]; floor: string; sky: string; places: number };
    };
    const found: Detection = await estimators.detect(picture);
    expect(found.floor).toBe(detector.floor);
    expect(found.sky).toBe(detector.sky);
    expect(detector.things.length).toBeGreaterThan(10);
    expect(found.things).toEqual(detector.things.map(({ shape, colour, material, x, y, pixels }) => ({
      shape, colour, material, x: expect.closeTo(x, 6) as number, y: expect.closeTo(y, 6) as number, area: expect.closeTo(pixels / detector.places, 6) as number,
    })));
  });

  it('draws the same depth map, at the picture\'s own size', async () => {
    const map = await estimators.depthMap(picture);
    expect([map.width, map.height]).toEqual([picture.width, picture.height]);
    const expected = tensors.get('depth.map')!.data as Uint8Array;
    const off = Array.from(expected, (value, i) => Math.abs(value - map.data[i]!));
    expect(Math.max(...off)).toBeLessThanOrEqual(1);
    expect(off.filter((value) => value > 0).length).toBeLessThan(0.005 * off.length);
    expect(Math.max(...map.data)).toBe(255);
  });
});

describe('what is asked of them', () => {
  it.each([[1, 1], [3, 700], [1999, 17]])('takes a picture of %d×%d', async (width, height) => {
    const image = { width, height, data: new Uint8Array(width * height * 3).fill(90) };
    const map = await estimators.depthMap(image);
    expect([map.width, map.height, map.data.length]).toEqual([width, height, image.data.length]);
    expect((await estimators.detect(image)).floor).toBeTypeOf('string');
  });

  it('refuses what is no picture', async () => {
    await expect(estimators.depthMap({ width: 8, height: 8, data: new Uint8Array(5) })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await expect(estimators.detect({ width: 0, height: 0, data: new Uint8Array(0) })).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
  });

  it('says which estimators a folder has, and refuses the others', async () => {
    const none = await createEstimators(os.tmpdir());
    expect(none.has).toEqual({ detector: false, depth: false });
    await expect(none.depthMap(picture)).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { task: 'depth' } });
    await none.dispose();
    expect(estimators.has).toEqual({ detector: true, depth: true });
  });

  it('names what is wrong with a network that is there', async () => {
    const dir = await mkdtemp(path.join(os.tmpdir(), 'estimators-'));
    try {
      await cp(path.join(root, 'depth'), path.join(dir, 'depth'), { recursive: true });
      const file = path.join(dir, 'depth/config.json');
      const config = JSON.parse(await readFile(file, 'utf8')) as Record<string, unknown>;
      const broken: [string, unknown, RegExp][] = [
        ['widths', [], /widths/], ['widths', [8, 7, 16], /norm_groups/], ['out_channels', 3, /out_channels/], ['task', 'detector', /task/],
        ['parts', { depth: 'closeness' }, /parts/], ['picture_size', 1e9, /picture_size/], ['in_channels', 4, /in_channels/],
      ];
      for (const [field, value, message] of broken) {
        await writeFile(file, JSON.stringify({ ...config, [field]: value }));
        await expect(createEstimators(dir)).rejects.toMatchObject({ code: 'CONFIG_INVALID', message: expect.stringMatching(message) as string });
      }
      await writeFile(file, JSON.stringify({ ...config, widths: [8, 8, 24] }));
      const wrong = await createEstimators(dir);
      await expect(wrong.depthMap(picture)).rejects.toMatchObject({ code: 'WEIGHT_SHAPE' });
      await rm(path.join(dir, 'depth/model.safetensors'));
      await writeFile(file, JSON.stringify(config));
      await expect(createEstimators(dir)).rejects.toMatchObject({ code: 'WEIGHT_MISSING' });
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  });
});
