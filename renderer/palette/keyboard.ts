import { allCommands, chordsOf, runCommand } from './commands.ts';
import { chordOf, normalChord } from './chord.ts';

function isText(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (target.isContentEditable || target instanceof HTMLTextAreaElement
    || (target instanceof HTMLInputElement && !['checkbox', 'radio', 'range', 'button'].includes(target.type)));
}

/** Inside a menu, a list box or a dialog, letters and arrows belong to it. */
function isOwned(target: EventTarget | null): boolean {
  return target instanceof Element && target.closest('[role="menu"],[role="listbox"]:not([data-region]),[role="dialog"]:not([data-testid="queue"])') !== null;
}

/** Listens for every command's key until the signal. */
export function listenForKeys(signal: AbortSignal): void {
  window.addEventListener('keydown', (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    const chord = chordOf(event);
    const command = allCommands().find((one) => {
      if (one.hold === true || one.when?.() === false) return false;
      return chordsOf(one).some((keys) => normalChord(keys) === chord);
    });
    if (command === undefined) return;
    const held = event.ctrlKey || event.metaKey;
    if (command.notInText === true && isText(event.target)) return;
    if (!held && !command.inText && (isText(event.target) || isOwned(event.target))) return;
    // A focused button is pressed by these; it would otherwise act twice.
    if (!held && (event.key === 'Enter' || event.key === ' ') && event.target instanceof Element && event.target.closest('button,a,summary') !== null) return;
    event.preventDefault();
    runCommand(command.id);
  }, { signal });
}
