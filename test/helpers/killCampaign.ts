/** Kills the main side of a studio at random moments, again and again on one data folder, and looks after each for anything lost or left over. */
import { spawn } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import Database from 'better-sqlite3';
import { openLibrary } from '../../main/assets/library.ts';
import { dataFolder } from '../../main/history/dataFolder.ts';
import { Imaging } from '../../main/imaging/imaging.ts';
import { checkFiles } from './checkFiles.ts';
import { nobody, openQueueStudio } from './queueStudio.ts';

export interface CampaignResult {
  readonly kills: number;
  /** Jobs that were announced as done over all lives. */
  readonly announced: number;
  readonly problems: readonly string[];
}

interface Announced {
  readonly done: Map<string, string>;
  readonly submitted: Set<string>;
  readonly removed: Set<string>;
}

const host = join(import.meta.dirname, 'queueHost.ts');

/** `kills` lives of at most `lifeMs` after opening (one in six dies while it opens). Equal seeds give equal choices, not equal moments. */
export async function killCampaign(kills: number, seed: number, lifeMs = 1_500): Promise<CampaignResult> {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-kill-'));
  const problems: string[] = [];
  const announced: Announced = { done: new Map(), submitted: new Set(), removed: new Set() };
  let random = seed;
  const dice = (): number => (random = (Math.imul(random, 1103515245) + 12345) & 0x7fffffff) / 0x7fffffff;
  try {
    for (let life = 0; life < kills; life++) {
      await live(dir, seed * 1000 + life, life % 6 === 5 ? { openingMs: dice() * 900 } : { afterOpenMs: dice() * lifeMs }, announced, problems);
      checkDatabase(dir, problems, life);
      if (problems.length > 0) break;
    }
    await checkRows(dir, announced, problems);
    await checkEnd(dir, problems);
    return { kills, announced: announced.done.size, problems };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

type Death = { readonly openingMs: number } | { readonly afterOpenMs: number };

async function live(dir: string, seed: number, death: Death, announced: Announced, problems: string[]): Promise<void> {
  const child = spawn(process.execPath, [host, dir, String(seed)], { stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const kill = (ms: number): NodeJS.Timeout => setTimeout(() => child.kill('SIGKILL'), ms);
  let words = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => (words += text));
  if ('openingMs' in death) kill(death.openingMs);
  // A life that hangs would otherwise hang the campaign.
  const last = kill(30_000);
  const lines = createInterface({ input: child.stdout });
  lines.on('line', (line) => {
    if (!line.endsWith('}')) return; // cut off by the kill
    const said = JSON.parse(line) as { open?: true; done?: string; generationId?: string; submitted?: string; removed?: string[]; bug?: string; code?: string };
    if (said.open && 'afterOpenMs' in death) kill(death.afterOpenMs);
    if (said.done !== undefined) announced.done.set(said.done, said.generationId ?? '');
    if (said.submitted !== undefined) announced.submitted.add(said.submitted);
    for (const id of said.removed ?? []) announced.removed.add(id);
    if (said.bug !== undefined) problems.push(`in the studio: ${said.code}: ${said.bug}`);
  });
  await gone;
  clearTimeout(last);
  if (child.signalCode !== 'SIGKILL') problems.push(`a life ended by itself (${child.exitCode}): ${words.slice(-2000)}`);
}

function checkDatabase(dir: string, problems: string[], life: number): void {
  const path = dataFolder(dir).database;
  if (!existsSync(path)) return;
  const db = new Database(path);
  const verdict = db.pragma('integrity_check', { simple: true });
  const broken = db.pragma('foreign_key_check') as unknown[];
  db.close();
  if (verdict !== 'ok' || broken.length > 0) problems.push(`life ${life}: integrity ${String(verdict)}, ${broken.length} broken references`);
}

/** Whatever was announced is there; a job and its picture end together. */
async function checkRows(dir: string, announced: Announced, problems: string[]): Promise<void> {
  const imaging = new Imaging();
  const library = await openLibrary({ dir, imaging });
  try {
    if (library.notice) problems.push(`the history was damaged: ${library.notice.message}`);
    const { history, assets } = library;
    const { jobs } = await history.jobs.load();
    const states = new Map(jobs.map((job) => [job.id, job.state]));
    for (const [jobId, generationId] of announced.done) {
      const row = await history.gallery.get({ id: generationId }).catch(() => undefined);
      if (!row) problems.push(`job ${jobId} was announced, its row is lost`);
      else await assets.verify(row.hash).catch((error: unknown) => problems.push(`the picture of job ${jobId}: ${String(error)}`));
      if (states.get(jobId) !== 'done' && !announced.removed.has(jobId) && states.has(jobId)) problems.push(`job ${jobId} was announced as done and is ${states.get(jobId)}`);
    }
    for (const id of announced.submitted) if (!states.has(id) && !announced.removed.has(id) && !announced.done.has(id)) problems.push(`job ${id} was taken and is lost`);
    for (const job of jobs) {
      if (job.state !== 'done') continue;
      const row = await history.gallery.get({ id: job.generationIds[0] ?? '' }).catch(() => undefined);
      if (row?.jobId !== job.id) problems.push(`job ${job.id} is done without its picture`);
    }
  } finally {
    await library.close();
    await imaging.close();
  }
}

/** The queue goes on by itself; then every file has a row and every row its file. */
async function checkEnd(dir: string, problems: string[]): Promise<void> {
  const studio = await openQueueStudio({ dir });
  try {
    await studio.queue.jobs.resume(undefined, nobody);
    const jobs = await studio.queue.jobs.list({}, nobody);
    for (const { id } of jobs) await studio.until(id);
    for (const { failure } of await studio.queue.jobs.list({ states: ['failed'] }, nobody)) problems.push(`a job failed: ${failure?.code}: ${failure?.message}`);
    for (const { id, grid } of await studio.queue.batches.list(undefined, nobody)) {
      const cells = await studio.queue.jobs.list({ batchId: id, states: ['done'] }, nobody);
      if (grid !== null || new Set(cells.map(({ label }) => label)).size < 2) continue;
      await studio.heard((event) => event.type === 'batch' && event.batch.id === id && event.batch.grid !== null);
    }
    await checkFiles(studio, dir, problems);
    for (const failure of studio.reports) problems.push(`at the end: ${failure.code}: ${failure.message}`);
  } finally {
    await studio.close();
  }
}
