import { describe, expect, it } from 'vitest';
import type { GenerateInput } from '../../preload/contract/generation.ts';
import { drawnSize, workingSize, workingSizeOf, type Size } from './workingSize.ts';

const hash = 'a'.repeat(64);
/** Requests as they come, with fields that do not matter here. */
const drawnBy = (request: GenerateInput, source?: Size): Size | undefined => drawnSize(request, model, source);
const model = { sizes: [[128, 128], [160, 96]] as const };
const draw = { kind: 'textToImage' as const, prompt: 'a red cube' };

describe('the size at which a model works', () => {
  it('is that of the result, up to one and a half times what the model knows', () => {
    expect(workingSize({ width: 128, height: 128 }, model)).toBeUndefined();
    expect(workingSize({ width: 192, height: 128 }, model)).toBeUndefined();
  });

  it('is of the same shape with as many pixels as the model knows beyond', () => {
    expect(workingSize({ width: 256, height: 256 }, model)).toEqual({ width: 128, height: 128 });
    expect(workingSize({ width: 1200, height: 800 }, model)).toEqual({ width: 157, height: 105 });
    expect(workingSize({ width: 1200, height: 800 }, model, 16)).toEqual({ width: 160, height: 112 });
    expect(workingSize({ width: 8192, height: 64 }, model)).toEqual({ width: 1448, height: 64 });
    expect(workingSize({ width: 256, height: 256 }, { sizes: [] })).toBeUndefined();
  });

  it('follows what is drawn: a crop, a picture with its margins', () => {
    const source = { width: 300, height: 200 };
    expect(drawnBy(draw)).toEqual({ width: 128, height: 128 });
    expect(drawnBy({ kind: 'inpaint', prompt: '', image: hash, denoiseMask: hash, crop: { left: 0, top: 0, width: 64, height: 96 } }, source)).toMatchObject({ width: 64, height: 96 });
    expect(drawnBy({ kind: 'outpaint', prompt: '', image: hash, left: 10, top: 0, right: 20, bottom: 5 }, source)).toEqual({ width: 330, height: 205 });
    expect(drawnBy({ kind: 'edit', prompt: 'x', image: hash })).toBeUndefined();
  });

  it('leaves the published sizing alone, which shrinks a photograph itself', () => {
    const photo = { width: 4000, height: 3000 };
    const edit = { kind: 'edit' as const, prompt: 'x', image: hash };
    const real = { sizes: [[1024, 1024]] as const };
    expect(workingSizeOf(edit, real, photo, false)).toBeUndefined();
    expect(workingSizeOf({ ...edit, sizing: 'exact' }, real, photo, false)).toEqual({ width: 1182, height: 887 });
    expect(workingSizeOf(edit, model, photo, false)).toEqual({ width: 148, height: 111 });
  });

  it('is what was asked for, or full where the person wants that', () => {
    const large = { ...draw, width: 512, height: 512 };
    expect(workingSizeOf(large, model, undefined, false)).toEqual({ width: 128, height: 128 });
    expect(workingSizeOf(large, model, undefined, true)).toBeUndefined();
    expect(workingSizeOf({ ...large, work: { width: 256, height: 256 } }, model, undefined, true)).toEqual({ width: 256, height: 256 });
  });
});
