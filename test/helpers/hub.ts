/** A Hugging Face hub on this machine: serves one folder as a repository, over two hosts as the real one does, and misbehaves on demand. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';

/** What the next requests for bytes meet with. Each lasts until it is taken back, or for `times` requests. */
export interface Fault {
  readonly kind: 'drop' | 'stall' | 'busy' | 'limit' | 'wrongBytes' | 'truncated' | 'changedEtag' | 'noRanges' | 'denied' | 'absent' | 'notJson' | 'redirectLoop' | 'plainRedirect';
  /** Of this file alone; else of every large one. */
  readonly file?: string;
  readonly times?: number;
  /** Bytes of a body before it drops or stalls. */
  readonly after?: number;
  /** Seconds, or a date. */
  readonly retryAfter?: string;
  /** Of the list of files instead of the files. */
  readonly info?: boolean;
}

export interface HubOptions {
  /** Its files are the repository's. */
  readonly dir: string;
  readonly repo?: string;
  /** Extra files, by name. */
  readonly extra?: Readonly<Record<string, Uint8Array>>;
  /** Files that are stored like large ones: with a sha256, on the other host. */
  readonly large?: RegExp;
  /** Wanted of every request to the hub itself. */
  readonly token?: string;
  readonly licence?: string;
  /** Bytes a second of every body; none = as fast as it goes. */
  readonly bytesPerSecond?: number;
}

export interface Asked {
  readonly host: 'hub' | 'storage';
  readonly path: string;
  readonly range: string | undefined;
  readonly authorization: string | undefined;
}

export interface FakeHub {
  readonly endpoint: string;
  readonly storage: string;
  readonly repo: string;
  readonly commit: string;
  /** Every request, in order. */
  readonly asked: Asked[];
  /** Bytes of bodies that went out. */
  readonly sent: () => number;
  faults: Fault[];
  bytesPerSecond: number | undefined;
  close(): Promise<void>;
}

interface Stored {
  readonly name: string;
  readonly bytes: Uint8Array;
  readonly sha256: string;
  readonly gitSha1: string;
  readonly large: boolean;
}

const hash = (algorithm: string, ...parts: readonly (string | Uint8Array)[]): string => parts.reduce((sum, part) => sum.update(part), createHash(algorithm)).digest('hex');

