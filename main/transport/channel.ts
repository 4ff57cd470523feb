/** Serves the router over anything that carries messages both ways: a WebSocket or a MessagePort. */
import { createServerPeerHandleRequestFn } from '@orpc/server/standard-peer';
import { ServerPeer } from '@orpc/standard-server-peer';
import type { StandardHandler } from '@orpc/server/standard';

/** What calls over a line know of it. */
export interface LineContext {
  /** Aborted when the line is closed. */
  readonly line?: AbortSignal;
}

/** One page's line to the studio. */
export interface Channel {
  /** Resolves when there is room for more: what keeps a slow page from filling main's memory. */
  send(message: string | Uint8Array): Promise<void> | void;
  onMessage(listener: (message: unknown) => void): void;
  onClose(listener: () => void): void;
  /** Ends the line because of what came over it. */
  refuse(reason: string): void;
}

/** Answers every request of the channel until it closes; then all that still ran is aborted. A message that is not of the protocol ends the channel. */
export function serve(channel: Channel, handler: StandardHandler<Record<never, never>>): void {
  let open = true;
  const peer = new ServerPeer(async (message) => {
    if (open) await channel.send(typeof message === 'string' ? message : asBytes(message));
  });
  const line = new AbortController();
  const context: LineContext = { line: line.signal };
  const answer = createServerPeerHandleRequestFn(handler, { context });
  channel.onMessage((message) => {
    if (!open) return;
    if (typeof message !== 'string' && !(message instanceof Uint8Array) && !(message instanceof ArrayBuffer)) {
      return channel.refuse('A message is text or bytes.');
    }
    // oRPC's own adapters leave this promise alone, and one malformed message then ends the process.
    peer.message(message, answer).catch(() => {
      if (open) channel.refuse('A message could not be read.');
    });
  });
  channel.onClose(() => {
    open = false;
    peer.close();
    line.abort();
  });
}

function asBytes(message: ArrayBufferLike | Uint8Array): Uint8Array {
  return message instanceof Uint8Array ? message : new Uint8Array(message);
}
