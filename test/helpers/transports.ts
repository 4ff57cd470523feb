/** Both transports as a page uses them, without a page. */
import { EventEmitter } from 'node:events';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MessageChannel, type MessagePort } from 'node:worker_threads';
import { createORPCClient } from '@orpc/client';
import { RPCLink as PortLink } from '@orpc/client/message-port';
import { RPCLink as SocketLink } from '@orpc/client/websocket';
import type { ContractRouterClient } from '@orpc/contract';
import { WebSocket } from 'ws';
import type { Contract } from '../../preload/contract/api.ts';
import { pageOrigin, portMessage, rpcPath } from '../../preload/contract/transport.ts';
import { startLoopback, type Loopback } from '../../main/transport/loopback.ts';
import { createHandler, type Report } from '../../main/transport/router.ts';
import type { ResourceFinder } from '../../main/transport/resources.ts';
import type { Rooms } from '../../main/services.ts';
import { acceptPages } from '../../main/transport/electron.ts';
import { ipcMain } from './fakeElectron.ts';

export type StudioClient = ContractRouterClient<Contract>;

/** A page's line. */
export interface Line {
  readonly client: StudioClient;
  /** Sends what no client would. */
  raw(message: unknown): void;
  /** Resolves when the studio has ended the line. */
  readonly ended: Promise<void>;
  close(): void;
}

export interface Transport {
  connect(): Promise<Line>;
  close(): Promise<void>;
}

export async function loopbackTransport(rooms: Rooms, report: Report, resources: ResourceFinder = async () => undefined): Promise<Transport & { readonly host: Loopback; readonly pageDir: string }> {
  const pageDir = mkdtempSync(join(tmpdir(), 'ovis-page-'));
  writeFileSync(join(pageDir, 'index.html'), '<!doctype html><title>page</title>');
  const host = await startLoopback({ handler: createHandler(rooms, report), resources, pageDir });
  return {
    host,
    pageDir,
    connect: async () => {
      const socket = new WebSocket(`${host.origin.replace('http', 'ws')}${rpcPath}`, { headers: { authorization: `Bearer ${host.secret}` } });
      const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
      const client: StudioClient = createORPCClient(new SocketLink({ websocket: socket as never }));
      await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
      return { client, ended, raw: (message) => socket.send(message as string), close: () => socket.close() };
    },
    close: async () => {
      await host.close();
      rmSync(pageDir, { recursive: true });
    },
  };
}

/** Electron's own port refuses what a plain MessagePort would take: anything but ports in the transfer list, and Blobs. */
class FakeMessagePortMain extends EventEmitter {
  readonly #port: MessagePort;
  constructor(port: MessagePort) {
    super();
    this.#port = port;
    port.on('message', (data) => this.emit('message', { data, ports: [] }));
    port.on('close', () => this.emit('close'));
    // Electron queues until start(); node's port starts with its first listener.
    port.unref();
  }
  postMessage(message: unknown, transfer?: readonly unknown[]): void {
    if (transfer?.some((item) => !(item instanceof FakeMessagePortMain))) throw new TypeError('Port at index 0 is not a valid port');
    if (message instanceof Blob) throw new Error('An object could not be cloned.');
    this.#port.postMessage(message);
  }
  start(): void {
    this.#port.ref();
    this.#port.start();
  }
  close(): void {
    this.#port.close();
  }
}

export interface Knock {
  readonly url?: string;
  readonly inFrame?: boolean;
  readonly ports?: number;
}

/** What the preload does, from an address of our choice. */
export function knock(knocked: Knock = {}, at: { emit(name: string, event: unknown): boolean } = ipcMain): { port: MessagePort; closed: Promise<void> } {
  const channels = Array.from({ length: knocked.ports ?? 1 }, () => new MessageChannel());
  const port = channels[0]?.port2 ?? new MessageChannel().port2;
  const closed = new Promise<void>((resolve) => port.once('close', () => resolve()));
  at.emit(portMessage, {
    ports: channels.map((channel) => new FakeMessagePortMain(channel.port1)),
    senderFrame: { url: knocked.url ?? `${pageOrigin}/`, parent: knocked.inFrame ? {} : null },
  });
  return { port, closed };
}

export async function electronTransport(rooms: Rooms, report: Report, refused: (url: string) => void = () => undefined): Promise<Transport> {
  ipcMain.removeAllListeners();
  acceptPages(createHandler(rooms, report), refused);
  const ports = new Set<MessagePort>();
  return {
    connect: async () => {
      const { port, closed } = knock();
      ports.add(port);
      const client: StudioClient = createORPCClient(new PortLink({ port: port }));
      port.start();
      return { client, ended: closed, raw: (message) => port.postMessage(message), close: () => port.close() };
    },
    close: async () => {
      for (const port of ports) port.close();
    },
  };
}
