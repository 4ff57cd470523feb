import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { killEngine } from '../helpers/killEngine.ts';
import { draw, goldenModel, nobody, openQueueStudio, type QueueStudio } from '../helpers/queueStudio.ts';
import type { JobRecord } from '../../preload/contract/jobs.ts';

let studio: QueueStudio | undefined;
afterEach(async () => {
  await studio?.close();
  studio = undefined;
});

const pixelsOf = async (where: QueueStudio, job: JobRecord): Promise<string> => (await where.library.history.gallery.get({ id: job.generationIds[0]! })).hash;

/** Kills the engine as the system would. */
function killNow(where: QueueStudio): void {
  const { pid } = where.host.status;
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}

describe('kill -9 of the real engine in the middle of a job', () => {
  it('interrupts that job with the reason, runs the next one, and a retry gives the picture that it would have given', async () => {
    const here = (studio = await openQueueStudio({ modelDir: goldenModel, spawn: spawnNode() }));
    const request = draw('a red cube', { width: 64, height: 64, steps: 30, seed: 11 });
    const undisturbed = await here.until((await here.submit(request)).id);
    expect(undisturbed).toMatchObject({ state: 'done' });

    const victim = await here.submit(request);
    const next = await here.submit(draw('a blue ball', { width: 64, height: 64, steps: 2, seed: 12 }));
    await here.heard((event) => event.type === 'progress' && event.jobId === victim.id && event.progress.step >= 2);
    killNow(here);
    expect(await here.until(victim.id)).toMatchObject({ state: 'interrupted', generationIds: [], failure: { code: 'ENGINE_CRASHED', retryable: true, details: { signal: 'SIGKILL' } } });
    expect(await here.until(next.id)).toMatchObject({ state: 'done' });

    const retry = await here.until((await here.queue.jobs.retry({ jobId: victim.id }, nobody)).id);
    expect(retry).toMatchObject({ state: 'done', originJobId: victim.id });
    expect(await pixelsOf(here, retry)).toBe(await pixelsOf(here, undisturbed));
  });

  it('works on stored pictures: edit, inpaint, outpaint, control, ask, and the results descend from them', async () => {
    const here = (studio = await openQueueStudio({ modelDir: goldenModel, spawn: spawnNode() }));
    const image = (await here.library.assets.put(readFileSync(join(goldenModel, 'edit_image.png')))).hash;
    const small = { steps: 1, seed: 1 };
    const jobs = (await here.queue.jobs.submit({ requests: [
      { kind: 'edit', prompt: 'make it red', image, ...small },
      { kind: 'inpaint', prompt: 'a cube', image, denoiseMask: image, ...small },
      { kind: 'outpaint', prompt: 'more', image, left: 0, top: 0, right: 32, bottom: 0, ...small },
      { kind: 'control', prompt: 'a cube', control: 'canny', map: image, ...small },
      { kind: 'understand', prompt: 'what is it?', images: [image], options: { maxTokens: 3 } },
    ] }, nobody));
    for (const { id, request } of jobs) {
      const job = await here.until(id);
      expect(job, `${request.kind}: ${job.failure?.message}`).toMatchObject({ state: 'done' });
      if (request.kind === 'understand') continue;
      const row = await here.library.history.gallery.get({ id: job.generationIds[0]! });
      expect(row).toMatchObject({ task: request.kind, steps: 1, reproduce: { threads: 1 } });
      expect(row.parents).toContainEqual(expect.objectContaining({ hash: image }));
    }
    expect(here.reports).toEqual([]);
  });
});

it('kill -9 of the engine at 50 random moments interrupts only what ran; every retry gives the undisturbed picture', async () => {
  const seed = Date.now() % 100_000;
  const { problems, interrupted } = await killEngine(50, seed);
  expect(problems, `seed ${seed}`).toEqual([]);
  expect(interrupted).toBeGreaterThan(10);
}, 600_000);

// Only Linux counts private mappings against this limit.
it.skipIf(process.platform !== 'linux')('out of memory ends the job in plain words, the engine starts again by itself, and a smaller picture succeeds', async () => {
  // Only the engine is limited: enough for Node and a small picture, far from enough for a large one.
  const limited = spawnNode({ execPath: 'bash', execArgv: ['-c', 'ulimit -d 1500000 && exec "$0" "$@"', process.execPath] });
  const here = (studio = await openQueueStudio({ modelDir: goldenModel, spawn: limited }));
  const run = async (side: number): Promise<JobRecord> => here.until((await here.submit(draw('a red cube', { width: side, height: side, work: { width: side, height: side }, steps: 1 }))).id);
  expect(await run(64)).toMatchObject({ state: 'done' });
  const large = await run(1536);
  expect(large.state).toMatch(/failed|interrupted/);
  expect(large.failure).toMatchObject({ code: 'OUT_OF_MEMORY', message: expect.stringMatching(/memory/i) });
  expect(await run(64)).toMatchObject({ state: 'done' });
});
