import { useEffect, useState } from 'react';

/** Whether a letter key is held down outside text fields: hold to compare, let go to return. */
export function useHeld(letter: string): boolean {
  const [held, setHeld] = useState(false);
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    window.addEventListener('keydown', (event) => {
      const typing = event.target instanceof HTMLInputElement || event.target instanceof HTMLTextAreaElement;
      if (!typing && !event.ctrlKey && !event.metaKey && event.key.toLowerCase() === letter) setHeld(true);
    }, { signal });
    window.addEventListener('keyup', (event) => { if (event.key.toLowerCase() === letter) setHeld(false); }, { signal });
    window.addEventListener('blur', () => setHeld(false), { signal });
    return () => controller.abort();
  }, [letter]);
  return held;
}
