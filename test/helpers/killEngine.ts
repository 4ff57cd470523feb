/** Kills the engine of a studio at random moments while its queue is full, and looks afterwards whether anything was lost or differs. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { dataFolder } from '../../main/history/dataFolder.ts';
import { spawnNode } from '../../main/engine/spawnNode.ts';
import { checkFiles } from './checkFiles.ts';
import { draw, goldenModel, nobody, openQueueStudio, type QueueStudio } from './queueStudio.ts';
import { seeded } from './random.ts';

export interface EngineCampaign {
  readonly kills: number;
  /** Jobs that a kill interrupted. */
  readonly interrupted: number;
  readonly problems: readonly string[];
}

const seeds = 8;
/** Longer than the engine's start, its loading and a picture together, so that kills fall into all of them. */
const longestLifeMs = 1_500;

const request = (seed: number): ReturnType<typeof draw> => draw('a red cube', { width: 64, height: 64, steps: 12, seed });

/** The real engine with the golden model; equal seeds give equal choices, not equal moments. */
export async function killEngine(kills: number, seed: number): Promise<EngineCampaign> {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-kill-'));
  const problems: string[] = [];
  try {
    const interrupted = await campaign(dir, kills, seed, problems);
    checkDatabase(dir, problems);
    return { kills, interrupted, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

async function campaign(dir: string, kills: number, seed: number, problems: string[]): Promise<number> {
  const studio = await openQueueStudio({ dir, modelDir: goldenModel, spawn: spawnNode() });
  try {
    const undisturbed = new Map<number, string>();
    for (let i = 0; i < seeds; i++) undisturbed.set(i, await pixelsOf(studio, (await studio.submit(request(i))).id));
    const interrupted = await disturb(studio, kills, seeded(seed), problems);
    await checkPictures(studio, undisturbed, problems);
    await checkFiles(studio, dir, problems);
    for (const failure of studio.reports) problems.push(`${failure.code}: ${failure.message}`);
    return interrupted;
  } finally {
    await studio.close();
  }
}

async function pixelsOf(studio: QueueStudio, jobId: string): Promise<string> {
  const job = await studio.until(jobId);
  return (await studio.library.history.gallery.get({ id: job.generationIds[0] ?? '' })).hash;
}

/** Keeps the queue filled until so many engines have died; every interrupted job is retried, as often as it takes. */
async function disturb(studio: QueueStudio, kills: number, random: () => number, problems: string[]): Promise<number> {
  const waiting: string[] = [];
  let done = 0, interrupted = 0, next = 0, over = false;
  const killer = (async () => {
    for (; done < kills; done++) {
      await wait(random() * longestLifeMs);
      while (studio.host.status.pid === undefined) await wait(5);
      process.kill(studio.host.status.pid, 'SIGKILL');
    }
  })();
  // Three deaths in a row before any step pause the queue; a person would resume it.
  const person = (async () => {
    for (; !over; await wait(20)) if ((await studio.queue.jobs.queue(undefined, nobody)).paused) await studio.queue.jobs.resume(undefined, nobody);
  })();
  while (done < kills || waiting.length > 0) {
    while (done < kills && waiting.length < 3) waiting.push((await studio.submit(request(next++ % seeds))).id);
    const id = waiting.shift()!;
    const job = await studio.until(id);
    if (job.state === 'interrupted') {
      interrupted++;
      if (job.failure?.code !== 'ENGINE_CRASHED' || !job.failure.retryable || job.generationIds.length > 0) problems.push(`an interrupted job says ${JSON.stringify(job.failure)}`);
      waiting.push((await studio.queue.jobs.retry({ jobId: id }, nobody)).id);
    } else if (job.state !== 'done') problems.push(`a job is ${job.state}: ${job.failure?.code}: ${job.failure?.message}`);
  }
  over = true;
  await Promise.all([killer, person]);
  return interrupted;
}

/** Every finished job has its picture, and the picture of a seed is the same whenever and however often it was drawn. */
async function checkPictures(studio: QueueStudio, undisturbed: ReadonlyMap<number, string>, problems: string[]): Promise<void> {
  for (const job of await studio.queue.jobs.list({ states: ['done'] }, nobody)) {
    if (job.request.kind !== 'textToImage') continue;
    const row = await studio.library.history.gallery.get({ id: job.generationIds[0] ?? '' }).catch(() => undefined);
    if (!row) problems.push(`job ${job.id} is done without its picture`);
    else if (row.hash !== undisturbed.get(job.request.seed ?? -1)) problems.push(`seed ${job.request.seed} came out differently`);
  }
}

function checkDatabase(dir: string, problems: string[]): void {
  const db = new Database(dataFolder(dir).database, { readonly: true });
  const verdict = db.pragma('integrity_check', { simple: true });
  db.close();
  if (verdict !== 'ok') problems.push(`integrity ${String(verdict)}`);
}
