/** A queue on a disk that is full to a different byte each time; prints how each round went. The folder must lie on a small disk of its own. */
import { closeSync, openSync, readdirSync, rmSync, statfsSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { toFailure } from '../../main/errors.ts';
import { dataFolder } from '../../main/history/dataFolder.ts';
import { draw, nobody, openQueueStudio } from './queueStudio.ts';

const disk = process.argv[2] ?? '';
const dir = join(disk, 'data');
const filler = join(disk, 'filler');

/** Fills the disk but for about `free` bytes. */
function fill(free: number): void {
  const { bavail, bsize } = statfsSync(disk);
  const file = openSync(filler, 'w');
  try {
    for (let left = bavail * bsize - free; left > 0; ) left -= writeSync(file, Buffer.alloc(Math.min(left, 65_536)));
  } catch {
    // Full a little earlier than counted.
  }
  closeSync(file);
}

const reproduce = { engineVersion: '0', provider: 'cpu', precision: 'fp32', threads: 1, attention: 'fused', modelHash: '0'.repeat(64) } as const;

const studio = await openQueueStudio({
  dir,
  wrap: (parts) => ({
    ...parts,
    engine: {
      load: async () => ({ ...reproduce, dir, name: 'noise', parameters: 1, weightBytes: 1, dtypes: [], contextImages: 1, sizes: [], defaults: { steps: 1, txtCfg: 5, imgCfg: 1.5 }, tasks: [], reproduce }),
      // Noise: a PNG of about 150 kB, another one for each seed.
      generate: async ({ seed = 0 }) => {
        let state = seed + 1;
        const data = Uint8Array.from({ length: 224 * 224 * 3 }, () => (state = Math.imul(state, 1103515245) + 12345) >>> 16);
        return { image: { width: 224, height: 224, data }, seed, steps: 1, txtCfg: 5, imgCfg: 1.5, timingsMs: { denoise: 1 }, reproduce };
      },
      understand: async () => ({ text: '', tokens: 0, stopReason: 'eos', timingsMs: {} }),
    },
  }),
});
const { jobs } = studio.queue;
const rounds: string[] = [];
const waited = new Set<string>();
const pausedAfter = (from: number): Promise<unknown> => studio.heard((event) => event.type === 'queue' && event.queue.paused && studio.told.indexOf(event) >= from);
for (let round = 0; round < 24; round++) {
  fill(round * 20_480);
  let outcome: string;
  try {
    const { id } = await studio.submit(draw('noise', { seed: round * 2 }));
    // Its start could not even be written down: then it waits, and the queue with it.
    await Promise.race([studio.until(id), pausedAfter(studio.told.length)]);
    const job = await jobs.get({ jobId: id }, nobody);
    outcome = job.failure?.code ?? (job.state === 'queued' ? 'waits' : job.state);
    waited.add(id);
  } catch (error) {
    outcome = `refused ${toFailure(error).code}`;
  }
  rmSync(filler);
  await jobs.resume(undefined, nobody);
  const next = await studio.until((await studio.submit(draw('noise', { seed: round * 2 + 1 }))).id);
  waited.add(next.id);
  rounds.push(`${outcome}, then ${next.failure?.code ?? next.state}`);
}
const done = new Set<string>();
for (const id of waited) if ((await studio.until(id)).state === 'done') done.add(id);
await studio.library.assets.collect();
const rows = (await studio.library.history.gallery.search({ limit: 500 })).items;
const stored = (await studio.library.history.jobs.load()).jobs;
await studio.close();
const files = readdirSync(dataFolder(dir).assets, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile());
process.stdout.write(`${JSON.stringify({
  rounds, rows: rows.length, done: done.size, files: files.length, parts: files.filter(({ name }) => name.endsWith('.part')).length,
  storedDone: stored.filter(({ state }) => state === 'done').length, unended: stored.filter(({ state }) => state === 'running' || state === 'queued').length,
})}\n`);
