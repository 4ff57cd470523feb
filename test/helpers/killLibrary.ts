/** Kills a working studio again and again, and looks at what it leaves. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { expect } from 'vitest';
import { openLibrary } from '../../main/assets/library.ts';
import { plainImaging } from './plainImaging.ts';
import { seeded } from './random.ts';

interface Told {
  readonly queued: Set<string>;
  readonly kept: Set<string>;
}

function start(): ChildProcess {
  return spawn(process.execPath, [join(import.meta.dirname, 'libraryWriter.ts')], { stdio: ['pipe', 'pipe', 'inherit'] });
}

/** Lets it work for a random time, kills it, and notes what it had told. */
async function runAndKill(child: ChildProcess, dir: string, afterMs: number, told: Told): Promise<void> {
  let text = '';
  const closed = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const begun = new Promise<void>((resolve) => {
    child.stdout?.on('data', (data: Buffer) => {
      text += data.toString();
      resolve();
    });
  });
  child.stdin?.write(`${dir}\n`);
  await Promise.race([begun, closed]);
  await sleep(afterMs);
  child.kill('SIGKILL');
  await closed;
  // What stands after the last line break was never wholly told.
  for (const line of text.split('\n').slice(0, -1)) {
    const [word, id = ''] = line.split(' ');
    if (word === 'queued') told.queued.add(id);
    else if (word === 'kept') told.kept.add(id);
    else if (word === 'purging') told.kept.delete(id);
    else expect.unreachable(`the studio said: ${line}`);
  }
}

/** Opens the folder as the next start does: everything told is there, and nothing is left over. */
async function inspect(dir: string, told: Told): Promise<void> {
  const { history, assets, notice, rebuilding, close } = await openLibrary({ dir, imaging: plainImaging, graceMs: 0 });
  try {
    expect(notice).toBeNull();
    expect(rebuilding).toBeNull();
    expect(existsSync(join(dir, 'assets', '.parts'))).toBe(false);
    const jobs = new Map((await history.jobs.load()).jobs.map((job) => [job.id, job]));
    for (const id of told.queued) expect(jobs.has(id)).toBe(true);
    for (const id of told.kept) await assets.verify((await history.gallery.get({ id })).hash);
    for (const job of jobs.values()) if (job.state === 'done' && told.kept.has(job.generationIds[0] ?? '')) await history.gallery.get({ id: job.generationIds[0] ?? '' });
    // Twice: files without a row get one first, and are removed once that is no longer of the same millisecond.
    await assets.collect();
    await sleep(2);
    await assets.collect();
    for (const hash of storedHashes(dir)) expect(await history.assets.isUsed(hash)).toBe(true);
  } finally {
    await close();
  }
}

function storedHashes(dir: string): string[] {
  const root = join(dir, 'assets');
  return readdirSync(root).filter((name) => name.length === 2).flatMap((folder) => readdirSync(join(root, folder)).map((name) => folder + name.replace(/\.png$/, '')));
}

/** Returns how many results had been told as kept. */
export async function killLibrary(dir: string, times: number, seed: number): Promise<number> {
  const random = seeded(seed);
  const told: Told = { queued: new Set(), kept: new Set() };
  let child = start();
  try {
    for (let i = 0; i < times; i++) {
      await runAndKill(child, dir, random() * 150, told);
      // The next one loads while this one's remains are looked at.
      child = start();
      await inspect(dir, told);
    }
  } finally {
    child.kill('SIGKILL');
  }
  return told.kept.size;
}
