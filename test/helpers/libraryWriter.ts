/** A studio that works without pause, to be killed: waits for a folder, then tells on stdout what it has been told is kept. */
import { randomBytes, randomUUID } from 'node:crypto';
import { createInterface } from 'node:readline';
import { openLibrary } from '../../main/assets/library.ts';
import { newGeneration } from './historyRows.ts';
import { jobRecord } from './memoryRooms.ts';
import { plainImaging } from './plainImaging.ts';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function work(dir: string): Promise<void> {
  const { history, assets, notice } = await openLibrary({ dir, imaging: plainImaging, graceMs: 0 });
  if (notice) say(`damaged ${notice.message}`);
  const kept: string[] = [];
  for (let round = 0; ; round++) {
    const { hash: source } = await assets.put(randomBytes(2000));
    const job = jobRecord({ request: { kind: 'edit', prompt: `a red cube ${round}`, seed: round, image: source } });
    // Between put and save a collection may take the file: that is what the grace is for, and here there is none.
    await history.jobs.save([job]);
    say(`queued ${job.id}`);
    const { hash } = await assets.put(randomBytes(20_000));
    const id = randomUUID();
    const row = newGeneration(hash, { id, jobId: job.id, request: job.request.kind === 'edit' ? job.request : null, createdAt: Date.now() });
    await history.jobs.finish({ ...job, state: 'done', generationIds: [id] }, [row]);
    say(`kept ${id}`);
    kept.push(id);
    await history.gallery.tag({ ids: [id], add: ['kept'], remove: [] });
    if (round % 3 === 2) {
      const gone = kept.shift() ?? '';
      say(`purging ${gone}`);
      await history.gallery.trash({ ids: [gone] });
      await history.gallery.purge([gone]);
      await assets.collect();
    }
  }
}

createInterface({ input: process.stdin }).once('line', (dir) => void work(dir));