export async function startHub(options: HubOptions, port = 0): Promise<FakeHub> {
  const { dir, repo = 'AIDC-AI/Ovis-U1-3B', extra = {}, large = /\.safetensors$/, token, licence = 'apache-2.0' } = options;
  const contents = new Map<string, Uint8Array>(Object.entries(extra));
  for (const name of readdirSync(dir)) if (statSync(join(dir, name)).isFile()) contents.set(name, readFileSync(join(dir, name)));
  const files = [...contents].map(([name, bytes]): Stored => ({ name, bytes, sha256: hash('sha256', bytes), gitSha1: hash('sha1', `blob ${bytes.length}\0`, bytes), large: large.test(name) }));
  const commit = hash('sha1', ...files.map(({ sha256 }) => sha256));
  const asked: Asked[] = [];
  let sent = 0;
  const used = new Map<Fault, number>();
  const hub: { faults: Fault[]; bytesPerSecond: number | undefined } = { faults: [], bytesPerSecond: options.bytesPerSecond };

  /** The fault that this request meets, counted. */
  const meet = (kinds: readonly Fault['kind'][], name: string, info = false): Fault | undefined => {
    const found = hub.faults.find((fault) => kinds.includes(fault.kind) && (fault.info ?? false) === info
      && (info || (fault.file === undefined ? large.test(name) : fault.file === name)) && (used.get(fault) ?? 0) < (fault.times ?? Infinity));
    if (found) used.set(found, (used.get(found) ?? 0) + 1);
    return found;
  };
  const note = (host: Asked['host'], request: IncomingMessage): URL => {
    const url = new URL(request.url ?? '/', 'http://hub');
    asked.push({ host, path: decodeURIComponent(url.pathname), range: request.headers.range, authorization: request.headers.authorization });
    return url;
  };
  const refuse = (response: ServerResponse, fault: Fault | undefined): boolean => {
    if (!fault) return false;
    const status = { busy: 503, limit: 429, denied: 403, absent: 404 }[fault.kind as 'busy'];
    response.writeHead(status, { ...(fault.retryAfter !== undefined && { 'retry-after': fault.retryAfter }), ...(fault.kind === 'denied' && { 'x-error-code': 'GatedRepo' }) }).end('no');
    return true;
  };

  const info = (response: ServerResponse): void => {
    if (refuse(response, meet(['busy', 'limit', 'denied', 'absent'], '', true))) return;
    if (meet(['notJson'], '', true)) return void response.writeHead(200, { 'content-type': 'text/html' }).end('<h1>Log in to this network</h1>');
    if (meet(['redirectLoop'], '', true)) return void response.writeHead(302, { location: `/api/models/${repo}/revision/main` }).end();
    const siblings = files.map((file) => ({
      rfilename: file.name, size: file.bytes.length, blobId: file.gitSha1, ...(file.large && { lfs: { sha256: file.sha256, size: file.bytes.length, pointerSize: 135 } }),
    }));
    const weights = files.filter(({ name }) => name === 'model.safetensors' || name.startsWith('model-')).reduce((sum, { bytes }) => sum + bytes.length, 0);
    response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify({
      id: repo, sha: commit, private: false, gated: false, cardData: { license: licence }, tags: [`license:${licence}`], safetensors: { parameters: { F32: weights / 4 }, total: Math.round(weights / 4) }, siblings,
    }));
  };

  const resolve = (request: IncomingMessage, response: ServerResponse, name: string): void => {
    const file = files.find((one) => one.name === name);
    if (!file) return void response.writeHead(404, { 'x-error-code': 'EntryNotFound' }).end('Entry not found');
    if (refuse(response, meet(['busy', 'limit', 'denied', 'absent'], name))) return;
    const headers = { 'x-repo-commit': commit };
    if (!file.large) return body(request, response, file, { ...headers, etag: `"${file.gitSha1}"` });
    if (meet(['plainRedirect'], name)) return void response.writeHead(302, { ...headers, location: 'ftp://elsewhere/file' }).end();
    const etag = meet(['changedEtag'], name) ? '0'.repeat(64) : file.sha256;
    response.writeHead(302, { ...headers, location: `${storage.origin}/blob/${file.sha256}?name=${encodeURIComponent(name)}`, 'x-linked-etag': `"${etag}"`, 'x-linked-size': String(file.bytes.length) }).end();
  };

  const body = (request: IncomingMessage, response: ServerResponse, file: Stored, headers: Readonly<Record<string, string>>): void => {
    const { name } = file;
    let bytes = file.bytes;
    if (meet(['truncated'], name)) bytes = bytes.subarray(0, Math.floor(bytes.length * 0.6));
    if (meet(['wrongBytes'], name)) {
      bytes = Uint8Array.from(bytes);
      const at = Math.floor(bytes.length / 2);
      bytes[at] = (bytes[at] ?? 0) ^ 1;
    }
    const range = /^bytes=(\d+)-(\d+)?$/.exec(request.headers.range ?? '');
    const all = bytes.length;
    const ranged = range !== null && !meet(['noRanges'], name);
    const [from, to] = ranged ? [Number(range[1]), Math.min(all - 1, range[2] === undefined ? all - 1 : Number(range[2]))] : [0, all - 1];
    if (ranged && from >= all) return void response.writeHead(416, { 'content-range': `bytes */${all}` }).end();
    const part = bytes.subarray(from, to + 1);
    response.writeHead(ranged ? 206 : 200, {
      'content-length': part.length, 'content-type': 'application/octet-stream', ...headers,
      ...(ranged ? { 'content-range': `bytes ${from}-${to}/${all}`, 'accept-ranges': 'bytes' } : {}),
    });
    const broken = meet(['drop', 'stall'], name);
    void pour(response, broken ? part.subarray(0, broken.after ?? Math.floor(part.length / 2)) : part).then(() => {
      if (broken?.kind === 'drop') response.destroy();
      else if (broken?.kind !== 'stall') response.end();
    });
  };

  const pour = async (response: ServerResponse, bytes: Uint8Array): Promise<void> => {
    const piece = hub.bytesPerSecond === undefined ? 1 << 16 : Math.max(256, Math.min(1 << 16, Math.round(hub.bytesPerSecond / 20)));
    for (let at = 0; at < bytes.length && !response.destroyed; at += piece) {
      const next = bytes.subarray(at, at + piece);
      sent += next.length;
      // Flushed piece by piece: what was sent before a break does arrive.
      await new Promise<void>((done) => { response.write(next, () => done()); });
      if (hub.bytesPerSecond !== undefined) await new Promise((done) => setTimeout(done, (next.length / (hub.bytesPerSecond ?? Infinity)) * 1000));
    }
  };

  const main = await listen(port, (request, response) => {
    const { pathname } = note('hub', request);
    if (token !== undefined && request.headers.authorization !== `Bearer ${token}`) return void response.writeHead(401, { 'x-error-code': 'RepoNotFound' }).end('no');
    const path = decodeURIComponent(pathname);
    if (path === `/api/models/${repo}/revision/main` || path === `/api/models/${repo}/revision/${commit}`) return info(response);
    const name = [`/${repo}/resolve/main/`, `/${repo}/resolve/${commit}/`].find((prefix) => path.startsWith(prefix));
    if (name !== undefined) return resolve(request, response, path.slice(name.length));
    response.writeHead(404, { 'x-error-code': 'RepoNotFound' }).end('Repository not found');
  });
  const storage = await listen(0, (request, response) => {
    const url = note('storage', request);
    const file = files.find(({ sha256 }) => url.pathname === `/blob/${sha256}`);
    if (!file) return void response.writeHead(404).end();
    body(request, response, file, { etag: `"${file.gitSha1}-storage"` });
  });
  return Object.assign(hub, {
    endpoint: main.origin, storage: storage.origin, repo, commit, asked, sent: () => sent,
    close: async () => { await Promise.all([main.close(), storage.close()]); },
  });
}

async function listen(port: number, answer: (request: IncomingMessage, response: ServerResponse) => void): Promise<{ origin: string; close(): Promise<void> }> {
  const server: Server = createServer(answer);
  await new Promise<void>((done) => { server.listen(port, '127.0.0.1', done); });
  return {
    origin: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => new Promise((done) => { server.closeAllConnections(); server.close(() => done()); }),
  };
}
