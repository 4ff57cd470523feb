import { describe, expect, it } from 'vitest';
import { chordOf, normalChord } from './chord.ts';

const press = (key: string, code: string, mods: Partial<Record<'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey', boolean>> = {}) =>
  chordOf({ key, code, ctrlKey: false, metaKey: false, shiftKey: false, altKey: false, ...mods });

describe('chordOf', () => {
  it('takes letters by character', () => expect(press('a', 'KeyQ')).toBe('A'));
  it('takes digits and punctuation by position', () => {
    expect(press('&', 'Digit1', { ctrlKey: true, shiftKey: true })).toBe('Ctrl+Shift+1');
    expect(press('-', 'Slash')).toBe('/');
  });
  it('falls back to position on other scripts', () => expect(press('л', 'KeyK', { ctrlKey: true })).toBe('Ctrl+K'));
  it('names the other keys', () => {
    expect(press('Enter', 'Enter', { metaKey: true })).toBe('Ctrl+Enter');
    expect(press(' ', 'Space')).toBe('Space');
  });
});

it('normalChord orders the modifiers', () => expect(normalChord('Shift+Ctrl+x')).toBe('Ctrl+Shift+X'));
