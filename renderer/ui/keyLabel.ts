const symbols: Readonly<Record<string, string>> = {
  Enter: '↵', ArrowUp: '↑', ArrowDown: '↓', ArrowLeft: '←', ArrowRight: '→', Escape: 'Esc', Delete: 'Del', ' ': 'Space', Space: 'Space',
};

const isMac = typeof navigator !== 'undefined' && /Mac|iPhone|iPad/.test(navigator.platform);

/** Writes a chord such as `Ctrl+Shift+Enter` the way the page shows it: "Ctrl Shift ↵". */
export function keyLabel(chord: string): string {
  return chord.split('+').map((part) => symbols[part] ?? (isMac && part === 'Ctrl' ? '⌘' : part)).join(' ');
}
