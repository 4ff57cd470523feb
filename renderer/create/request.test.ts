import { describe, expect, it } from 'vitest';
import { initialSampling } from './composer.ts';
import type { Composer } from './composer.ts';
import { planBatch, readQuestion } from './request.ts';

const base: Composer = {
  task: 'create', prompt: 'a red cone', sampling: initialSampling, seedLocked: false, batch: 1, modelId: 'toybox', askPictures: [], recent: [], submitting: false,
};
const picture = { hash: 'a'.repeat(64), name: 'a', width: 8, height: 8 };

describe('readQuestion', () => {
  it('says what is missing', () => {
    expect(readQuestion({ ...base, modelId: '' })).toBe('No model is ready yet');
    expect(readQuestion({ ...base, prompt: ' ' })).toBe('Type a question first');
  });
  it('asks about its pictures, and without one too', () => {
    expect(readQuestion({ ...base, askPictures: [picture] })).toEqual({ kind: 'understand', prompt: 'a red cone', images: [picture.hash] });
    expect(readQuestion(base)).toMatchObject({ kind: 'understand', images: [] });
  });
});

describe('planBatch', () => {
  it('multiplies seeds, wildcards and guidance', () => {
    expect(planBatch({ ...base, prompt: 'a {red|blue} cone', batch: 3, sweep: { txtCfg: '3 5', imgCfg: '1 2' } }).jobs).toBe(12);
    expect(planBatch({ ...base, task: 'edit', batch: 1, sweep: { txtCfg: '3 5', imgCfg: '1 2' } }).jobs).toBe(4);
  });
});
