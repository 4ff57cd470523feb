/** The contract over plain HTTP, as a script in any language uses it. */
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { contract } from '../../preload/contract/api.ts';
import { createHttpApi } from '../../main/transport/httpApi.ts';
import { createHandler } from '../../main/transport/router.ts';
import { startLoopback, type Loopback } from '../../main/transport/loopback.ts';
import { memoryRooms } from '../helpers/memoryRooms.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

let host: Loopback;
const reported: string[] = [];

beforeEach(async () => {
  reported.length = 0;
  const { rooms } = memoryRooms();
  const report = (failure: { readonly message: string }): void => void reported.push(failure.message);
  host = await startLoopback({ handler: createHandler(rooms, report), api: createHttpApi(rooms, report), version: '1.2.3', resources: async () => undefined, pageDir: '/nowhere' });
});
afterEach(() => host.close());

const post = (call: string, body: string | FormData | undefined, headers: Record<string, string> = {}): Promise<Response> =>
  fetch(`${host.origin}/api/${call}`, { method: 'POST', headers: { authorization: `Bearer ${host.secret}`, ...(typeof body === 'string' && { 'content-type': 'application/json' }), ...headers }, ...(body !== undefined && { body }) });

describe('the calls over HTTP', () => {
  it('answer JSON with JSON', async () => {
    const reply = await post('system/settings', undefined);
    expect([reply.status, reply.headers.get('cache-control')]).toEqual([200, 'no-store']);
    expect(await reply.json()).toMatchObject({ theme: 'system', modelId: 'toybox' });
    const jobs = await post('jobs/submit', JSON.stringify({ requests: [{ kind: 'textToImage', prompt: 'a red cube', seed: 3 }] }));
    expect(await jobs.json()).toMatchObject([{ state: 'queued', request: { prompt: 'a red cube', seed: 3 } }]);
  });

  it('stream what a job tells, as server-sent events', async () => {
    const [job] = (await (await post('jobs/submit', JSON.stringify({ requests: [{ kind: 'textToImage', prompt: 'x' }] }))).json()) as { id: string }[];
    const stream = await post('jobs/follow', JSON.stringify({ jobId: job?.id }));
    expect(stream.headers.get('content-type')).toContain('text/event-stream');
    await post('jobs/cancel', JSON.stringify({ jobIds: [job?.id] }));
    const told = await stream.text();
    expect(told).toMatch(/^event: message\ndata: \{.*"state":"queued"/m);
    expect(told).toContain('"state":"cancelled"');
  });

  it('take a picture as a form, and give one as bytes', async () => {
    const picture = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
    const form = new FormData();
    form.append('file', new Blob([picture], { type: 'image/png' }), 'dot.png');
    const reply = await post('assets/upload', form);
    expect(reply.status).toBe(200);
    expect(await reply.json()).toMatchObject({ hash: expect.stringMatching(/^[0-9a-f]{64}$/), bytes: picture.length });
    const file = await post('gallery/export', JSON.stringify({ id: '00000000-0000-4000-8000-000000000000', format: 'webp' }));
    expect(file.headers.get('content-type')).toBe('image/webp');
    expect((await file.arrayBuffer()).byteLength).toBe(300_000);
  });

  it.each<[string, string, string | undefined, number, string]>([
    ['a call that does not exist', 'system/surprise', '{}', 400, 'IPC_INVALID'],
    ['an input that the contract refuses', 'projects/create', '{"name":""}', 400, 'IPC_INVALID'],
    ['a field too many', 'projects/create', '{"name":"x","more":1}', 400, 'IPC_INVALID'],
    ['text that is not JSON', 'projects/create', '{', 400, 'IPC_INVALID'],
    ['an id that nothing has', 'gallery/get', '{"id":"00000000-0000-4000-8000-000000000000"}', 404, 'NOT_FOUND'],
  ])('refuse %s by a code', async (_what, call, body, status, code) => {
    const reply = await post(call, body);
    expect(await reply.json()).toMatchObject({ code, data: { retryable: false } });
    expect(reply.status).toBe(status);
    expect(reported).toEqual([]);
  });

  it('are for the holder of the secret alone', async () => {
    for (const authorization of [undefined, 'Bearer ', `Bearer ${'x'.repeat(43)}`]) {
      const reply = await fetch(`${host.origin}/api/system/info`, { method: 'POST', headers: authorization === undefined ? {} : { authorization } });
      expect(reply.status, authorization).toBe(401);
    }
    expect((await post('system/info', undefined, { origin: 'https://evil.example' })).status).toBe(403);
    // The browser's cookie opens pages, not this.
    const welcome = await fetch(host.link(), { redirect: 'manual' });
    const cookie = welcome.headers.get('set-cookie')?.split(';')[0] ?? '';
    expect((await fetch(`${host.origin}/api/system/info`, { method: 'POST', headers: { cookie } })).status).toBe(401);
  });
});

describe('the description', () => {
  it('names every call, with the schemas of what goes in and comes out', async () => {
    const reply = await fetch(`${host.origin}/api/openapi.json`, { headers: { authorization: `Bearer ${host.secret}` } });
    const document = (await reply.json()) as { openapi: string; info: { version: string }; servers: { url: string }[]; paths: Record<string, { post?: { requestBody?: { content: object }; responses: Record<string, unknown> } }> };
    expect(document).toMatchObject({ openapi: expect.stringMatching(/^3\.1/), info: { version: '1.2.3' }, servers: [{ url: `${host.origin}/api` }] });
    const calls = Object.entries(contract).flatMap(([room, all]) => Object.keys(all).map((call) => `/${room}/${call}`));
    expect(Object.keys(document.paths).sort()).toEqual(calls.sort());
    for (const path of calls) expect(document.paths[path]?.post?.responses['200'], path).toBeDefined();
    const text = JSON.stringify(document.paths['/jobs/submit']?.post);
    for (const word of ['textToImage', 'prompt', 'txtCfg', 'understand', 'application/json']) expect(text).toContain(word);
    expect(JSON.stringify(document.paths['/assets/upload']?.post)).toContain('application/octet-stream');
  });
});
