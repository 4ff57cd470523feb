/** The studio in a browser: HTTP for page and pixels, a WebSocket for calls, on 127.0.0.1 alone. */
import type { IncomingMessage, Server, ServerResponse } from 'node:http';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { pipeline } from 'node:stream/promises';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer, type WebSocket } from 'ws';
import { rpcPath } from '../../preload/contract/transport.ts';
import { StudioError, toFailure } from '../errors.ts';
import { Access, type Verdict } from './access.ts';
import { serve, type Channel } from './channel.ts';
import { apiPrefix, descriptionPath, type HttpApi } from './httpApi.ts';
import { pageFile } from './pageFiles.ts';
import { securityHeaders } from './policy.ts';
import { answerFor, type ResourceFinder } from './resources.ts';
import type { StandardHandler } from '@orpc/server/standard';
import type { Resource } from '../services.ts';

export interface LoopbackOptions {
  readonly handler: StandardHandler<Record<never, never>>;
  readonly resources: ResourceFinder;
  /** The same calls for scripts; none = only pages are served. */
  readonly api?: HttpApi;
  readonly version?: string;
  /** The built page. */
  readonly pageDir: string;
  /** 0 or none = any free one. */
  readonly port?: number;
  /** Taken where no port is asked for and it is free: at the same address a browser finds what it has kept of the page. */
  readonly usualPort?: number;
}

// An import would list all that the module exports, and with it load Node's whole HTTP client.
const { createServer } = process.getBuiltinModule('node:http');

/** Registered by nobody, and above those that Linux hands out by itself. */
const dynamicPorts = { first: 61_000, count: 4_000 } as const;
const linkPath = '/link';
/** A picture of 8192 × 8192 as PNG, and some room. */
const maxMessageBytes = 256 * 1024 * 1024;
/** A page that reads more slowly than this is waited for. */
const fullBytes = 1024 * 1024;

export interface Loopback {
  readonly port: number;
  readonly origin: string;
  /** What scripts of this user send as `Authorization: Bearer …`. */
  readonly secret: string;
  /** How many pages are connected. */
  readonly pages: number;
  /** A fresh one-time address. */
  link(): string;
  close(): Promise<void>;
}

/** Starts listening. REQUEST_INVALID where the port is taken or may not be used. */
export async function startLoopback(options: LoopbackOptions): Promise<Loopback> {
  const server = createServer();
  const port = await listenOn(server, options);
  const access = new Access(port);
  const headers = securityHeaders(`ws://127.0.0.1:${port} ws://localhost:${port}`);
  // With synchronous events, an abort in the chunk of its request arrives before the request is known, and is lost.
  const sockets = new WebSocketServer({ noServer: true, allowSynchronousEvents: false, maxPayload: maxMessageBytes, perMessageDeflate: false });

  server.on('request', (request, response) => {
    for (const [name, value] of Object.entries(headers)) response.setHeader(name, value);
    answer(request, response, access, options).catch((error: unknown) => {
      const gone = toFailure(error).code === 'ASSET_MISSING' || (error as NodeJS.ErrnoException).code === 'ENOENT';
      refuse(response, gone ? 404 : 500, gone ? 'There is no such picture.' : 'That failed; the log says why.');
    });
  });
  server.on('upgrade', (request, socket, head) => {
    const verdict = urlOf(request)?.pathname === rpcPath ? access.upgrade(request) : ({ kind: 'refused', status: 403, message: 'There is no such line.' } satisfies Verdict);
    if (verdict.kind === 'refused') return refuseUpgrade(socket, verdict.status, verdict.message);
    sockets.handleUpgrade(request, socket, head, (line) => serve(channelOf(line), options.handler));
  });
  server.on('clientError', (_error, socket) => socket.destroy());

  return {
    port,
    origin: access.origin,
    secret: access.secret,
    get pages() {
      return sockets.clients.size;
    },
    link: () => access.link(),
    async close() {
      for (const line of sockets.clients) line.terminate();
      sockets.close();
      server.closeAllConnections();
      await new Promise<void>((resolve) => server.close(() => resolve()));
    },
  };
}

async function listenOn(server: Server, { port = 0, usualPort }: LoopbackOptions): Promise<number> {
  if (port !== 0 || usualPort === undefined) return listen(server, port);
  return listen(server, usualPort).catch(() => listen(server, 0));
}

/** A port of its own for each data folder, the same at every start. */
export function usualPortOf(dataDir: string): number {
  const { first, count } = dynamicPorts;
  return first + (createHash('sha256').update(dataDir).digest().readUInt32BE(0) % count);
}

