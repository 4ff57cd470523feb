/** Builds what is started from sources: the page, the desktop app's own files, and the bundle of the studio in a browser. Nothing is built twice. */
import { spawn } from 'node:child_process';
import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { StudioError } from '../errors.ts';
import { bundleFolder, bundleState, isOlder } from './bundle.mjs';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const pageDir = join(root, 'out/renderer');

const longestBuildMs = 120_000;

const viteScript = 'node_modules/vite/bin/vite.js';

export interface Target {
  readonly what: string;
  readonly built: string;
  /** Files and folders from which it is made. */
  readonly sources: readonly string[];
  readonly command: readonly [script: string, ...args: string[]];
}

const page: Target = {
  what: 'the page',
  built: join(pageDir, 'index.html'),
  sources: ['renderer', 'preload/contract', 'package.json'],
  command: [viteScript, 'build', '--config', 'renderer/vite.config.ts', '--logLevel', 'error'],
};

/** Main and preload, without the page. */
const shell: Target = {
  what: 'the desktop app',
  built: join(root, 'out/preload/index.cjs'),
  sources: ['main', 'native', 'preload', 'electron.vite.config.ts', 'package.json'],
  command: ['node_modules/electron-vite/bin/electron-vite.js', 'build', '--mode', 'shell', '--logLevel', 'error'],
};

export const buildPage = (say: (text: string) => void): Promise<void> => build(page, say);
/** The page included. */
export async function buildDesktop(say: (text: string) => void): Promise<void> {
  await build(page, say);
  await build(shell, say);
}

/** One file of what `npm start` runs, for the next start: this one has its modules already. Where it cannot be made, the sources do. */
export async function buildBundle(): Promise<void> {
  if (bundleState() === 'fresh' || !(await isThere(viteScript))) return;
  await alone(async () => {
    if (bundleState() === 'fresh') return;
    const [made, former] = [`${bundleFolder}.new`, `${bundleFolder}.old`];
    await run(process.execPath, [join(root, 'main/cli/bundle.config.ts'), made], 'the bundle');
    await rm(former, { recursive: true, force: true });
    await rename(bundleFolder, former).catch(() => undefined);
    await rename(made, bundleFolder);
    await rm(former, { recursive: true, force: true });
  });
}

const isThere = async (path: string): Promise<boolean> => (await stat(join(root, path)).catch(() => undefined)) !== undefined;

/** Makes it unless it is there and younger than its sources. REQUEST_INVALID without the development packages, INTERNAL where it cannot be made. */
export async function build(target: Target, say: (text: string) => void): Promise<void> {
  if (await isFresh(target)) return;
  const [script, ...args] = target.command;
  if (!(await isThere(script))) {
    throw new StudioError('REQUEST_INVALID', `Building ${target.what} needs the development packages: run "npm ci" without --omit=dev.`, { missing: script });
  }
  await alone(async () => {
    if (await isFresh(target)) return;
    const started = Date.now();
    say(`Building ${target.what} …\n`);
    await run(process.execPath, [join(root, script), ...args], target.what);
    say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.\n`);
  });
}

/** Two builds at once would empty each other's folder. A folder is the lock: making it succeeds once. */
async function alone(work: () => Promise<void>): Promise<void> {
  const lock = join(root, 'out/.building');
  await mkdir(join(root, 'out'), { recursive: true });
  for (;;) {
    try {
      await mkdir(lock);
      break;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'EEXIST') throw error;
      const since = (await stat(lock).catch(() => undefined))?.mtimeMs ?? Date.now();
      // Left behind by a build that was killed.
      if (Date.now() - since > longestBuildMs) await rm(lock, { recursive: true, force: true });
      else await delay(200);
    }
  }
  try {
    await work();
  } finally {
    await rm(lock, { recursive: true, force: true });
  }
}

/** Built after the last change of any of its sources. */
async function isFresh({ built, sources }: Target): Promise<boolean> {
  const made = await stat(built).catch(() => undefined);
  return made !== undefined && sources.every((source) => isOlder(join(root, source), made.mtimeMs));
}

function run(command: string, args: readonly string[], what: string): Promise<void> {
  return new Promise((resolve, reject) => {
    // Everything a build says goes to stderr: stdout is for the studio's address.
    // Built for use whoever asks for it: a test that starts the studio would get a page several times as slow, and leave it to the next start.
    const child = spawn(command, args, { cwd: root, env: { ...process.env, NODE_ENV: 'production' }, stdio: ['ignore', process.stderr, process.stderr] });
    child.on('error', (error) => reject(new StudioError('INTERNAL', `${what} could not be built: ${error.message}`, {}, { cause: error })));
    child.on('exit', (code) => {
      if (code === 0) resolve();
      else reject(new StudioError('INTERNAL', `${what} could not be built; the messages above say why.`, { exitCode: code }));
    });
  });
}
