import { mkdirSync, writeFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { get, request as httpRequest, type IncomingHttpHeaders } from 'node:http';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';
import { StudioError } from '../../main/errors.ts';
import { startLoopback, usualPortOf, type Loopback } from '../../main/transport/loopback.ts';
import { createHandler } from '../../main/transport/router.ts';
import { findResources } from '../../main/transport/resources.ts';
import { memoryRooms } from '../helpers/memoryRooms.ts';
import { loopbackTransport } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const known = 'a'.repeat(64);
const gone = 'b'.repeat(64);
const preview = Uint8Array.from([1, 2, 3, 4, 5]);
let transport: Awaited<ReturnType<typeof loopbackTransport>>;
let host: Loopback;
let picture: string;

beforeEach(async () => {
  const queue = { preview: (jobId: string, step: number) => (jobId === 'job' && step === 2 ? { mime: 'image/jpeg', bytes: preview } : undefined) };
  const assets = {
    file: async (hash: string) => {
      if (hash === known) return { path: picture, mime: 'image/png', bytes: 1000 };
      if (hash === gone) return { path: `${picture}.gone`, mime: 'image/png', bytes: 1000 };
      throw new StudioError('ASSET_MISSING', 'No such picture.', { hash });
    },
    thumbnail: async () => ({ path: picture, bytes: 1000 }),
  };
  transport = await loopbackTransport(memoryRooms().rooms, () => undefined, findResources(assets, queue));
  host = transport.host;
  picture = join(transport.pageDir, '..', `${known.slice(0, 8)}-${process.pid}.png`);
  writeFileSync(picture, Uint8Array.from({ length: 1000 }, (_, i) => i & 255));
  mkdirSync(join(transport.pageDir, 'assets'));
  writeFileSync(join(transport.pageDir, 'assets/page-1a2b.js'), 'export {};');
  writeFileSync(join(transport.pageDir, 'secret.key'), 'not a page file');
});
afterEach(() => transport.close());

interface Reply { readonly status: number; readonly headers: IncomingHttpHeaders; readonly body: Buffer }

/** A raw request: fetch would normalise paths and set Host and Origin itself. */
function ask(path: string, headers: Record<string, string> = {}, method = 'GET'): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const request = httpRequest({ host: '127.0.0.1', port: host.port, path, headers, method, agent: false }, (response) => {
      const parts: Buffer[] = [];
      response.on('data', (part: Buffer) => parts.push(part));
      response.on('end', () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(parts) }));
      response.on('error', reject);
    });
    request.on('error', reject).end();
  });
}

const bearer = (): Record<string, string> => ({ authorization: `Bearer ${host.secret}` });

async function cookie(): Promise<string> {
  const { headers } = await ask(host.link().slice(host.origin.length));
  return headers['set-cookie']?.[0]?.split(';')[0] ?? '';
}

/** Opens the WebSocket; out: `open`, or the status with which it was refused. */
function knock(path: string, headers: Record<string, string>): Promise<'open' | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(`ws://127.0.0.1:${host.port}${path}`, { headers });
    socket.once('open', () => { socket.close(); resolve('open'); });
    socket.once('unexpected-response', (_request, response) => { resolve(response.statusCode ?? 0); socket.terminate(); });
    socket.once('error', reject);
  });
}

