import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Observe } from '../../native/pipelines/context.ts';
import { runGuided } from '../../native/pipelines/guided.ts';
import { closePipeline, openPipeline } from '../../native/pipelines/open.ts';
import { editPrompt } from '../../native/tokenizer/chatTemplate.ts';
import type { RgbImage } from '../../native/types.ts';
import { readTensors, type StoredTensor } from './tensors.ts';

/** Inpainting, strength and several context pictures against the PyTorch model of training/, with the same noise. */

interface RequestJson {
  readonly prompt: string;
  readonly width: number;
  readonly height: number;
  readonly steps: number;
  readonly txtCfg: number;
  readonly imgCfg: number;
  readonly mask?: boolean;
  readonly strength?: number;
  readonly contexts?: number;
  readonly timesteps: readonly number[];
}

const root = path.resolve(import.meta.dirname, '../fixtures');

function picture(tensor: StoredTensor): RgbImage {
  const [height, width] = tensor.shape as [number, number, number];
  return { width, height, data: tensor.data as Uint8Array };
}

function latentMask(tensor: StoredTensor): Float32Array {
  const [height, width] = tensor.shape as [number, number];
  const out = new Float32Array((height / 8) * (width / 8));
  for (let y = 0; y < height; y++) for (let x = 0; x < width; x++) out[(y >> 3) * (width / 8) + (x >> 3)]! += (tensor.data[y * width + x] as number) / 64;
  return out;
}

/** Two float32 runs of the same mathematics: a little more than golden's own f32_err, relative to the values' rms. */
const LIMIT_OF_RMS = 1e-4;

describe.each(['dev_a', 'dev_b'])('%s against the PyTorch reference', (name) => {
  it.each(['edit', 'inpaint', 'strength', 'inpaintStrength', 'twoContexts'])('%s', async (kind) => {
    const folder = path.join(root, 'reference', name);
    const tensors = await readTensors(path.join(folder, 'reference.safetensors'));
    const { cases } = JSON.parse(await readFile(path.join(folder, 'reference.json'), 'utf8')) as { cases: Record<string, RequestJson> };
    const request = cases[kind] as RequestJson;
    const at = (tensor: string): StoredTensor => tensors.get(tensor) as StoredTensor;
    const context = ['context0', 'context1'].slice(0, request.contexts ?? 1).map((tensor) => picture(at(tensor)));
    const seen = new Map<string, ArrayLike<number>>();
    const observe: Observe = (tensor, data) => seen.set(tensor, data as ArrayLike<number>);
    const ctx = await openPipeline(path.join(root, 'golden', name), { provider: 'cpu', precision: 'fp32', threads: 2, attention: 'fused' }, { observe });
    const started = request.mask || request.strength !== undefined;
    const { image } = await runGuided(ctx, {
      size: { width: request.width, height: request.height },
      prompt: editPrompt(request.prompt, context.length),
      context, txtCfg: request.txtCfg, imgCfg: request.imgCfg, steps: request.steps, shift: true,
      noise: at('noise').data as Float32Array,
      ...(started ? { start: { image: context[0] as RgbImage, strength: request.strength ?? 1 } } : {}),
      ...(request.mask ? { mask: latentMask(at('mask')) } : {}),
      previewEvery: 0, scope: 'x',
    }, {});
    await closePipeline(ctx);

    expect(Array.from(seen.get('x.timesteps') as Float32Array)).toEqual(request.timesteps.map((t) => expect.closeTo(t, 6) as number));
    const expected = at(`${kind}.latent`).data;
    const ours = seen.get('x.latent') as Float32Array;
    const rms = Math.sqrt(Array.from(expected).reduce((sum, value) => sum + value * value, 0) / expected.length);
    const worst = Math.max(...Array.from(expected, (value, i) => Math.abs(value - (ours[i] as number))));
    expect(worst / rms).toBeLessThan(LIMIT_OF_RMS);
    const bytes = at(`${kind}.image`).data;
    const differing = Array.from(bytes, (value, i) => Math.abs(value - (image.data[i] as number)));
    expect(Math.max(...differing)).toBeLessThanOrEqual(1);
    expect(differing.filter((value) => value > 0).length).toBeLessThanOrEqual(0.001 * bytes.length);
  });
});
