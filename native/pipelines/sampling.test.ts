import { describe, expect, it } from 'vitest';
import { chooseToken, uniformStream, type SamplingOptions } from './sampling.ts';

const greedy: SamplingOptions = { temperature: 0, topP: 1, topK: 0, repetitionPenalty: 1 };
const logits = (): Float32Array => Float32Array.of(0, 2, 1.9, -3, 1);

function counts(options: Partial<SamplingOptions>, draws = 4000): number[] {
  const uniform = uniformStream(1);
  const seen = [0, 0, 0, 0, 0];
  for (let i = 0; i < draws; i++) seen[chooseToken(logits(), { ...greedy, temperature: 1, ...options }, new Set(), uniform)]! += 1;
  return seen.map((count) => count / draws);
}

describe('choosing a token', () => {
  it('greedy takes the likeliest', () => {
    expect(chooseToken(logits(), greedy, new Set(), () => 0.99)).toBe(1);
  });

  it('a repetition penalty lets the next one through', () => {
    expect(chooseToken(logits(), { ...greedy, repetitionPenalty: 1.5 }, new Set([1]), () => 0)).toBe(2);
  });

  it('a penalty makes negative logits more negative', () => {
    const penalised = logits();
    chooseToken(penalised, { ...greedy, repetitionPenalty: 2 }, new Set([3]), () => 0);
    expect(penalised[3]).toBe(-6);
  });

  it('draws follow the softmax', () => {
    const weights = Array.from(logits(), Math.exp);
    const total = weights.reduce((a, b) => a + b);
    counts({}).forEach((share, i) => expect(share).toBeCloseTo(weights[i]! / total, 1));
  });

  it('top-k and top-p leave the tail out', () => {
    expect(counts({ topK: 2 }).map((share) => share > 0)).toEqual([false, true, true, false, false]);
    expect(counts({ topP: 0.5 }).map((share) => share > 0)).toEqual([false, true, true, false, false]);
    expect(counts({ topP: 0.01 })).toEqual([0, 1, 0, 0, 0]);
  });

  it('the stream is uniform, seeded and within [0, 1)', () => {
    const [a, b, c] = [uniformStream(5), uniformStream(5), uniformStream(2 ** 40 + 5)];
    const first = Array.from({ length: 5000 }, a);
    expect(Array.from({ length: 5000 }, b)).toEqual(first);
    expect(Array.from({ length: 5000 }, c)).not.toEqual(first);
    expect(first.every((value) => value >= 0 && value < 1)).toBe(true);
    expect(first.reduce((sum, value) => sum + value) / 5000).toBeCloseTo(0.5, 1);
  });
});
