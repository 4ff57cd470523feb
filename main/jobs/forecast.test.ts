import { describe, expect, it } from 'vitest';
import type { JobRequest } from '../../preload/contract/generation.ts';
import { Estimates, workOf } from './estimates.ts';
import { unknownWords, warningsFor } from './warnings.ts';

const model = { sizes: [[256, 256]] as [number, number][], defaults: { steps: 10, txtCfg: 5, imgCfg: 1.5 } };
const hash = 'a'.repeat(64);
const text: JobRequest = { kind: 'textToImage', prompt: 'a red cube' };
const edit: JobRequest = { kind: 'edit', prompt: 'make it red', image: hash };

describe('an estimate', () => {
  it('grows with steps, pixels and pictures', () => {
    const work = workOf(text, model, undefined);
    expect(workOf({ ...text, steps: 20 }, model, undefined)).toBe(2 * work);
    expect(workOf({ ...text, width: 512 }, model, undefined)).toBe(2 * work);
    expect(workOf({ ...text, references: [hash] }, model, undefined)).toBe(1.5 * work);
    expect(workOf({ ...text, guidanceRange: { start: 0, end: 0.8 } }, model, undefined)).toBeCloseTo(0.9 * work);
    expect(workOf({ ...text, stepCache: 0.1 }, model, undefined)).toBeLessThan(0.65 * work);
    expect(workOf(edit, model, { width: 256, height: 256 })).toBe(1.5 * work);
    expect(workOf({ ...edit, strength: 0.5 }, model, { width: 256, height: 256 })).toBe(0.75 * work);
  });

  it('takes the middle of the newest of its kind, else scales, else says nothing', () => {
    const estimates = new Estimates();
    expect(estimates.of('m', 'textToImage', 100)).toEqual({ totalMs: null, basis: 'none' });
    for (const ms of [9e9, 100, 200, 300, 100_000, 150]) estimates.add({ modelId: 'm', kind: 'textToImage', ms, work: 100 });
    expect(estimates.of('m', 'textToImage', 50)).toEqual({ totalMs: 100, basis: 'measured' });
    expect(estimates.of('m', 'edit', 100)).toEqual({ totalMs: 200, basis: 'scaled' });
    expect(estimates.of('m', 'understand', 1)).toMatchObject({ basis: 'none' });
    expect(estimates.of('other', 'textToImage', 1)).toMatchObject({ basis: 'none' });
  });
});

describe('a warning', () => {
  const small = { name: 'Toybox', knows: 'Cubes and balls.', vocabulary: ['a', 'red', 'cube', 'light blue', 'make', 'it'], contextImages: 1, sizes: model.sizes, tasks: [{ name: 'depth', experimental: true }] };
  const facts = { unfamiliar: [], totalMs: 1000 };
  const kinds = (request: JobRequest, more: object = {}): string[] => warningsFor(request, small, { ...facts, ...more }).map(({ kind }) => kind);

  it('names the words that the model has never learnt, as they were written and once', () => {
    expect(unknownWords('A Zebra, a zebra; 3 light-blue RED cubes & café', small.vocabulary)).toEqual(['Zebra', 'light-blue', 'cubes', 'café']);
    expect(warningsFor({ ...text, prompt: 'a zebra' }, small, facts)).toEqual([
      { kind: 'notKnown', message: 'Toybox has never learnt “zebra”. It knows cubes and balls. The 3 B model has an open vocabulary.', items: ['zebra'] },
    ]);
    expect(warningsFor({ ...text, prompt: 'a zebra' }, { ...small, vocabulary: null }, facts)).toEqual([]);
  });

  it('speaks up for what is beyond the model, and only then', () => {
    expect(kinds(text)).toEqual([]);
    expect(kinds(edit, { unfamiliar: [hash] })).toEqual(['notKnown']);
    expect(kinds({ ...edit, references: [hash] })).toEqual(['tooManyImages']);
    expect(kinds({ ...edit, references: [hash], experimental: true })).toEqual([]);
    expect(kinds({ kind: 'control', control: 'depth', prompt: 'a red cube', map: hash })).toEqual(['experimental']);
    expect(kinds({ ...text, width: 1024, height: 1024 })).toEqual(['size']);
    expect(kinds(text, { totalMs: 3_600_000 })).toEqual(['slow']);
  });
});
