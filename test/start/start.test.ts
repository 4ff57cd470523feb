/** `npm start` as a person types it, in the browser's way. */
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { electronBinary, findElectron, noWindowReason } from '../../main/cli/electronApp.ts';
import { openBrowser } from '../../main/cli/openBrowser.ts';

const launcher = join(import.meta.dirname, '../../main/cli/launch.mjs');
let dir: string;
const children: ChildProcess[] = [];

beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'ovis-start-'));
});
afterEach(() => {
  for (const child of children.splice(0)) child.kill('SIGKILL');
  rmSync(dir, { recursive: true, force: true });
});

interface Started {
  readonly child: ChildProcess;
  out(): string;
  err(): string;
  readonly exit: Promise<number | null>;
}

function npmStart(...args: string[]): Started {
  const child = spawn(process.execPath, [launcher, 'start', ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  children.push(child);
  let out = '';
  let err = '';
  child.stdout.setEncoding('utf8').on('data', (text: string) => (out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (err += text));
  return { child, out: () => out, err: () => err, exit: new Promise((resolve) => child.once('exit', resolve)) };
}

async function address(started: Started): Promise<string> {
  // The first start of a fresh copy builds the page.
  await vi.waitFor(() => expect(started.out(), started.err()).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/\?token=[\w-]{32}\n$/), { timeout: 55_000, interval: 100 });
  return started.out().trim();
}

describe('npm start', () => {
  it('serves the studio on its data folder until it is told to stop', async () => {
    const data = join(dir, 'data');
    const started = npmStart('--no-open', '--data', data);
    const link = await address(started);
    const welcome = await fetch(link, { redirect: 'manual' });
    expect(welcome.status).toBe(303);
    const page = await fetch(new URL('/', link), { headers: { cookie: welcome.headers.get('set-cookie')?.split(';')[0] ?? '' } });
    expect(await page.text()).toContain('<title>Ovis Studio</title>');
    expect(statSync(join(data, 'running.json')).mode & 0o077).toBe(0);

    // A second one on the same folder hands out another address of the first, and ends.
    const second = npmStart('--no-open', '--data', data);
    const otherLink = await address(second);
    expect(await second.exit).toBe(0);
    expect(new URL(otherLink).origin).toBe(new URL(link).origin);
    expect(second.err()).toContain('already runs');
    expect((await fetch(otherLink, { redirect: 'manual' })).status).toBe(303);

    started.child.kill('SIGINT');
    expect(await started.exit).toBe(0);
    expect(existsSync(join(data, 'running.json'))).toBe(false);
    expect(existsSync(join(data, 'history.db'))).toBe(true);
  });

  it('takes the port it is given, and says when that is taken', async () => {
    const first = npmStart('--no-open', '--data', join(dir, 'a'));
    const { port } = new URL(await address(first));
    const second = npmStart('--port', port, '--no-open', '--data', join(dir, 'b'));
    expect(await second.exit).toBe(1);
    expect(second.err()).toContain(`Port ${port} cannot be used`);
    first.child.kill('SIGTERM');
    expect(await first.exit).toBe(0);
  });

  it('says in a sentence why a data folder cannot be used', async () => {
    writeFileSync(join(dir, 'file'), '');
    const started = npmStart('--no-open', '--data', join(dir, 'file'));
    expect(await started.exit).toBe(1);
    expect(started.err()).toContain('Choose another with --data');
    expect(started.out()).toBe('');
  });

  it.each([[['--port', '70000']], [['--port', 'x']], [['--surprise']], [['word']]])('refuses %j', async (args) => {
    const started = npmStart('--no-open', '--data', join(dir, 'data'), ...args);
    expect([1, 2]).toContain(await started.exit);
    expect(started.err()).not.toBe('');
  });

  it('has a help', async () => {
    const started = npmStart('--help');
    expect(await started.exit).toBe(0);
    for (const option of ['--browser', '--no-open', '--port N', '--data DIR']) expect(started.out()).toContain(option);
  });
});

/** An Electron package without its binary, whose installer is ours. */
function electronPackage(installer: string): string {
  const packageDir = join(dir, 'electron');
  mkdirSync(packageDir, { recursive: true });
  writeFileSync(join(packageDir, 'package.json'), '{"name":"electron","version":"1.2.3"}');
  writeFileSync(join(packageDir, 'install.js'), installer);
  return packageDir;
}

describe('the desktop window', () => {
  const binaryName = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' }[process.platform as string] ?? 'electron';
  const fetches = `
    const fs = require('fs'), path = require('path');
    fs.mkdirSync(path.dirname(path.join(__dirname, 'dist', ${JSON.stringify(binaryName)})), { recursive: true });
    fs.writeFileSync(path.join(__dirname, 'dist', ${JSON.stringify(binaryName)}), '');`;

  it('is fetched once, announced', async () => {
    const packageDir = electronPackage(fetches);
    const said: string[] = [];
    const binary = await findElectron({ say: (text) => said.push(text), dataDir: join(dir, 'data'), packageDir });
    expect(binary).toBe(electronBinary(packageDir));
    expect(said.join('')).toMatch(/Fetching the desktop window, Electron 1\.2\.3.*--browser/);
    said.length = 0;
    expect(await findElectron({ say: (text) => said.push(text), dataDir: join(dir, 'data'), packageDir })).toBe(binary);
    expect(said).toEqual([]);
  });

  it('is not asked for again after a failure, until another version', async () => {
    const packageDir = electronPackage(`require('fs').appendFileSync(${JSON.stringify(join(dir, 'tries'))}, 'x'); process.exit(1);`);
    const world = { say: () => undefined, dataDir: join(dir, 'data'), packageDir };
    expect(await findElectron(world)).toBeUndefined();
    expect(await findElectron(world)).toBeUndefined();
    expect(readFileSync(join(dir, 'tries'), 'utf8')).toBe('x');
    writeFileSync(join(packageDir, 'package.json'), '{"name":"electron","version":"1.2.4"}');
    expect(await findElectron(world)).toBeUndefined();
    expect(readFileSync(join(dir, 'tries'), 'utf8')).toBe('xx');
  });

  it('is waited for only so long', async () => {
    const packageDir = electronPackage('setInterval(() => {}, 1000);');
    const said: string[] = [];
    expect(await findElectron({ say: (text) => said.push(text), dataDir: join(dir, 'data'), packageDir, limitMs: 300 })).toBeUndefined();
    expect(said.join('')).toContain('not done within 0.3 s');
    expect(JSON.parse(readFileSync(join(dir, 'data/electron-install.json'), 'utf8'))).toMatchObject({ version: '1.2.3' });
  });

  it('is not missed where the package is absent', async () => {
    expect(await findElectron({ say: () => undefined, dataDir: dir, packageDir: join(dir, 'none') })).toBeUndefined();
  });

  it.runIf(process.platform === 'linux')('needs a display', () => {
    expect(noWindowReason({})).toContain('no display');
    expect(openBrowser('http://127.0.0.1/', {})).toBe(false);
  });
});
