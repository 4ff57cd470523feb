import { describe, expect, it } from 'vitest';
import { recommend, type Judged } from './recommend.ts';

type Fits = NonNullable<Judged['memory']>['fits'];
const errors = { fp32: 0, fp16: 2e-8, int8: 0.017, q4: 0.095, q4b128: 0.111 } as const;
const all = Object.keys(errors) as (keyof typeof errors)[];

/** Choices that fit as said, each smaller than the one before. */
const choices = (fits: Readonly<Record<keyof typeof errors, Fits>>, coarse: number = errors.q4b128): Judged[] => all.map((precision, i) => ({
  precision, error: precision === 'q4b128' ? coarse : errors[precision], memory: { wholeBytes: (10 - i) * 1e9, oneByOneBytes: (5 - i) * 1e9, fits: fits[precision], tile: null },
}));
const every = (fits: Fits): Readonly<Record<keyof typeof errors, Fits>> => ({ fp32: fits, fp16: fits, int8: fits, q4: fits, q4b128: fits });

describe('the recommended precision', () => {
  it('is the exact one where it stays in memory', () => {
    expect(recommend(choices(every('whole')), 'cpu', 20e9)).toEqual({ precision: 'fp32', reason: 'Exact, and all of it stays in memory: 10.0 GB; 20.0 GB of memory are free.' });
  });

  it('gives up exactness before speed, and half precision is nothing for a processor', () => {
    expect(recommend(choices({ ...every('whole'), fp32: 'oneByOne' }), 'cpu', 9e9).precision).toBe('int8');
    expect(recommend(choices({ ...every('whole'), fp32: 'oneByOne', int8: 'oneByOne' }), 'cpu', 7e9).precision).toBe('q4');
  });

  it('takes blocks of 128 where blocks of 32 do not fit, or where they cost next to nothing more', () => {
    expect(recommend(choices({ ...every('oneByOne'), q4b128: 'whole' }), 'cpu', 6e9).precision).toBe('q4b128');
    const four = { ...every('oneByOne'), q4: 'whole', q4b128: 'whole' } as const;
    expect(recommend(choices(four), 'cpu', 7e9).precision).toBe('q4');
    expect(recommend(choices(four, errors.q4 * 1.09), 'cpu', 7e9).precision).toBe('q4b128');
    expect(recommend(choices(four, errors.q4 * 1.11), 'cpu', 7e9).precision).toBe('q4');
  });

  it('goes part by part where nothing stays, and names the smallest where nothing fits at all', () => {
    expect(recommend(choices({ ...every('no'), int8: 'oneByOne', q4: 'oneByOne' }), 'cpu', 4e9).precision).toBe('int8');
    expect(recommend(choices(every('no')), 'cpu', 0.5e9)).toMatchObject({ precision: 'q4b128', reason: expect.stringContaining('needs 1.0 GB') });
  });

  it('says that pictures are decoded in pieces where only that fits', () => {
    const pieces = choices(every('whole')).map((choice) => ({ ...choice, memory: { ...choice.memory, tile: 512 } }));
    expect(recommend(pieces, 'webgpu', 12e9).reason).toContain('as a whole, with pictures decoded in pieces of 512: 9.0 GB');
  });

  it('is half precision on a card that does not tell what it has, and else what fits it', () => {
    const untold = choices(every('whole')).map((choice) => ({ ...choice, memory: { ...choice.memory, fits: null } }));
    expect(recommend(untold, 'webgpu', null)).toMatchObject({ precision: 'fp16', reason: expect.stringContaining('does not tell') });
    expect(recommend(choices(every('whole')), 'webgpu', 12e9)).toEqual({ precision: 'fp16', reason: 'The most exact that stays in memory as a whole: 9.0 GB; 12.0 GB of the card’s memory are free.' });
    expect(recommend(choices({ ...every('whole'), fp32: 'no', fp16: 'oneByOne' }), 'cuda', 8e9).precision).toBe('q4');
  });
});
