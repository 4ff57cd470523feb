import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEngine } from '../../native/index.ts';
import type { GenerateRequest } from '../../native/types.ts';

/** The autoencoder in pieces against the whole, on the trained model: norms see one piece instead of the picture, and that is all that differs. */

const dir = path.resolve(import.meta.dirname, '../../resources/models/toybox');

describe.skipIf(!existsSync(path.join(dir, 'config.json')))('the autoencoder in pieces', () => {
  it('differs by little, without seams, and a piece as large as the picture is the picture', async () => {
    const engine = await createEngine(dir, { threads: 2 });
    const request: GenerateRequest = { kind: 'textToImage', prompt: 'a red sphere and a blue cube', width: 512, height: 512, steps: 2, seed: 5 };
    const whole = (await engine.generate(request)).image.data;
    expect((await engine.generate({ ...request, vaeTile: 512 })).image.data).toEqual(whole);
    const tiled = (await engine.generate({ ...request, vaeTile: 256 })).image.data;
    let [sum, largest] = [0, 0];
    whole.forEach((value, i) => {
      const off = Math.abs(value - tiled[i]!);
      sum += off;
      largest = Math.max(largest, off);
    });
    console.log(`tile 256 of 512²: mean ${(sum / whole.length).toFixed(2)} levels, largest ${largest}`);
    expect(sum).toBeGreaterThan(0);
    expect(sum / whole.length).toBeLessThan(4);
    await engine.dispose();
  });

  it.each([100, 64, 130.5, Number.NaN])('a piece of %s is refused by name', async (vaeTile) => {
    const engine = await createEngine(dir, { threads: 1 });
    await expect(engine.generate({ kind: 'textToImage', prompt: 'a red cube', steps: 1, vaeTile })).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { field: 'vaeTile' } });
    await engine.dispose();
  });
});
