type Field = HTMLInputElement | HTMLTextAreaElement;

/** How long a part of the page may take to be fetched before keys mean again what they always mean. */
const patienceMs = 10_000;

let stopWaiting: (() => void) | undefined;

/**
 * Focuses the field that matches `selector` at once or, when it is not drawn yet, as soon as it is. Whoever calls a field by key goes on
 * typing: until the field is there what is typed is kept and then put into it, so that no letter is lost or taken for a command.
 */
export function focusField(selector: string): void {
  stopWaiting?.();
  const find = (): Field | null => document.querySelector<Field>(selector);
  find()?.focus();
  const before = document.activeElement;
  const until = performance.now() + patienceMs;
  let typed = '';
  let frames = 0;

  const onKey = (event: KeyboardEvent): void => {
    if (find()?.contains(document.activeElement) === true || event.isComposing) return;
    if (event.key === 'Escape') { stop(); return; }
    if (event.ctrlKey || event.metaKey || event.altKey || (event.key.length !== 1 && event.key !== 'Backspace')) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    typed = event.key === 'Backspace' ? typed.slice(0, -1) : typed + event.key;
  };
  const stop = (): void => {
    window.removeEventListener('keydown', onKey, true);
    cancelAnimationFrame(frame);
    stopWaiting = undefined;
  };
  const look = (): void => {
    const field = find();
    // Two frames: what is there now may be replaced by what the same key has opened.
    const drawn = ++frames >= 2 && field !== null;
    const elsewhere = document.activeElement !== before && document.activeElement !== document.body && document.activeElement !== field;
    if (!drawn && !elsewhere && performance.now() < until) { frame = requestAnimationFrame(look); return; }
    stop();
    if (field === null || elsewhere) return;
    field.focus();
    if (typed === '') return;
    field.setRangeText(typed, field.selectionStart ?? field.value.length, field.selectionEnd ?? field.value.length, 'end');
    field.dispatchEvent(new Event('input', { bubbles: true }));
  };
  let frame = requestAnimationFrame(look);
  window.addEventListener('keydown', onKey, true);
  stopWaiting = stop;
}

/** The field for the prompt, wherever it is shown. */
export function focusPrompt(): void {
  focusField('[data-prompt]');
}
