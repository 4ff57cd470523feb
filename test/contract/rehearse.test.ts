/** What the studio asks itself before the first page does. */
import type { StandardHandler } from '@orpc/server/standard';
import { describe, expect, it } from 'vitest';
import { createHandler } from '../../main/transport/router.ts';
import { rehearse } from '../../main/transport/rehearse.ts';
import { memoryRooms } from '../helpers/memoryRooms.ts';
import { openWholeStudio } from '../helpers/wholeStudio.ts';

type Handler = StandardHandler<Record<never, never>>;

/** The same handler, with every call noted down. */
function noting(handler: Handler, change: (call: string) => Promise<void> = async () => undefined): { readonly handler: Handler; readonly calls: Map<string, number>; readonly signals: Map<string, AbortSignal> } {
  const calls = new Map<string, number>();
  const signals = new Map<string, AbortSignal>();
  return {
    calls, signals,
    handler: {
      handle: async (request: Parameters<Handler['handle']>[0], options: Parameters<Handler['handle']>[1]) => {
        if (request.signal) signals.set(request.url.pathname, request.signal);
        await change(request.url.pathname);
        const result = await handler.handle(request, options);
        calls.set(request.url.pathname, result.matched ? result.response.status : 0);
        return result;
      },
    } as unknown as Handler,
  };
}

describe('the rehearsal of a first page', () => {
  it('asks calls that there are, each with success, and lets go of the line', async () => {
    const { studio, close } = await openWholeStudio();
    const { handler, calls, signals } = noting(studio.handler);
    await rehearse(handler);
    expect(calls.size).toBeGreaterThan(5);
    expect([...calls].filter(([, status]) => status !== 200)).toEqual([]);
    // A stream would go on for ever.
    expect(signals.get('/events/watch')?.aborted).toBe(true);
    await close();
  });

  it('is over after a while, whatever is not answered', async () => {
    const { rooms } = memoryRooms();
    const { handler, calls } = noting(createHandler(rooms, () => undefined), (call) => (call === '/gallery/counts' ? new Promise(() => undefined) : Promise.resolve()));
    await rehearse(handler, 200);
    expect([...calls.keys()]).not.toContain('/gallery/counts');
    expect(calls.size).toBeGreaterThan(4);
  });

  it('survives calls that fail', async () => {
    const { rooms } = memoryRooms();
    const failing = { ...rooms, gallery: { ...rooms.gallery, counts: () => Promise.reject(new Error('broken')) } };
    await rehearse(createHandler(failing, () => undefined));
  });
});
