import type { StudioClient } from './client.ts';

let current: StudioClient | undefined;

/** Set once by the entry, before anything is drawn: the real client, or a fake one in tests. */
export function setStudio(client: StudioClient): void {
  current = client;
}

/** The studio's services. */
export function studio(): StudioClient {
  if (current === undefined) throw new Error('the page was drawn before its client was set');
  return current;
}
