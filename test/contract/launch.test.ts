import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

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

  it('says what to do when the libraries are not installed', () => {
    rmSync(join(root, 'node_modules/zod'), { recursive: true });
    expect(launch(['studio'])).toMatchObject({ status: 2, stderr: expect.stringContaining('npm ci') });
  });
});
