/** The main side of a studio, to be killed: a queue on a real data folder, and an engine that draws at once. Says what it has announced, line by line. */
import { setTimeout as wait } from 'node:timers/promises';
import type { RgbImage } from '../../main/engine/protocol.ts';
import { seeded } from './random.ts';
import { openQueueStudio, draw, nobody } from './queueStudio.ts';

const [dir = '', seedText = '1'] = process.argv.slice(2);
const random = seeded(Number(seedText));

const say = (line: object): void => void process.stdout.write(`${JSON.stringify(line)}\n`);

/** Pixels that no other seed has. */
function picture(seed: number): RgbImage {
  const data = new Uint8Array(16 * 16 * 3);
  for (let i = 0; i < data.length; i++) data[i] = Math.imul(seed + 1, 2654435761 + i * 40503) >>> 24;
  return { width: 16, height: 16, data };
}

const reproduce = { engineVersion: '0', provider: 'cpu', precision: 'fp32', threads: 1, attention: 'fused', modelHash: '0'.repeat(64) } as const;

const studio = await openQueueStudio({
  dir,
  // As in life: a file just written is not collected before its row can be.
  graceMs: 3_600_000,
  wrap: (parts) => ({
    ...parts,
    history: {
      ...parts.history,
      jobs: {
        ...parts.history.jobs,
        remove: (ids) => {
          // Said before: the kill may come between the removal and its news.
          say({ removed: ids });
          return parts.history.jobs.remove(ids);
        },
      },
    },
    events: {
      follow: (...args) => parts.events.follow(...args),
      publish: (event) => {
        // Whatever a page could have seen must be there after the kill.
        if (event.type === 'job' && event.job.state === 'done') say({ done: event.jobId, generationId: event.job.generationIds[0] });
        return parts.events.publish(event);
      },
    },
    engine: {
      load: async () => ({ ...reproduce, dir, name: 'puppet', parameters: 1, weightBytes: 1, dtypes: [], contextImages: 1, sizes: [], defaults: { steps: 1, txtCfg: 5, imgCfg: 1.5 }, tasks: [], reproduce }),
      generate: async (request, run = {}) => {
        for (let step = 1; step <= 3; step++) {
          await wait(random() * 6);
          if (run.signal?.aborted) throw Object.assign(new Error('Cancelled.'), { code: 'CANCELLED' });
          run.onEvent?.({ type: 'step', step, steps: 3, stepMs: 1, leftMs: 3 - step });
          run.onEvent?.({ type: 'preview', step, image: picture(step) });
        }
        return { image: picture(request.seed ?? 0), seed: request.seed ?? 0, steps: 3, txtCfg: 5, imgCfg: 1.5, timingsMs: { denoise: 3 }, reproduce };
      },
      understand: async () => ({ text: '', tokens: 0, stopReason: 'eos', timingsMs: {} }),
    },
  }),
});
const { jobs, batches } = studio.queue;
say({ open: true });

// A restless person: submits, cancels, retries, moves and clears, all at once with the running queue.
for (;;) {
  const all = await jobs.list({}, nobody);
  const ended = all.filter(({ state: how }) => how === 'cancelled' || how === 'interrupted' || how === 'failed');
  const queued = all.filter(({ state: how }) => how === 'queued');
  const dice = random();
  const any = <T>(items: readonly T[]): T | undefined => items[Math.floor(random() * items.length)];
  try {
    if (queued.length < 6 || dice < 0.3) {
      const [job] = await jobs.submit({ requests: [draw('a cube', { seed: Math.floor(random() * 2 ** 31) })], lane: random() < 0.5 ? 'foreground' : 'batch', toFront: random() < 0.3 }, nobody);
      say({ submitted: job?.id });
    } else if (dice < 0.4) {
      const { batch } = await batches.create({ request: { kind: 'textToImage', prompt: 'a ball', seed: Math.floor(random() * 2 ** 31) }, sweep: { txtCfg: [1, 2] } }, nobody);
      say({ batch: batch.id });
    } else if (dice < 0.55) await jobs.cancel({ jobIds: [any(all)?.id ?? ''] }, nobody);
    else if (dice < 0.65) await jobs.retry({ jobId: any(ended)?.id ?? '' }, nobody);
    else if (dice < 0.75) await jobs.move({ jobId: any(queued)?.id ?? '', before: any(queued)?.id ?? null }, nobody);
    else if (dice < 0.8) await (random() < 0.5 ? jobs.pause(undefined, nobody) : jobs.resume(undefined, nobody));
    else if (dice < 0.83) await jobs.clear({}, nobody);
    else if (dice < 0.86) await studio.library.assets.collect();
    else await jobs.resume(undefined, nobody);
  } catch (error) {
    const { code } = error as { code?: string };
    // What it picked may have moved on: that is a typed answer, and anything else is a finding.
    if (code !== 'NOT_FOUND' && code !== 'REQUEST_INVALID') say({ bug: String(error), code });
  }
  for (const failure of studio.reports.splice(0)) say({ bug: failure.message, code: failure.code });
  await wait(random() * 8);
}
