/** What the canvas asks of the engine beyond the published scripts, on a tiny model of random weights. */
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import type { ControlRequest, Engine, GenerateRequest, InpaintRequest, MaskImage, RgbImage } from '../../native/types.ts';

let engine: Engine;
beforeAll(async () => {
  engine = await createEngine(join(import.meta.dirname, '../fixtures/golden/dev_a'), { threads: 1 });
});
afterAll(() => engine.dispose());

const side = 64;
const image: RgbImage = { width: side, height: side, data: Uint8Array.from({ length: side * side * 3 }, (_, i) => (i * 37) & 255) };
const mask: MaskImage = { width: side, height: side, data: Uint8Array.from({ length: side * side }, (_, i) => (i % side >= 16 && i % side < 48 ? 255 : 0)) };
const common = { prompt: 'a red cube', steps: 3, seed: 5 } as const;
const drawn = async (request: GenerateRequest): Promise<Uint8Array> => (await engine.generate(request)).image.data;
const refusal = (request: GenerateRequest): Promise<unknown> => engine.generate(request).then(() => 'drawn', (error: unknown) => error);

describe('a control map', () => {
  const control: ControlRequest = { ...common, kind: 'control', control: 'canny', map: image, txtCfg: 4, imgCfg: 2 };

  it('that is never seen leaves the words alone', async () => {
    const words = await drawn({ ...common, kind: 'textToImage', width: side, height: side, txtCfg: 4 });
    expect(await drawn({ ...control, start: 1, end: 1 })).toEqual(words);
    expect(await drawn({ ...control, start: 0.5, end: 0.5 })).toEqual(words);
  });

  it('that is seen throughout is the whole one, and one seen for a part lies between', async () => {
    const always = await drawn(control);
    expect(await drawn({ ...control, start: 0, end: 1, strength: 1 })).toEqual(always);
    const part = await drawn({ ...control, start: 0.3, end: 0.9 });
    expect(part).not.toEqual(always);
    expect(part).not.toEqual(await drawn({ ...control, start: 1, end: 1 }));
  });

  it('of some strength is a factor of the picture guidance, and is told as it was asked for', async () => {
    const result = await engine.generate({ ...control, strength: 0.5 });
    expect(result.image.data).toEqual(await drawn({ ...control, imgCfg: 1 }));
    expect(result.imgCfg).toBe(2);
  });

  it.each([{ strength: -0.1 }, { strength: 1.1 }, { strength: NaN }, { start: -1 }, { end: 2 }, { start: 0.6, end: 0.5 }])('refuses %o', async (bad) => {
    expect(await refusal({ ...control, ...bad })).toMatchObject({ code: 'REQUEST_INVALID' });
  });
});

describe('a repaint', () => {
  const inpaint: InpaintRequest = { ...common, kind: 'inpaint', image, denoiseMask: mask };

  it('comes raw where it is composited elsewhere', async () => {
    const composited = await drawn(inpaint);
    const raw = await drawn({ ...inpaint, raw: true });
    for (let i = 0; i < mask.data.length; i++) {
      const here = mask.data[i] === 255 ? raw : image.data;
      for (let c = i * 3; c < i * 3 + 3; c++) expect(composited[c]).toBe(here[c]);
    }
    expect(raw).not.toEqual(composited);
  });

  it('as an edit is told and shown something else than as a fill', async () => {
    const other: RgbImage = { ...image, data: image.data.map((v, i) => (mask.data[Math.floor(i / 3)] === 255 ? 255 - v : v)) };
    expect(await drawn({ ...inpaint, task: 'inpaint' })).toEqual(await drawn(inpaint));
    expect(await drawn({ ...inpaint, task: 'edit' })).not.toEqual(await drawn(inpaint));
    expect(await drawn({ ...inpaint, task: 'edit', raw: true })).not.toEqual(await drawn({ ...inpaint, task: 'edit', raw: true, image: other }));
  });

  it('as a fill knows nothing of what lay under the mask, unless it begins from it', async () => {
    const other: RgbImage = { ...image, data: image.data.map((v, i) => (mask.data[Math.floor(i / 3)] === 255 ? 255 - v : v)) };
    expect(await drawn({ ...inpaint, raw: true, image: other })).toEqual(await drawn({ ...inpaint, raw: true }));
    expect(await drawn({ ...inpaint, raw: true, strength: 0.6, image: other })).not.toEqual(await drawn({ ...inpaint, raw: true, strength: 0.6 }));
  });

  it('takes the wording of its task, and an edit needs words of its own', async () => {
    expect(await drawn({ ...inpaint, task: 'outpaint' })).not.toEqual(await drawn(inpaint));
    expect(await drawn({ ...inpaint, task: 'edit', editTask: 'remove' })).not.toEqual(await drawn({ ...inpaint, task: 'edit' }));
    expect(await refusal({ ...inpaint, task: 'edit', prompt: '' })).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await refusal({ ...inpaint, task: 'edit', editTask: 'fly' })).toMatchObject({ code: 'REQUEST_INVALID' });
    expect(await refusal({ ...inpaint, prompt: '' })).toBe('drawn');
  });
});
