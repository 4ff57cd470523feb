/** What a page asks first, asked by ourselves while nobody waits: the first answers of a fresh process take several times as long. */
import type { StandardHandler } from '@orpc/server/standard';
import { serve, type Channel } from './channel.ts';

/** Calls that only read, and need no input. */
const firstCalls = ['/events/watch', '/models/list', '/system/info', '/projects/list', '/gallery/timeline', '/gallery/search', '/gallery/counts'];

/** Resolves when all have been answered, or at last after some seconds. Whatever fails is left for the page to meet. */
export function rehearse(handler: StandardHandler<Record<never, never>>, longestMs = 2_000): Promise<void> {
  return new Promise((resolve) => {
    let [listen, leave]: [(message: unknown) => void, () => void] = [() => undefined, () => undefined];
    const open = new Set(firstCalls.map((_, index) => String(index + 1)));
    const end = (): void => {
      clearTimeout(late);
      leave();
      resolve();
    };
    const late = setTimeout(end, longestMs).unref();
    const channel: Channel = {
      send: (message) => {
        open.delete(/^\{"i":"(\d+)"/.exec(String(message))?.[1] ?? '');
        if (open.size === 0) end();
      },
      onMessage: (listener) => { listen = listener; },
      onClose: (listener) => { leave = listener; },
      refuse: end,
    };
    serve(channel, handler);
    for (const [index, call] of firstCalls.entries()) listen(JSON.stringify({ i: String(index + 1), p: { u: call, b: { json: {} } } }));
  });
}