async function listen(server: Server, port: number): Promise<number> {
  server.listen({ host: '127.0.0.1', port });
  try {
    await once(server, 'listening');
  } catch (error) {
    throw new StudioError('REQUEST_INVALID', `Port ${port} cannot be used: ${error instanceof Error ? error.message : String(error)}. Choose another with --port.`, { port }, { cause: error });
  }
  return (server.address() as AddressInfo).port;
}

async function answer(request: IncomingMessage, response: ServerResponse, access: Access, options: LoopbackOptions): Promise<void> {
  const url = urlOf(request);
  if (!url) return refuse(response, 400, 'That is not an address.');
  const verdict = access.request(request, url);
  if (verdict.kind === 'refused') return refuse(response, verdict.status, verdict.message);
  if (verdict.kind === 'welcome' || url.searchParams.has('token')) {
    // A used token must not stay in the address bar, where the next reload would send it again.
    if (verdict.kind === 'welcome') response.setHeader('set-cookie', verdict.setCookie);
    response.writeHead(303, { location: '/', 'cache-control': 'no-store' }).end();
    return;
  }
  // A second `npm start` on the same data folder opens another page of this one.
  if (url.pathname === linkPath && access.isScript(request)) {
    response.writeHead(200, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(access.link());
    return;
  }
  if (options.api && (url.pathname === apiPrefix || url.pathname.startsWith(`${apiPrefix}/`))) return answerScript(request, response, url, access, options.api, options.version ?? '');
  if (request.method !== 'GET' && request.method !== 'HEAD') return refuse(response, 405, 'Only reading happens here.');
  const resource = (await options.resources(url.pathname)) ?? (await pageFile(options.pageDir, rawPath(request)));
  if (!resource) return refuse(response, 404, 'There is nothing at this address.');
  await send(request, response, resource);
}

/** Scripts bring the secret; a browser's cookie opens the page, not this. */
async function answerScript(request: IncomingMessage, response: ServerResponse, url: URL, access: Access, api: HttpApi, version: string): Promise<void> {
  if (!access.isScript(request)) return refuse(response, 401, 'Scripts send the secret of running.json as "Authorization: Bearer …".');
  if (url.pathname === descriptionPath && request.method === 'GET') {
    response.writeHead(200, { 'content-type': 'application/json', 'cache-control': 'no-store' }).end(JSON.stringify(await api.describe(access.origin, version)));
    return;
  }
  response.setHeader('cache-control', 'no-store');
  await api.answer(request, response);
}

async function send(request: IncomingMessage, response: ServerResponse, resource: Resource): Promise<void> {
  const { range, 'if-none-match': ifNoneMatch, 'if-range': ifRange } = request.headers;
  const reply = answerFor(resource, { range, ifNoneMatch, ifRange: typeof ifRange === 'string' ? ifRange : undefined });
  if (!reply.range || request.method === 'HEAD') {
    response.writeHead(reply.status, reply.headers).end();
    return;
  }
  const body = resource.open(resource.bytes === 0 ? undefined : reply.range);
  // The file may have gone since: that must still become a 404, so headers wait for the first byte.
  await new Promise<void>((resolve, reject) => body.once('readable', resolve).once('error', reject));
  response.writeHead(reply.status, reply.headers);
  // A page that goes away in the middle is no failure.
  await pipeline(body, response).catch(() => response.destroy());
}

/** The path as it came: a parsed URL has its dots resolved already, and tests of that should meet our own check. */
function rawPath(request: IncomingMessage): string {
  return (request.url ?? '/').split(/[?#]/)[0] ?? '/';
}

function urlOf(request: IncomingMessage): URL | undefined {
  const target = request.url ?? '/';
  return target.startsWith('/') && URL.canParse(`http://studio${target}`) ? new URL(`http://studio${target}`) : undefined;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'cache-control': 'no-store' }).end(`${message}\n`);
}

function refuseUpgrade(socket: Duplex, status: number, message: string): void {
  socket.on('error', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status} Refused\r\nconnection: close\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: ${Buffer.byteLength(message)}\r\n\r\n${message}`);
}

function channelOf(line: WebSocket): Channel {
  line.on('error', () => line.terminate());
  return {
    send: (message) => {
      if (line.readyState !== line.OPEN) return;
      if (line.bufferedAmount < fullBytes) return line.send(message);
      return new Promise((resolve) => line.send(message, () => resolve()));
    },
    onMessage: (listener) => line.on('message', (data, isBinary) => listener(isBinary ? joined(data) : asText(data))),
    onClose: (listener) => line.once('close', listener),
    refuse: (reason) => line.close(1002, reason),
  };
}

function joined(data: Buffer | ArrayBuffer | Buffer[]): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}

function asText(data: Buffer | ArrayBuffer | Buffer[]): string {
  return Buffer.from(joined(data)).toString('utf8');
}
