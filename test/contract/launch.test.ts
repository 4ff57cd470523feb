import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

/** The launcher in a tree of its own, whose scripts only say how they were called. */
let root: string;
const echo = `console.log(JSON.stringify({ args: process.argv.slice(2), cwd: process.cwd() })); process.exitCode = Number(process.argv[2]) || 0;`;

beforeAll(() => {
  root = mkdtempSync(join(tmpdir(), 'ovis-launch-'));
  for (const folder of ['main/cli', 'test/bench', 'node_modules/zod', 'elsewhere']) mkdirSync(join(root, folder), { recursive: true });
  writeFileSync(join(root, 'package.json'), '{"type": "module"}');
  writeFileSync(join(root, 'main/cli/studio.ts'), `const typed: number = 1; ${echo}`);
  writeFileSync(join(root, 'test/bench/engine.ts'), echo);
  for (const file of ['launch.mjs', 'bundle.mjs']) cpSync(join(import.meta.dirname, '../../main/cli', file), join(root, 'main/cli', file));
});
afterAll(() => rmSync(root, { recursive: true }));

function launch(args: readonly string[], options: { env?: Record<string, string>; pretend?: string } = {}): { status: number | null; stdout: string; stderr: string } {
  const pretend = options.pretend === undefined ? [] : ['--import', `data:text/javascript,Object.defineProperty(process.versions,'node',{value:'${options.pretend}'})`];
  return spawnSync(process.execPath, [...pretend, join(root, 'main/cli/launch.mjs'), ...args], { cwd: root, encoding: 'utf8', env: { ...process.env, INIT_CWD: '', ...options.env } });
}

describe('the launcher', () => {
  it('runs a TypeScript entry with its arguments and passes the exit code on', () => {
    const ran = launch(['studio', '3', '--json', 'a b']);
    expect(JSON.parse(ran.stdout)).toEqual({ args: ['3', '--json', 'a b'], cwd: root });
    expect(ran).toMatchObject({ status: 3, stderr: '' });
  });

  it('stands where the person stands, not where npm went', () => {
    const ran = launch(['studio'], { env: { INIT_CWD: join(root, 'elsewhere'), npm_lifecycle_event: 'studio' } });
    expect(JSON.parse(ran.stdout)).toMatchObject({ cwd: join(root, 'elsewhere') });
  });

  it('dispatches benches by name', () => {
    expect(JSON.parse(launch(['bench', 'engine', '--json']).stdout)).toMatchObject({ args: ['--json'] });
    expect(launch(['bench', '../cli/studio'])).toMatchObject({ status: 2, stderr: expect.stringContaining('There is: engine') });
  });

  it.each([
    ['an old Node', ['studio'], { pretend: '20.20.2' }, 'needs Node 22.12 or newer'],
    ['an unknown command', ['dance'], {}, 'npm run studio -- --help'],
    ['a script that is not there', ['golden'], {}, 'test/parity/golden.ts is not part of this copy'],
  ])('refuses %s clearly', (_name, args, options, words) => {
    expect(launch(args, options)).toMatchObject({ status: 2, stdout: '', stderr: expect.stringContaining(words) });
  });

  describe('where what it starts was bundled', () => {
    const bundled = `console.log('the bundle');${' '.repeat(5_000)}`;
    const worker = 'console.log(1);';
    const sum = (text: string): string => createHash('sha256').update(text).digest('hex');
    const write = (file: string, text: string): void => writeFileSync(join(root, 'out/host', file), text);
    beforeAll(() => {
      mkdirSync(join(root, 'out/host/history'), { recursive: true });
      writeFileSync(join(root, 'main/cli/start.ts'), `console.log('the sources');`);
    });
    beforeEach(() => {
      write('start.js', bundled);
      write('history/worker.js', worker);
      write('sums.json', JSON.stringify({ 'start.js': sum(bundled), 'history/worker.js': sum(worker) }));
    });
    const isSaid = expect.stringMatching(/^The bundle in out\/host is damaged: [^\n]+\n$/);

    it('runs that', () => {
      expect(launch(['start'])).toMatchObject({ status: 0, stdout: 'the bundle\n', stderr: '' });
    });

    it.each<[string, () => void]>([
      ['cut off', () => write('start.js', bundled.slice(0, 40))],
      ['empty', () => write('start.js', '')],
      ['no program any more', () => write('start.js', bundled.replace('console', 'con{ole'))],
      ['changed in a byte', () => write('start.js', `${bundled.slice(0, -1)}\t`)],
      ['without the file of a thread', () => rmSync(join(root, 'out/host/history/worker.js'))],
      ['without sums that can be read', () => write('sums.json', '{"start.js":')],
      ['without any sums', () => write('sums.json', '{}')],
      ['of sums of another kind', () => write('sums.json', 'null')],
      ['of a sum that is none', () => write('sums.json', '{"start.js": 7}')],
    ])('runs the sources, and says so in a line, where it is %s', (_what, damage) => {
      damage();
      expect(launch(['start'])).toMatchObject({ status: 0, stdout: 'the sources\n', stderr: isSaid });
    });

    it('runs the sources where there is none, or an older one, without a word', () => {
      rmSync(join(root, 'out/host/sums.json'));
      expect(launch(['start'])).toMatchObject({ status: 0, stdout: 'the sources\n', stderr: '' });
    });
  });

  it('says what to do when the libraries are not installed', () => {
    rmSync(join(root, 'node_modules/zod'), { recursive: true });
    expect(launch(['studio'])).toMatchObject({ status: 2, stderr: expect.stringContaining('npm ci') });
  });
});
