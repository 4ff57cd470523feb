import { describe, expect, it } from 'vitest';
import { initialSampling } from './composer.ts';
import type { Composer } from './composer.ts';
import { planBatch, readRequest } from './request.ts';

const base: Composer = {
  task: 'create', prompt: 'a red cone', sampling: initialSampling, seedLocked: false, batch: 1, modelId: 'toybox', editPictures: [], askPictures: [], recent: [], submitting: false,
};
const picture = { hash: 'a'.repeat(64), name: 'a', width: 8, height: 8 };

describe('readRequest', () => {
  it('says what is missing', () => {
    expect(readRequest({ ...base, prompt: ' ' })).toBe('Describe the picture first');
    expect(readRequest({ ...base, task: 'edit' })).toBe('Drop, paste or choose a picture to edit first');
  });
  it('sends the first picture as the one to edit and the others as references', () => {
    const second = { ...picture, hash: 'b'.repeat(64) };
    expect(readRequest({ ...base, task: 'edit', editPictures: [picture, second] })).toMatchObject({ kind: 'edit', image: picture.hash, references: [second.hash], sizing: 'exact' });
  });
  it('asks without a picture too', () => {
    expect(readRequest({ ...base, task: 'ask' })).toMatchObject({ kind: 'understand', images: [] });
  });
});

describe('planBatch', () => {
  it('multiplies seeds, wildcards and guidance', () => {
    expect(planBatch({ ...base, prompt: 'a {red|blue} cone', batch: 3, sweep: { txtCfg: '3 5', imgCfg: '1 2' } }).jobs).toBe(12);
    expect(planBatch({ ...base, task: 'edit', batch: 1, sweep: { txtCfg: '3 5', imgCfg: '1 2' } }).jobs).toBe(4);
  });
});
