import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import type { Contract } from '../../preload/contract/api.ts';
import { portMessage, rpcPath } from '../../preload/contract/transport.ts';
import type { StudioBridge } from '../../preload/contract/transport.ts';

/** Every call of the contract, whichever transport carries it. The ONLY user of the transport. */
export type StudioClient = ContractRouterClient<Contract>;

/** The client of this page: over a message port in Electron, over a WebSocket of the loopback host in a browser. */
export async function connectStudio(): Promise<StudioClient> {
  const bridge = (window as { readonly studio?: StudioBridge }).studio;
  return bridge === undefined ? overSocket() : overPort(bridge);
}

async function overPort(bridge: StudioBridge): Promise<StudioClient> {
  const port = await new Promise<MessagePort>((resolve) => {
    const onMessage = (event: MessageEvent): void => {
      const [handed] = event.ports;
      if (event.source !== window || event.data !== portMessage || handed === undefined) return;
      window.removeEventListener('message', onMessage);
      resolve(handed);
    };
    window.addEventListener('message', onMessage);
    bridge.connect();
  });
  port.start();
  return createORPCClient(new PortLink({ port }));
}

/** A socket that closes is replaced by the next call; calls in flight fail, and whoever made them decides. */
function overSocket(): StudioClient {
  let socket: WebSocket | undefined;
  let client: StudioClient | undefined;
  const current = (): StudioClient => {
    if (client === undefined || socket === undefined || socket.readyState > WebSocket.OPEN) {
      const url = new URL(rpcPath, location.href);
      url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
      socket = new WebSocket(url);
      client = createORPCClient(new SocketLink({ websocket: socket }));
    }
    return client;
  };
  return follow(current, []) as StudioClient;
}

/** A client whose every call looks up the present connection: `studio().jobs.list` keeps working after a reconnect. */
function follow(current: () => StudioClient, path: readonly string[]): unknown {
  return new Proxy(() => undefined, {
    get: (_target, name) => (typeof name === 'string' && name !== 'then' ? follow(current, [...path, name]) : undefined),
    apply: (_target, _this, args: unknown[]) => {
      let call: unknown = current();
      for (const name of path) call = (call as Record<string, unknown>)[name];
      return (call as (...args: unknown[]) => unknown)(...args);
    },
  });
}
