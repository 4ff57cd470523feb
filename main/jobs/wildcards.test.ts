import { describe, expect, it } from 'vitest';
import { expandWildcards } from './wildcards.ts';

describe('wildcards', () => {
  it.each([
    ['a cube', ['a cube']],
    ['', ['']],
    ['a {red|blue} cube', ['a red cube', 'a blue cube']],
    ['{a|b}{1|2}', ['a1', 'a2', 'b1', 'b2']],
    ['{a|{b|c} d}', ['a', 'b d', 'c d']],
    ['a {|big }cube', ['a cube', 'a big cube']],
    ['{a|a|b}', ['a', 'b']],
    // Words, not choices.
    ['{red}', ['{red}']],
    ['a | b', ['a | b']],
    ['a {b', ['a {b']],
    ['a } b', ['a } b']],
    ['{a|b', ['{a|b']],
    ['a|b}', ['a|b}']],
    ['{{a|b}', ['{a', '{b']],
    ['{a|b}}', ['a}', 'b}']],
    ['{x {y} | z}', ['x {y} ', ' z']],
    ['\\{a\\|b\\}', ['{a|b}']],
    ['{a\\|b|c}', ['a|b', 'c']],
    ['back\\slash', ['back\\slash']],
    ['end\\', ['end\\']],
    ['\\\\{a|b}', ['\\a', '\\b']],
    ['{🙂|é}', ['🙂', 'é']],
  ])('%j', (text, expected) => {
    expect(expandWildcards(text)).toEqual(expected);
  });

  it('refuses an explosion before making it', () => {
    expect(() => expandWildcards('{a|b}'.repeat(200))).toThrow(expect.objectContaining({ code: 'REQUEST_INVALID', details: expect.objectContaining({ field: 'prompt' }) }));
    expect(() => expandWildcards('{a|b}'.repeat(4), 15)).toThrow('16 prompts');
    expect(expandWildcards('{a|b}'.repeat(4), 16)).toHaveLength(16);
  });

  it.each([['{'.repeat(20_000)], ['}'.repeat(20_000)], ['{a|'.repeat(6_000)], [`${'{'.repeat(9_000)}a|b${'}'.repeat(9_000)}`], ['{|'.repeat(3000) + '}'.repeat(3000)]])('survives hostile braces', (text) => {
    let result: unknown;
    try {
      result = expandWildcards(text);
    } catch (error) {
      result = error;
    }
    expect(Array.isArray(result) || (result as { code?: string }).code === 'REQUEST_INVALID').toBe(true);
  });
});
