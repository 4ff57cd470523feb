const codes: Readonly<Record<string, string>> = {
  Slash: '/', Backslash: '\\', Comma: ',', Period: '.', Minus: '-', Equal: '=', BracketLeft: '[', BracketRight: ']', Semicolon: ';', Quote: "'", Backquote: '`', Space: 'Space',
};

/**
 * The chord of a key press: letters by the character they write, so that a French keyboard's A is A; digits and punctuation by
 * their position, since Shift changes what they write; a letter key of a non-Latin layout falls back to its position.
 */
export function chordOf(event: Pick<KeyboardEvent, 'key' | 'code' | 'ctrlKey' | 'metaKey' | 'shiftKey' | 'altKey'>): string {
  const letter = /^[a-z]$/i.test(event.key) ? event.key.toUpperCase() : undefined;
  const position = /^Key([A-Z])$/.exec(event.code)?.[1] ?? /^(?:Digit|Numpad)(\d)$/.exec(event.code)?.[1] ?? codes[event.code];
  const name = letter ?? (event.key.length > 1 && event.key !== 'Dead' ? event.key : position ?? event.key);
  return [event.ctrlKey || event.metaKey ? 'Ctrl' : '', event.altKey ? 'Alt' : '', event.shiftKey ? 'Shift' : '', name].filter(Boolean).join('+');
}

/** Brings a written chord into the order that chordOf uses. */
export function normalChord(chord: string): string {
  const parts = chord.split('+');
  const name = parts.pop() ?? '';
  const has = (part: string): boolean => parts.includes(part);
  return [has('Ctrl') ? 'Ctrl' : '', has('Alt') ? 'Alt' : '', has('Shift') ? 'Shift' : '', /^[a-z]$/.test(name) ? name.toUpperCase() : name].filter(Boolean).join('+');
}
