/** The desktop app from sources: finds Electron's binary, fetches it once if it may, and starts it. */
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { root } from './pageBuild.ts';

/** The one fetch that nobody asked for must not keep anybody waiting. */
const installLimitMs = 20_000;
const electronDir = join(root, 'node_modules/electron');

export interface ElectronWorld {
  readonly say: (text: string) => void;
  readonly dataDir: string;
  /** Where Electron's package lies. */
  readonly packageDir?: string;
  readonly limitMs?: number;
}

/** The binary, without requiring the package: that alone would start a download. */
export function electronBinary(packageDir = electronDir): string | undefined {
  const dist = process.env['ELECTRON_OVERRIDE_DIST_PATH'] ?? join(packageDir, 'dist');
  const name = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron';
  const path = join(dist, name);
  return existsSync(path) ? path : undefined;
}

/** Why a window cannot be opened here at all, or undefined. */
export function noWindowReason(env: NodeJS.ProcessEnv = process.env): string | undefined {
  if (process.platform !== 'linux') return undefined;
  if (!env['DISPLAY'] && !env['WAYLAND_DISPLAY']) return 'There is no display for a window';
  // Chromium's sandbox cannot be entered by root, and without it we do not start.
  if (process.getuid?.() === 0) return 'A window is not opened for root';
  return undefined;
}

/** Electron's binary, fetched once where it is missing. Undefined = not to be had; why was said. */
export async function findElectron(world: ElectronWorld): Promise<string | undefined> {
  const { say, dataDir, packageDir = electronDir, limitMs = installLimitMs } = world;
  const found = electronBinary(packageDir);
  if (found !== undefined) return found;
  const installer = join(packageDir, 'install.js');
  if (!existsSync(installer)) {
    say('Electron is not installed.\n');
    return undefined;
  }
  const version = (JSON.parse(readFileSync(join(packageDir, 'package.json'), 'utf8')) as { version: string }).version;
  const memory = join(dataDir, 'electron-install.json');
  const remembered = await readFile(memory, 'utf8').catch(() => '');
  if (remembered.includes(`"${version}"`)) {
    say('The desktop window is not installed (npx install-electron fetches it).\n');
    return undefined;
  }
  say(`Fetching the desktop window, Electron ${version}, about 120 MB, once. "npm start -- --browser" does without.\n`);
  const failure = await install(installer, packageDir, limitMs);
  const binary = electronBinary(packageDir);
  if (failure === undefined && binary !== undefined) return binary;
  await mkdir(dataDir, { recursive: true }).catch(() => undefined);
  await writeFile(memory, `${JSON.stringify({ version, failure: failure ?? 'no binary', at: new Date().toISOString() })}\n`).catch(() => undefined);
  say(`The desktop window could not be fetched (${failure ?? 'no binary'}); it is not tried again. "npx install-electron" does.\n`);
  return undefined;
}

function install(installer: string, cwd: string, limitMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const child = spawn(process.execPath, [installer], { cwd, stdio: ['ignore', process.stderr, process.stderr] });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve(`not done within ${limitMs / 1000} s`);
    }, limitMs);
    child.on('error', (error) => {
      clearTimeout(timer);
      resolve(error.message);
    });
    child.on('exit', (code) => {
      clearTimeout(timer);
      resolve(code === 0 ? undefined : 'the download failed');
    });
  });
}

/** Runs the app until it is closed. out: its exit code. */
export function runElectron(binary: string, dataDir: string): Promise<number> {
  return new Promise((resolve, reject) => {
    const { ELECTRON_RUN_AS_NODE: _none, ...env } = process.env;
    const child = spawn(binary, [root], { stdio: 'inherit', env: { ...env, OVIS_STUDIO_DATA: dataDir } });
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => child.kill(signal));
    child.on('error', reject);
    child.on('exit', (code) => resolve(code ?? 1));
  });
}
