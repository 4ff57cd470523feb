import { createHash } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { journalLimits } from '../../preload/contract/canvas.ts';
import { failureOf, type Failure } from '../../preload/contract/errors.ts';
import type { StudioEvent } from '../../preload/contract/events.ts';
import { memoryRooms, writerPage, type MemoryRooms } from '../helpers/memoryRooms.ts';
import { electronTransport, loopbackTransport, type Line, type Transport } from '../helpers/transports.ts';

vi.mock('electron', () => import('../helpers/fakeElectron.ts'));

const absentId = '00000000-0000-4000-8000-000000000000';

async function failure(promise: Promise<unknown>): Promise<Failure> {
  return failureOf(await promise.then(() => { throw new Error('expected a failure'); }, (error: unknown) => error));
}

describe.each([
  ['loopback', loopbackTransport],
  ['electron', electronTransport],
] as const)('the contract over the %s transport', (_name, open) => {
  let memory: MemoryRooms;
  let transport: Transport;
  let line: Line;
  let reported: { failure: Failure; call: string }[];

  beforeEach(async () => {
    memory = memoryRooms();
    reported = [];
    transport = await open(memory.rooms, (told, call) => reported.push({ failure: told, call }));
    line = await transport.connect();
  });
  afterEach(async () => {
    line.close();
    await transport.close();
  });

  it('answers a call with and without input', async () => {
    expect(await line.client.system.settings()).toMatchObject({ theme: 'system' });
    expect(await line.client.system.changeSettings({ theme: 'dark', threads: null })).toMatchObject({ theme: 'dark', threads: null });
  });

  it('carries a typed failure with its details', async () => {
    expect(await failure(line.client.jobs.get({ jobId: absentId }))).toEqual({
      code: 'NOT_FOUND', message: 'There is no such job.', details: { jobId: absentId, tried: [1, 'two'] }, retryable: false,
    });
  });

  it('names the field that the contract refuses', async () => {
    const told = await failure(line.client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'x', steps: 0 }] }));
    expect(told).toMatchObject({ code: 'IPC_INVALID', retryable: false, details: { call: 'jobs.submit', field: 'requests.0.steps' } });
    expect(await failure(line.client.system.changeSettings({ theme: 'pink' } as never))).toMatchObject({ code: 'IPC_INVALID', details: { field: 'theme' } });
    expect(await failure(line.client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'x', surprise: 1 }] } as never))).toMatchObject({ code: 'IPC_INVALID' });
  });

  it('answers an unknown call with a typed failure', async () => {
    const anyClient = line.client as unknown as Record<string, Record<string, (input?: unknown) => Promise<unknown>>>;
    expect(await failure(anyClient['system']?.['format'] ? anyClient['system']['format']() : Promise.resolve())).toMatchObject({ code: 'IPC_INVALID' });
    expect(await failure(anyClient['__proto__'] ? line.client.jobs.get({ jobId: '../..' }) : Promise.resolve())).toMatchObject({ code: 'IPC_INVALID' });
  });

  it('tells a bug as INTERNAL, its stack to the log alone', async () => {
    const told = await failure(line.client.system.diagnostics());
    expect(told).toMatchObject({ code: 'INTERNAL', details: {} });
    expect(reported).toEqual([{ call: 'system.diagnostics', failure: expect.objectContaining({ details: expect.objectContaining({ stack: expect.any(String) }) }) }]);
  });

  it('refuses to pass on a result that the contract does not allow', async () => {
    expect(await failure(line.client.system.info())).toMatchObject({ code: 'INTERNAL' });
    expect(reported[0]?.call).toBe('system.info');
  });

  it('carries a picture up and down byte for byte', async () => {
    const bytes = Uint8Array.from({ length: 200_000 }, (_, i) => (i * 31) & 255);
    const { hash } = await line.client.assets.upload({ file: new Blob([bytes], { type: 'image/png' }) });
    expect(memory.files.get(hash)).toEqual(bytes);
    const blob = await line.client.gallery.export({ id: absentId, format: 'webp' });
    expect(blob.type).toBe('image/webp');
    expect(new Uint8Array(await blob.arrayBuffer())).toEqual(Uint8Array.from({ length: 300_000 }, (_, i) => i & 255));
  });

  it("carries the canvas's texts to the letter, whatever stands in them", async () => {
    const text = JSON.stringify({ a: '\u0000\ud800 ☂ "quoted" \\ \n', long: 'x'.repeat(3_000_000), __proto__: null });
    await line.client.canvas.append({ projectId: absentId, pageId: writerPage, entries: [{ seq: 1, text }] });
    expect((await line.client.canvas.open({ projectId: absentId })).entries).toEqual([{ seq: 1, text }]);
    expect(await failure(line.client.canvas.append({ projectId: absentId, pageId: absentId, entries: [{ seq: 2, text: '{}' }] }))).toMatchObject({ code: 'PROJECT_LOCKED', details: { writer: writerPage } });
    expect(await failure(line.client.canvas.append({ projectId: absentId, pageId: writerPage, entries: [] }))).toMatchObject({ code: 'IPC_INVALID' });
    expect(await failure(line.client.canvas.append({ projectId: absentId, pageId: writerPage, entries: [{ seq: 2, text: 'x'.repeat(journalLimits.entry + 1) }] }))).toMatchObject({ code: 'IPC_INVALID' });
  });

  it('carries project files up and layered files down', async () => {
    const bytes = Uint8Array.from({ length: 2_000_000 }, (_, i) => (i * 13) & 255);
    const { name } = await line.client.projects.importFile({ file: new Blob([bytes]), name: 'Harbour' });
    expect(name).toBe(`Harbour 2000000 ${createHash('sha256').update(bytes).digest('hex').slice(0, 8)}`);
    const layer = { name: 'a', hash: '0'.repeat(64), x: 0, y: 0, opacity: 1, visible: true, blendMode: 'normal' as const };
    const blob = await line.client.canvas.exportLayers({ format: 'ora', width: 1, height: 1, layers: [layer] });
    expect([blob.type, blob.size]).toEqual(['image/openraster', 1_500_000]);
  });

  it('refuses bare bytes in place of a file', async () => {
    expect(await failure(line.client.assets.upload({ file: new Uint8Array(3) as unknown as Blob }))).toMatchObject({ code: 'IPC_INVALID', details: { field: 'file' } });
  });

  it('takes a call back', async () => {
    const controller = new AbortController();
    const call = line.client.system.stopEngine(undefined, { signal: controller.signal });
    await line.client.system.settings();
    controller.abort();
    await expect(call).rejects.toThrow();
    await vi.waitFor(() => expect(memory.aborted).toEqual(['stopEngine']));
  });

  it('takes a call back that was aborted in the same breath', async () => {
    const controller = new AbortController();
    const call = line.client.system.stopEngine(undefined, { signal: controller.signal });
    setImmediate(() => controller.abort());
    await expect(call).rejects.toThrow();
    await line.client.system.settings();
    // Either it never began, or it was told.
    await vi.waitFor(() => expect(memory.aborted.length).toBeLessThanOrEqual(1));
  });

  it('aborts what runs when the line is lost', async () => {
    const call = line.client.system.stopEngine().catch(() => 'lost');
    await line.client.system.settings();
    line.close();
    await vi.waitFor(() => expect(memory.aborted).toEqual(['stopEngine']));
    expect(await call).toBe('lost');
  });

  async function take(events: AsyncIterable<StudioEvent>, count: number): Promise<StudioEvent[]> {
    const taken: StudioEvent[] = [];
    for await (const event of events) if (taken.push(event) === count) break;
    return taken;
  }

  it('streams news after a snapshot, and resumes without loss or repetition', async () => {
    const stream = await line.client.events.watch({});
    const first = await stream.next();
    const [job] = await line.client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'a cube' }] });
    const second = await stream.next();
    expect(first.value).toMatchObject({ type: 'snapshot', jobs: [], seq: 0 });
    expect(second.value).toMatchObject({ type: 'job', seq: 1, jobId: job?.id });
    await stream.return?.(undefined);
    await vi.waitFor(() => expect(memory.closed).toHaveLength(1));

    memory.events.publish({ type: 'models' });
    memory.events.publish({ type: 'token', jobId: job?.id ?? '', index: 0, text: 'two' });
    const { epoch } = memory.events;
    const resumed = await take(await line.client.events.watch({ resume: { epoch, seq: 1 } }), 2);
    expect(resumed.map(({ seq, type }) => [seq, type])).toEqual([[2, 'models'], [3, 'token']]);
  });

  it('sends a snapshot to a page that was away for too long, or knew another studio', async () => {
    for (let i = 0; i < 60; i++) memory.events.publish({ type: 'models' });
    const { epoch } = memory.events;
    const late = await take(await line.client.events.watch({ resume: { epoch, seq: 2 } }), 1);
    const stranger = await take(await line.client.events.watch({ resume: { epoch: absentId, seq: 59 } }), 1);
    expect([...late, ...stranger].map(({ type, seq }) => [type, seq])).toEqual([['snapshot', 60], ['snapshot', 60]]);
  });

  it('follows one job to its end', async () => {
    const [job] = await line.client.jobs.submit({ requests: [{ kind: 'textToImage', prompt: 'a cube' }] });
    const jobId = job?.id ?? '';
    const seen: string[] = [];
    const stream = await line.client.jobs.follow({ jobId });
    const reading = (async () => {
      for await (const event of stream) seen.push(event.type === 'job' ? event.job.state : event.type);
    })();
    await vi.waitFor(() => expect(seen).toEqual(['queued']));
    memory.events.publish({ type: 'progress', jobId, progress: { stage: 'denoise', step: 1, steps: 4, stepMs: 5, leftMs: 15 } });
    memory.events.publish({ type: 'models' });
    await line.client.jobs.cancel({ jobIds: [jobId] });
    await reading;
    expect(seen).toEqual(['queued', 'progress', 'cancelled']);
    // Asked again afterwards: the end, and nothing after it.
    const again: unknown[] = [];
    for await (const event of await line.client.jobs.follow({ jobId })) again.push(event);
    expect(again).toHaveLength(1);
    expect(await failure((async () => { for await (const _ of await line.client.jobs.follow({ jobId: absentId })) { /* none */ } })())).toMatchObject({ code: 'NOT_FOUND' });
  });

  it("runs a stream's finally when the line is lost", async () => {
    const stream = await line.client.events.watch({});
    await stream.next();
    line.close();
    await vi.waitFor(() => expect(memory.closed).toHaveLength(1));
  });

  it.each([
    ['no JSON', 'hello'],
    ['an empty text', ''],
    ['JSON of another kind', '[1,2,3]'],
    ['null', 'null'],
    ['a number', '7'],
    ['a request without an address', '{"i":"1","p":{}}'],
    ['an address of another world', '{"i":"1","p":{"u":":::"}}'],
    ['bytes without sense', Uint8Array.from([255, 255, 0, 1])],
    ['bytes that look like JSON', new TextEncoder().encode('{"i":"1"}')],
  ])('ends the line at %s, and serves the next one', async (_what, message) => {
    line.raw(message);
    await line.ended;
    line = await transport.connect();
    expect(await line.client.system.settings()).toMatchObject({ theme: 'system' });
  });

  it('answers malformed input within a well-formed message with a typed failure', async () => {
    line.raw('{"i":"9000","p":{"u":"/jobs/submit","b":{"json":{"requests":"all"}}}}');
    line.raw('{"i":"9001","p":{"u":"/jobs/submit","b":{"json":{"__proto__":{"requests":[]}},"meta":[[9,"__proto__"]]}}}');
    line.raw('{"i":"9002","p":{"u":"/jobs/submit","b":{"json":{},"maps":[["x"]],"meta":"no"}}}');
    line.raw('{"i":"9003","t":3,"p":{"e":"message","d":1}}');
    line.raw('{"i":"9004","t":4}');
    expect(await line.client.system.settings()).toMatchObject({ theme: 'system' });
    expect(({} as { requests?: unknown }).requests).toBeUndefined();
  });
});
