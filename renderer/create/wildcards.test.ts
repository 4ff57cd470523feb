import { describe, expect, it } from 'vitest';
import { sweepValues, wildcardCount } from './wildcards.ts';

describe('wildcards', () => {
  it.each([['a cone', 1], ['a {red|blue} cone', 2], ['a {red|blue|green} {cone|cube}', 6], ['a {red} cone', 1], ['a {red|blue', 1]])('%s stands for %i', (prompt, n) => {
    expect(wildcardCount(prompt)).toBe(n);
  });
});

describe('sweepValues', () => {
  it('reads what a person types', () => expect(sweepValues('3, 5 7.5; 5', 4)).toEqual([3, 5, 7.5]));
  it('falls back to the value that stands', () => expect(sweepValues('none', 4)).toEqual([4]));
});