describe('who gets in', () => {
  it('turns a link into a cookie once, and takes the token out of the address', async () => {
    const link = host.link().slice(host.origin.length);
    const first = await ask(link);
    expect(first).toMatchObject({ status: 303, headers: { location: '/' } });
    expect(first.headers['set-cookie']?.[0]).toMatch(new RegExp(`^ovis-studio-${host.port}=[\\w-]{43}; HttpOnly; SameSite=Strict; Path=/$`));
    const second = await ask(link);
    expect(second.status).toBe(401);
    expect(second.headers['set-cookie']).toBeUndefined();
    const page = await ask('/', { cookie: first.headers['set-cookie']?.[0]?.split(';')[0] ?? '' });
    expect(page).toMatchObject({ status: 200, headers: { 'content-type': 'text/html; charset=utf-8' } });
    // Reloading a used link in the browser that used it is no reason to shut it out.
    expect(await ask(link, { cookie: await cookie() })).toMatchObject({ status: 303 });
  });

  it.each(['', '?token=', '?token=wrong', `?token=${'A'.repeat(32)}`, '?token=%00'])('refuses "/%s" without a cookie', async (query) => {
    expect((await ask(`/${query}`)).status).toBe(401);
  });

  it('refuses a wrong cookie, a wrong secret, and pictures to strangers', async () => {
    expect((await ask('/', { cookie: `ovis-studio-${host.port}=guess` })).status).toBe(401);
    expect((await ask('/', { authorization: 'Bearer guess' })).status).toBe(401);
    expect((await ask('/', { authorization: `Basic ${host.secret}` })).status).toBe(401);
    expect((await ask(`/asset/${known}`)).status).toBe(401);
    expect((await ask('/', bearer())).status).toBe(200);
  });

  it.each(['evil.example', 'localhost.evil.example:80', '127.0.0.1', '127.0.0.1:1', '[::1]:80'])('refuses the Host "%s", cookie or not', async (name) => {
    expect((await ask('/', { host: name, ...bearer() })).status).toBe(421);
  });

  it('knows itself as localhost too', async () => {
    expect((await ask('/', { host: `localhost:${host.port}`, ...bearer() })).status).toBe(200);
  });

  it('refuses another origin and anything but reading', async () => {
    expect((await ask('/', { origin: 'https://evil.example', ...bearer() })).status).toBe(403);
    expect((await ask('/', { origin: 'null', ...bearer() })).status).toBe(403);
    expect((await ask('/', bearer(), 'POST')).status).toBe(405);
  });

  it('opens the line for the page and for scripts alone', async () => {
    const mine = await cookie();
    expect(await knock('/rpc', { origin: host.origin, cookie: mine })).toBe('open');
    expect(await knock('/rpc', bearer())).toBe('open');
    expect(await knock('/rpc', { origin: 'https://evil.example', cookie: mine })).toBe(403);
    expect(await knock('/rpc', { origin: 'null', cookie: mine })).toBe(403);
    expect(await knock('/rpc', { origin: `${host.origin}.evil.example`, cookie: mine })).toBe(403);
    expect(await knock('/rpc', { origin: host.origin })).toBe(401);
    expect(await knock('/rpc', { cookie: mine })).toBe(403);
    expect(await knock('/rpc', {})).toBe(403);
    expect(await knock('/rpc', { ...bearer(), host: 'evil.example' })).toBe(421);
    expect(await knock('/other', bearer())).toBe(403);
  });

  it('forbids the page everything from outside', async () => {
    const { headers } = await ask('/', bearer());
    const policy = headers['content-security-policy'] as string;
    expect(policy).toContain(`default-src 'none'`);
    expect(policy).toContain(`script-src 'self' 'wasm-unsafe-eval';`);
    expect(policy).not.toMatch(/https?:|\*/);
    expect(headers).toMatchObject({ 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer', 'x-frame-options': 'DENY' });
    expect((await ask('/')).headers['content-security-policy']).toBeDefined();
  });
});

describe('files', () => {
  it.each([
    '/../secret', '/..%2f..%2fetc/passwd', '/%2e%2e/%2e%2e/etc/passwd', '/assets/../../x.html', '//etc/passwd', '/..\\..\\x.html', '/%5c..%5cx.html',
    '/index.html%00.js', '/C:/x.html', '/%', '/secret.key', '/assets', '/asset/', `/asset/${known}/x`, `/asset/..%2f${known}`, `/asset/${known.toUpperCase()}`, '/thumb/x', '/preview/job/x', '/preview/job/2/3',
  ])('has nothing at %s', async (path) => {
    const reply = await ask(path, bearer());
    expect([400, 404]).toContain(reply.status);
    expect(reply.body.toString()).not.toMatch(/root:|not a page file/);
  });

  it('does not follow an absolute address', async () => {
    expect((await ask(`http://evil.example/asset/${known}`, bearer())).status).toBe(400);
  });

  it('keeps files of the build for ever and the page itself not', async () => {
    expect((await ask('/assets/page-1a2b.js', bearer())).headers['cache-control']).toContain('immutable');
    const page = await ask('/', bearer());
    expect(page.headers['cache-control']).toBe('no-cache');
    expect((await ask('/', { ...bearer(), 'if-none-match': page.headers.etag ?? '' })).status).toBe(304);
  });

  it('serves a picture whole, in part, and not again', async () => {
    const whole = await ask(`/asset/${known}`, bearer());
    expect(whole).toMatchObject({ status: 200, headers: { 'content-type': 'image/png', 'content-length': '1000', etag: `"${known}"` } });
    expect(whole.body).toHaveLength(1000);
    const part = await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=10-19' });
    expect(part).toMatchObject({ status: 206, headers: { 'content-range': 'bytes 10-19/1000', 'content-length': '10' } });
    expect([...part.body]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
    expect((await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=-3' })).body).toHaveLength(3);
    expect((await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=990-' })).body).toHaveLength(10);
    expect((await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=990-99999' })).body).toHaveLength(10);
    expect(await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=1000-' })).toMatchObject({ status: 416, headers: { 'content-range': 'bytes */1000' } });
    for (const range of ['bytes=9-1', 'bytes=-0']) expect((await ask(`/asset/${known}`, { ...bearer(), range })).status).toBe(416);
    for (const range of ['bytes=a-b', 'bytes=0-1,5-6', 'lines=1-2', 'bytes=-']) expect((await ask(`/asset/${known}`, { ...bearer(), range })).body).toHaveLength(1000);
    expect((await ask(`/asset/${known}`, { ...bearer(), 'if-none-match': `W/"x", "${known}"` })).status).toBe(304);
    expect((await ask(`/asset/${known}`, { ...bearer(), range: 'bytes=0-1', 'if-range': '"other"' })).body).toHaveLength(1000);
    expect(await ask(`/asset/${known}`, bearer(), 'HEAD')).toMatchObject({ status: 200, headers: { 'content-length': '1000' }, body: Buffer.alloc(0) });
  });

  it('serves thumbnails and previews', async () => {
    expect((await ask(`/thumb/${known}`, bearer())).headers['content-type']).toBe('image/webp');
    const shown = await ask('/preview/job/2', bearer());
    expect(shown.headers['content-type']).toBe('image/jpeg');
    expect([...shown.body]).toEqual([...preview]);
    expect((await ask('/preview/job/1', bearer())).status).toBe(404);
  });

  it('says 404 for what is not stored, and for what has gone from the disk', async () => {
    expect((await ask(`/asset/${'c'.repeat(64)}`, bearer())).status).toBe(404);
    expect((await ask(`/asset/${gone}`, bearer())).status).toBe(404);
    expect((await ask('/', bearer())).status).toBe(200);
  });

  it('outlives pages that go away in the middle', async () => {
    for (let i = 0; i < 20; i++) {
      await new Promise<void>((resolve) => {
        const request = get({ host: '127.0.0.1', port: host.port, path: `/asset/${known}`, headers: bearer(), agent: false }, (response) => {
          response.once('data', () => { request.destroy(); resolve(); });
          response.on('error', () => undefined);
        });
        request.on('error', () => resolve());
      });
    }
    expect((await ask('/', bearer())).status).toBe(200);
  });
});

describe('the line itself', () => {
  it('outlives garbage in place of HTTP', async () => {
    for (const text of ['\0\0\0', 'GET / HTTP/9.9\r\n\r\n', `GET /${'x'.repeat(100_000)} HTTP/1.1\r\n\r\n`, 'GET /rpc HTTP/1.1\r\nhost: x\r\nupgrade: websocket\r\nconnection: upgrade\r\n\r\n']) {
      await new Promise<void>((resolve) => {
        const socket = connect(host.port, '127.0.0.1', () => socket.write(text));
        socket.on('data', () => undefined).on('close', () => resolve()).on('error', () => undefined);
        setTimeout(() => socket.destroy(), 200);
      });
    }
    expect((await ask('/', bearer())).status).toBe(200);
  });

  it('hears an abort that came in the chunk of its request', async () => {
    const memory = memoryRooms();
    const other = await loopbackTransport(memory.rooms, () => undefined);
    try {
      const socket = new WebSocket(`${other.host.origin.replace('http', 'ws')}/rpc`, { headers: { authorization: `Bearer ${other.host.secret}` } });
      await new Promise((resolve) => socket.once('open', resolve));
      const raw = (socket as unknown as { _socket: { cork(): void; uncork(): void } })._socket;
      raw.cork();
      socket.send('{"i":"1","p":{"u":"/system/stopEngine"}}');
      socket.send('{"i":"1","t":4}');
      socket.send('{"i":"2","p":{"u":"/system/stopEngine"}}');
      raw.uncork();
      await vi.waitFor(() => expect(other.host.pages).toBe(1));
      await new Promise((resolve) => setTimeout(resolve, 50));
      socket.close();
      // The second one ends with the line; the first ended by its abort, or was never begun.
      await vi.waitFor(() => expect(memory.aborted.length).toBeGreaterThanOrEqual(1));
    } finally {
      await other.close();
    }
  });

  it('says which port is taken', async () => {
    const taken = createServer().listen(0, '127.0.0.1');
    await new Promise((resolve) => taken.once('listening', resolve));
    const { port } = taken.address() as { port: number };
    const started = startLoopback({ handler: createHandler(memoryRooms().rooms, () => undefined), resources: async () => undefined, pageDir: transport.pageDir, port });
    await expect(started).rejects.toMatchObject({ code: 'REQUEST_INVALID', details: { port } });
    taken.close();
  });

  it('takes the same port for a data folder again, and another one while that is taken', async () => {
    const usualPort = usualPortOf(transport.pageDir);
    expect(usualPortOf(transport.pageDir)).toBe(usualPort);
    const start = (): Promise<Loopback> => startLoopback({ handler: createHandler(memoryRooms().rooms, () => undefined), resources: async () => undefined, pageDir: transport.pageDir, usualPort });
    const first = await start();
    const second = await start();
    expect(first.port).toBe(usualPort);
    expect(second.port).not.toBe(usualPort);
    await first.close();
    const third = await start();
    expect(third.port).toBe(usualPort);
    await Promise.all([second.close(), third.close()]);
  });

  it('listens on the loopback address alone', async () => {
    // Another address of this machine, as far as it has one, reaches nothing.
    const reached = await new Promise<boolean>((resolve) => {
      const socket = connect({ host: '127.0.0.2', port: host.port }, () => { socket.destroy(); resolve(true); });
      socket.on('error', () => resolve(false));
    });
    expect(reached).toBe(false);
  });
});

