import { describe, expect, it } from 'vitest';
import { isGuided, StepCache } from './accelerate.ts';

describe('guidance in a range of steps', () => {
  it('acts from its start to before its end, and everywhere without a range', () => {
    const acts = (range?: { start: number; end: number }): string => Array.from({ length: 10 }, (_, i) => (isGuided(range, i, 10) ? 'g' : '.')).join('');
    expect(acts()).toBe('gggggggggg');
    expect(acts({ start: 0, end: 0.8 })).toBe('gggggggg..');
    expect(acts({ start: 0.1, end: 0.5 })).toBe('.gggg.....');
    expect(acts({ start: 0.5, end: 0.5 })).toBe('..........');
  });
});

/** Runs a cache over `steps` equal steps from t = 1 to 0 and tells which were computed, and the largest error of what came out. */
async function follow(threshold: number, steps: number, field: (t: number) => number[], kindOf: (i: number) => unknown = () => 'one'): Promise<{ computed: number[]; worst: number }> {
  const cache = new StepCache(threshold);
  const computed: number[] = [];
  let worst = 0;
  for (let i = 0; i < steps; i++) {
    const t = 1 - i / steps;
    const v = await cache.velocity({ t, isLast: i === steps - 1, kind: kindOf(i) }, async () => {
      computed.push(i);
      return Float32Array.from(field(t));
    });
    field(t).forEach((value, at) => (worst = Math.max(worst, Math.abs(value - v[at]!))));
  }
  return { computed, worst };
}

describe('the step cache', () => {
  const straight = (t: number): number[] => [1 + 0.2 * t, -2 + 0.1 * t];

  it('computes everything at a threshold of 0', async () => {
    expect((await follow(0, 8, straight)).computed).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  });

  it('computes the first two and the last; what it draws on lies on the line', async () => {
    const { computed, worst } = await follow(0.5, 10, straight);
    expect(computed).toEqual([0, 1, 9]);
    expect(worst).toBeLessThan(1e-6);
  });

  it('skips less where the velocity turns faster', async () => {
    const wild = (t: number): number[] => [Math.sin(9 * t), Math.cos(9 * t)];
    const calm = (t: number): number[] => [Math.sin(t), Math.cos(t)];
    expect((await follow(0.2, 20, wild)).computed).toHaveLength(20);
    expect((await follow(0.2, 20, calm)).computed.length).toBeLessThan(12);
    expect((await follow(0.2, 20, calm)).worst).toBeLessThan(0.1);
  });

  it('never draws on from velocities of other branches', async () => {
    const { computed } = await follow(0.5, 10, straight, (i) => i < 5);
    expect(computed).toEqual([0, 1, 5, 6, 9]);
  });
});
