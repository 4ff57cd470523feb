import { describe, expect, it } from 'vitest';
import type { BatchInput } from '../../preload/contract/jobs.ts';
import { expandBatch } from './expand.ts';

const request: BatchInput['request'] = { kind: 'textToImage', prompt: 'a {red|blue} cube', seed: 82 };
const image = '0'.repeat(64);
const labels = (input: BatchInput): string[] => expandBatch(input).map((cell) => cell.label);

describe('a batch', () => {
  it('counts seeds up from the request’s', () => {
    const cells = expandBatch({ request, seeds: 3 });
    expect(cells.map((cell) => cell.request.seed)).toEqual([82, 83, 84]);
    expect(cells.map((cell) => cell.label)).toEqual(['seed 82', 'seed 83', 'seed 84']);
    expect(cells[0]?.request.prompt).toBe('a {red|blue} cube');
  });

  it('takes seeds by name, each once', () => {
    expect(expandBatch({ request, seeds: [5, 9, 5] }).map((cell) => cell.request.seed)).toEqual([5, 9]);
  });

  it('runs every alternative of the prompt with every seed, prompts first', () => {
    expect(labels({ request, wildcards: true, seeds: 2 })).toEqual(['seed 82 · a red cube', 'seed 83 · a red cube', 'seed 82 · a blue cube', 'seed 83 · a blue cube']);
  });

  it('crosses guidance values row by row', () => {
    const edit: BatchInput['request'] = { kind: 'edit', prompt: 'make it red', image, seed: 1 };
    expect(labels({ request: edit, sweep: { txtCfg: [5, 7.5], imgCfg: [1.5, 2] } })).toEqual(['txtCfg 5 · imgCfg 1.5', 'txtCfg 7.5 · imgCfg 1.5', 'txtCfg 5 · imgCfg 2', 'txtCfg 7.5 · imgCfg 2']);
    expect(expandBatch({ request: edit, sweep: { imgCfg: [2] } })[0]?.request).toEqual({ ...edit, imgCfg: 2 });
  });

  it.each<[string, BatchInput, RegExp]>([
    ['too many', { request, seeds: 600, wildcards: true }, /1200 pictures/],
    ['a seed that no number holds', { request: { ...request, seed: Number.MAX_SAFE_INTEGER }, seeds: 2 }, /too large/],
    ['picture guidance without a picture', { request, sweep: { imgCfg: [1, 2] } }, /imgCfg/],
  ])('refuses %s', (_name, input, message) => {
    expect(() => expandBatch(input)).toThrow(message);
  });
});
