import { afterEach, describe, expect, it } from 'vitest';
import { StudioError } from '../errors.ts';
import { draw, nobody, openQueueStudio, type QueueStudio, type QueueStudioOptions } from '../../test/helpers/queueStudio.ts';

let studio: QueueStudio;
const open = async (options: QueueStudioOptions = {}): Promise<QueueStudio> => (studio = await openQueueStudio(options));
afterEach(() => studio.close());

describe('a full disk', () => {
  it('fails the job clearly, pauses the queue, and goes on where it stood once there is room', async () => {
    let full = true;
    await open({
      wrap: (parts) => ({
        ...parts,
        pictures: { ...parts.pictures, save: async (image, generation) => {
          if (full) throw new StudioError('DISK_FULL', 'No disk space.', {}, { retryable: true });
          return parts.pictures.save(image, generation);
        } },
      }),
    });
    const job = await studio.submit(draw('a cube'));
    const next = await studio.submit(draw('a ball'));
    expect(await studio.until(job.id)).toMatchObject({ state: 'failed', failure: { code: 'DISK_FULL', retryable: true } });
    await studio.heard((event) => event.type === 'queue' && event.queue.paused);
    expect(await studio.queue.jobs.get({ jobId: next.id }, nobody)).toMatchObject({ state: 'queued' });
    full = false;
    await studio.queue.jobs.resume(undefined, nobody);
    expect((await studio.until(next.id)).state).toBe('done');
  });

  it('pauses before starting what cannot be written down, and writes ends later that were refused', async () => {
    let full = false;
    const room = async (): Promise<void> => {
      if (full) throw new StudioError('DISK_FULL', 'No disk space.', {}, { retryable: true });
    };
    await open({
      wrap: (parts) => {
        const { jobs } = parts.history;
        const rows = {
          ...jobs,
          save: async (records: Parameters<typeof jobs.save>[0]) => { await room(); await jobs.save(records); },
          finish: async (...args: Parameters<typeof jobs.finish>) => { await room(); await jobs.finish(...args); },
          setPaused: async (paused: boolean) => { await room(); await jobs.setPaused(paused); },
        };
        return { ...parts, history: { ...parts.history, jobs: rows } };
      },
    });
    const job = await studio.submit(draw('slow', { steps: 3 }));
    const next = await studio.submit(draw('a cube'));
    await studio.heard((event) => event.type === 'progress' && event.progress.step > 0);
    full = true;
    expect(await studio.until(job.id)).toMatchObject({ state: 'failed', failure: { code: 'DISK_FULL' } });
    await studio.heard((event) => event.type === 'queue' && event.queue.paused);
    await expect(studio.submit(draw('another'))).rejects.toMatchObject({ code: 'DISK_FULL' });
    full = false;
    await studio.queue.jobs.resume(undefined, nobody);
    expect((await studio.until(next.id)).state).toBe('done');
    const { jobs } = await studio.library.history.jobs.load();
    expect(jobs.find(({ id }) => id === job.id)).toMatchObject({ state: 'failed' });
  });
});

describe('an engine that always dies before its first step', () => {
  it('stops the queue before everything that waits is burnt', async () => {
    await open();
    const jobs = [];
    for (let i = 0; i < 5; i++) jobs.push(await studio.submit(draw('exit')));
    await studio.heard((event) => event.type === 'queue' && event.queue.paused);
    const states = (await studio.queue.jobs.list({}, nobody)).map(({ state }) => state);
    expect(states.filter((state) => state === 'interrupted')).toHaveLength(3);
    expect(states.filter((state) => state === 'queued')).toHaveLength(2);
  });
});
