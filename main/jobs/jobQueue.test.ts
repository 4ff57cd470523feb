import { afterEach, describe, expect, it } from 'vitest';
import { readPngText } from '../imaging/pngText.ts';
import { draw, nobody, openQueueStudio, type QueueStudio, type QueueStudioOptions } from '../../test/helpers/queueStudio.ts';
import { jobRecordSchema, queueStatusSchema, batchRecordSchema } from '../../preload/contract/jobs.ts';
import { studioEventSchema } from '../../preload/contract/events.ts';

let studio: QueueStudio;
const open = async (options: QueueStudioOptions = {}): Promise<QueueStudio> => (studio = await openQueueStudio(options));
afterEach(() => studio.close());

/** The slow puppet takes 50 ms a step. */
const slow = draw('slow', { steps: 40 });
const order = async (): Promise<string[]> => (await studio.queue.jobs.list({ states: ['queued'] }, nobody)).map(({ request }) => request.prompt);

async function all<T>(stream: AsyncIterable<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of stream) items.push(item);
  return items;
}

describe('a job', () => {
  it('becomes a picture file with its parameters inside, a row, and is done; the row is there before the news', async () => {
    await open();
    const job = await studio.submit(draw('a red cube', { steps: 3, seed: undefined as never }));
    expect(job).toMatchObject({ state: 'queued', lane: 'foreground', modelId: 'model', request: { seed: expect.any(Number) } });
    const done = await studio.until(job.id);
    expect(done).toMatchObject({ state: 'done', failure: null, progress: null, generationIds: [expect.any(String)] });
    const row = await studio.library.history.gallery.get({ id: done.generationIds[0]! });
    expect(row).toMatchObject({ task: 'textToImage', prompt: 'a red cube', jobId: job.id, steps: 3, modelName: 'Puppet', reproduce: { threads: 1, precision: 'fp32' }, seed: done.request.kind === 'textToImage' ? done.request.seed : 0 });
    const text = readPngText(await studio.library.assets.read(row.hash), 'ovis-studio');
    // Defaults are spelled out, so that a later recall does not follow other ones.
    expect(row.request).toMatchObject({ ...done.request, steps: 3, txtCfg: expect.any(Number), width: row.width, height: row.height });
    expect(JSON.parse(text!)).toMatchObject({ request: row.request, seed: row.seed, modelName: 'Puppet', reproduce: { engineVersion: '0' } });
    const types = studio.told.map((event) => event.type);
    expect(types.indexOf('gallery')).toBeGreaterThan(0);
    for (const event of studio.told) expect(studioEventSchema.safeParse(event).error).toBeUndefined();
    expect(jobRecordSchema.parse(done)).toBeTruthy();
    expect(studio.told.filter((event) => event.type === 'progress').at(-1)).toMatchObject({ progress: { stage: 'save' } });
    expect(studio.reports).toEqual([]);
  });

  it('shows previews by address while it runs', async () => {
    await open();
    const job = await studio.submit(slow);
    const event = await studio.heard(({ type }) => type === 'preview');
    if (event.type !== 'preview') throw new Error('no preview');
    expect(event).toMatchObject({ jobId: job.id, preview: { path: `/preview/${job.id}/${event.preview.step}` } });
    const preview = studio.queue.preview(job.id, event.preview.step);
    expect(Buffer.from(preview!.bytes.subarray(8, 12)).toString()).toBe('WEBP');
    await studio.queue.jobs.cancel({ jobIds: [job.id] }, nobody);
    await studio.until(job.id);
  });

  it('stops within a step when it is cancelled, without a result, and the next one runs', async () => {
    await open();
    const first = await studio.submit(slow);
    const second = await studio.submit(draw('a cube', { steps: 1 }));
    await studio.heard((event) => event.type === 'progress' && event.progress.step === 3);
    await studio.queue.jobs.cancel({ jobIds: [first.id] }, nobody);
    const ended = await studio.until(first.id);
    expect(ended).toMatchObject({ state: 'cancelled', failure: null, generationIds: [] });
    const steps = studio.told.flatMap((event) => (event.type === 'progress' && event.jobId === first.id ? [event.progress.step] : []));
    expect(Math.max(...steps)).toBeLessThanOrEqual(5);
    expect((await studio.until(second.id)).state).toBe('done');
  });

  it('waiting is cancelled at once, and an ended one is passed over', async () => {
    await open();
    await studio.submit(slow);
    const waiting = await studio.submit(draw('a cube'));
    await studio.queue.jobs.cancel({ jobIds: [waiting.id] }, nobody);
    expect(await studio.queue.jobs.get({ jobId: waiting.id }, nobody)).toMatchObject({ state: 'cancelled' });
    await studio.queue.jobs.cancel({ jobIds: [waiting.id] }, nobody);
  });

  it.each([
    ['sigkill', 'interrupted', 'ENGINE_CRASHED'],
    ['bad_alloc', 'interrupted', 'OUT_OF_MEMORY'],
    ['out of memory', 'failed', 'OUT_OF_MEMORY'],
    ['bare error', 'failed', 'INTERNAL'],
    ['malformed result', 'failed', 'IPC_INVALID'],
  ])('whose engine ends by %s is %s, and the next one runs', async (prompt, state, code) => {
    await open();
    const job = await studio.submit(draw(prompt));
    const next = await studio.submit(draw('a cube'));
    expect(await studio.until(job.id)).toMatchObject({ state, failure: { code } });
    expect(await studio.until(next.id)).toMatchObject({ state: 'done' });
  });

  it('is interrupted when somebody stops the engine', async () => {
    await open();
    const job = await studio.submit(slow);
    await studio.heard((event) => event.type === 'progress' && event.progress.step > 0);
    studio.host.kill();
    expect(await studio.until(job.id)).toMatchObject({ state: 'interrupted', failure: { code: 'ENGINE_CRASHED', retryable: true } });
  });

  it('is refused before it is queued where a picture or the model is missing', async () => {
    await open();
    await expect(studio.submit({ kind: 'edit', prompt: 'red', image: 'a'.repeat(64) })).rejects.toMatchObject({ code: 'ASSET_MISSING' });
    expect(await studio.queue.jobs.list({}, nobody)).toEqual([]);
  });

  it('can be retried with its seed and duplicated with another', async () => {
    await open();
    const job = await studio.submit(draw('sigkill', { seed: 5 }));
    await expect(studio.queue.jobs.retry({ jobId: job.id }, nobody)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    await studio.until(job.id);
    const retry = await studio.queue.jobs.retry({ jobId: job.id }, nobody);
    expect(retry).toMatchObject({ originJobId: job.id, request: job.request });
    const twin = await studio.queue.jobs.duplicate({ jobId: job.id }, nobody);
    expect(twin.request).not.toMatchObject({ seed: 5 });
    await expect(studio.queue.jobs.get({ jobId: 'nobody' }, nobody)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('the order', () => {
  it('puts the foreground before the batch, moves by hand, and keeps it all over a restart', async () => {
    await open();
    await studio.queue.jobs.pause(undefined, nobody);
    const submit = async (prompt: string, lane: 'foreground' | 'batch', toFront = false): Promise<string> => (await studio.submit(draw(prompt), { lane, toFront })).id;
    const [a, b] = [await submit('a', 'batch'), await submit('b', 'batch')];
    const c = await submit('c', 'foreground');
    await submit('d', 'foreground', true);
    expect(await order()).toEqual(['d', 'c', 'a', 'b']);
    await studio.queue.jobs.move({ jobId: b, before: a }, nobody);
    expect(await order()).toEqual(['d', 'c', 'b', 'a']);
    await studio.queue.jobs.move({ jobId: b, lane: 'foreground', before: c }, nobody);
    expect(await order()).toEqual(['d', 'b', 'c', 'a']);
    await studio.queue.jobs.toFront({ jobId: a }, nobody);
    expect(await order()).toEqual(['a', 'd', 'b', 'c']);
    await studio.queue.jobs.move({ jobId: a, lane: 'batch', before: null }, nobody);
    // A gap that is halved for ever is renumbered in time.
    for (let i = 0; i < 200; i++) await studio.queue.jobs.move({ jobId: i % 2 === 0 ? c : b, before: i % 2 === 0 ? b : c }, nobody);
    expect(await order()).toEqual(['d', 'b', 'c', 'a']);
    await expect(studio.queue.jobs.move({ jobId: a, lane: 'foreground', before: a.replace(/./g, '0') }, nobody)).rejects.toMatchObject({ code: 'REQUEST_INVALID' });
    const { dir } = studio;
    await studio.queue.close();
    await studio.library.close();
    const again = await openQueueStudio({ dir });
    try {
      expect((await again.queue.jobs.list({}, nobody)).map(({ request }) => request.prompt)).toEqual(['d', 'b', 'c', 'a']);
      expect(await again.queue.jobs.queue(undefined, nobody)).toMatchObject({ paused: true, runningJobId: null, counts: { queued: 4 } });
      await again.queue.jobs.resume(undefined, nobody);
      for (const { id } of await again.queue.jobs.list({}, nobody)) await again.until(id);
      const ended = again.told.flatMap((event) => (event.type === 'job' && event.job.state === 'done' ? [event.job.request.prompt] : []));
      expect(ended).toEqual(['d', 'b', 'c', 'a']);
    } finally {
      await again.close();
    }
    await open();
  });

  it('lets the running one go on when paused, and starts none', async () => {
    await open();
    const running = await studio.submit(draw('slow', { steps: 6 }));
    const waiting = await studio.submit(draw('a cube'));
    await studio.until(running.id, 'running');
    const status = await studio.queue.jobs.pause(undefined, nobody);
    expect(queueStatusSchema.parse(status)).toMatchObject({ paused: true, runningJobId: running.id });
    expect((await studio.until(running.id)).state).toBe('done');
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await studio.queue.jobs.get({ jobId: waiting.id }, nobody)).toMatchObject({ state: 'queued' });
    await studio.queue.jobs.resume(undefined, nobody);
    expect((await studio.until(waiting.id)).state).toBe('done');
    await studio.queue.jobs.clear({}, nobody);
    expect(await studio.queue.jobs.list({}, nobody)).toEqual([]);
    expect((await studio.library.history.gallery.search({})).items).toHaveLength(2);
  });
});

describe('closing', () => {
  it('interrupts what runs, keeps what waits', async () => {
    await open();
    const running = await studio.submit(slow);
    const waiting = await studio.submit(draw('a cube'));
    await studio.heard((event) => event.type === 'progress' && event.progress.step > 0);
    await studio.queue.close();
    const { jobs } = await studio.library.history.jobs.load();
    expect(jobs.map(({ id, state }) => [id, state])).toEqual([[running.id, 'interrupted'], [waiting.id, 'queued']]);
    await expect(studio.submit(draw('late'))).rejects.toMatchObject({ code: 'CANCELLED' });
  });
});

describe('a batch', () => {
  it('of a guidance study comes back as one labelled grid whose cells are its parents', async () => {
    await open();
    const { batch, jobs } = await studio.queue.batches.create({ request: { kind: 'textToImage', prompt: 'a red cube', steps: 1, seed: 3 }, seeds: 2, sweep: { txtCfg: [1, 5, 7.5] }, label: 'study' }, nobody);
    expect(jobs).toHaveLength(6);
    expect(batchRecordSchema.parse(batch)).toMatchObject({ label: 'study', grid: null, counts: { queued: expect.any(Number) } });
    expect(jobs.every(({ lane, batchId }) => lane === 'batch' && batchId === batch.id)).toBe(true);
    await studio.heard((event) => event.type === 'batch' && event.batch.grid !== null);
    const { grid } = await studio.queue.batches.get({ id: batch.id }, nobody);
    expect(grid).toMatchObject({ generationId: batch.id, columns: ['txtCfg 1', 'txtCfg 5', 'txtCfg 7.5'], rows: ['seed 3', 'seed 4'] });
    const row = await studio.library.history.gallery.get({ id: batch.id });
    expect(row).toMatchObject({ task: 'grid', label: 'study', prompt: 'a red cube' });
    expect(row.parents.every(({ role }) => role === 'cell')).toBe(true);
    expect(studio.reports).toEqual([]);
  });

  it('is cancelled as a whole', async () => {
    await open();
    const { batch } = await studio.queue.batches.create({ request: { kind: 'textToImage', prompt: 'slow', steps: 40 }, seeds: 5 }, nobody);
    await studio.heard((event) => event.type === 'progress' && event.progress.step > 0);
    await studio.queue.batches.cancel({ id: batch.id }, nobody);
    for (const id of batch.jobIds) expect((await studio.until(id)).state).toBe('cancelled');
    expect(await studio.queue.batches.expand({ request: { kind: 'textToImage', prompt: '{a|b}' }, wildcards: true, seeds: 2 }, nobody)).toEqual({ jobs: 4, prompts: ['a', 'b'] });
    await expect(studio.queue.batches.get({ id: 'none' }, nobody)).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});

describe('an answer', () => {
  it('streams its tokens and fills its turn of the chat', async () => {
    await open();
    const { chats } = studio.library.history;
    const ids = { chat: crypto.randomUUID(), turn: crypto.randomUUID() };
    await chats.create({ id: ids.chat, title: 'cube', projectId: null, images: [], questions: 0, createdAt: 1, updatedAt: 1 });
    await chats.saveTurns(ids.chat, [{ id: ids.turn, role: 'assistant', text: '', createdAt: 1, jobId: null, state: 'queued', tokens: null, stopReason: null, timingsMs: {}, failure: null }]);
    const job = await studio.submit({ kind: 'understand', prompt: 'what is it?', images: [], chatId: ids.chat, turnId: ids.turn });
    expect(await studio.until(job.id)).toMatchObject({ state: 'done', text: 'It is a red cube.', generationIds: [] });
    const tokens = studio.told.flatMap((event) => (event.type === 'token' ? [event] : []));
    expect(tokens.map(({ text }) => text).join('')).toBe('It is a red cube.');
    expect(tokens[0]).toMatchObject({ index: 0, chatId: ids.chat, turnId: ids.turn });
    expect((await chats.get(ids.chat)).turns[0]).toMatchObject({ text: 'It is a red cube.', state: 'done', tokens: 5, stopReason: 'eos', jobId: job.id });
  });
});

describe('following a job', () => {
  it('resumes after a seq and ends with the job', async () => {
    await open();
    const job = await studio.submit(draw('a cube', { steps: 3 }));
    const events = await all(studio.queue.jobs.follow({ jobId: job.id, afterSeq: 0 }, nobody));
    expect(events.at(-1)).toMatchObject({ type: 'job', job: { state: 'done' } });
    const later = await all(studio.queue.jobs.follow({ jobId: job.id, afterSeq: events[2]!.seq }, nobody));
    expect(later).toEqual(events.slice(3));
    const fresh = await all(studio.queue.jobs.follow({ jobId: job.id }, nobody));
    expect(fresh).toMatchObject([{ type: 'job', job: { state: 'done' } }]);
  });
});

describe('before it runs', () => {
  it('says how long it will take and what the model cannot know', async () => {
    await open();
    const ask = (prompt: string): ReturnType<typeof studio.queue.jobs.estimate> => studio.queue.jobs.estimate({ request: draw(prompt, { steps: 4, width: 64, height: 64 }) }, nobody);
    expect(await ask('a red cube')).toEqual({ totalMs: null, basis: 'none', warnings: [] });
    await studio.until((await studio.submit(draw('a red cube', { steps: 4 }))).id);
    expect(await ask('a red cube')).toMatchObject({ totalMs: expect.any(Number), basis: 'measured' });
    expect((await ask('a Zebra')).warnings).toMatchObject([{ kind: 'notKnown', items: ['Zebra'] }]);
    await expect(studio.queue.jobs.estimate({ request: draw('a'), modelId: 'other' }, nobody)).rejects.toMatchObject({ code: 'MODEL_MISSING' });
  });
});
