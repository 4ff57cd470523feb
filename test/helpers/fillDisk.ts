/** Stores pictures or rows in a folder until its disk is full, then frees some and goes on; or only opens it. Prints what happened as JSON. */
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { openLibrary } from '../../main/assets/library.ts';
import { toFailure } from '../../main/errors.ts';
import { newGeneration } from './historyRows.ts';
import { jobRecord } from './memoryRooms.ts';
import { plainImaging } from './plainImaging.ts';

const [dir = '', what = 'files'] = process.argv.slice(2);
const failures: { code: string; retryable: boolean; message: string }[] = [];
const kept: string[] = [];

async function main(): Promise<void> {
  if (what === 'open') return (await openLibrary({ dir, imaging: plainImaging })).close();
  const ballast = join(dir, 'ballast');
  writeFileSync(ballast, new Uint8Array(600_000));
  const { history, assets, close } = await openLibrary({ dir, imaging: plainImaging });
  const { hash: shared } = await assets.put(randomBytes(1000));
  const one = async (): Promise<void> => {
    const id = randomUUID();
    const hash = what === 'files' ? (await assets.put(randomBytes(50_000))).hash : shared;
    const job = jobRecord({ request: { kind: 'textToImage', prompt: what === 'files' ? 'a red cube' : randomBytes(6000).toString('hex'), seed: 1 } });
    await history.jobs.save([job]);
    await history.jobs.finish({ ...job, state: 'done' }, [newGeneration(hash, { id, prompt: job.request.prompt })]);
    kept.push(id);
  };
  for (let i = 0; i < 2000 && failures.length < 3; i++) {
    await one().catch((error: unknown) => {
      const { code, retryable, message } = toFailure(error);
      failures.push({ code, retryable, message });
    });
  }
  const full = kept.length;
  const readable = async (): Promise<number> => {
    let count = 0;
    for (const id of kept) {
      await assets.verify((await history.gallery.get({ id })).hash);
      count += 1;
    }
    return count;
  };
  const whileFull = await readable();
  const parts = existsSync(join(dir, 'assets', '.parts')) ? readdirSync(join(dir, 'assets', '.parts')) : [];
  rmSync(ballast);
  await one();
  const afterwards = await readable();
  await close();
  const again = await openLibrary({ dir, imaging: plainImaging });
  const total = (await again.history.gallery.timeline({})).total;
  console.log(JSON.stringify({ failures, full, whileFull, parts, afterwards, total, notice: again.notice }));
  await again.close();
}

main().catch((error: unknown) => console.log(JSON.stringify({ failed: toFailure(error) })));
