import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { benchHelp, JSON_REPORT } from './options.ts';

const folder = path.resolve(import.meta.dirname, '..');
const launch = path.resolve(folder, '../../main/cli/launch.mjs');

function bench(...args: string[]): Promise<{ readonly code: number; readonly out: string; readonly err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, [launch, 'bench', ...args], (error, out, err) => resolve({ code: error === null ? 0 : Number(error.code), out, err }));
  });
}

describe('options of benches', () => {
  it('help names every option with what it takes and what it is otherwise', () => {
    const help = benchHelp('npm run bench -- x', 'What it measures.', {
      side: { type: 'string', value: 'PIXELS', default: '64', multiple: false, about: 'of the picture' }, way: { type: 'string', multiple: true, about: 'how' }, json: JSON_REPORT,
    });
    expect(help).toBe('npm run bench -- x\nWhat it measures.\n\n'
      + '  --side PIXELS  of the picture (64)\n  --way VALUE    how (may be given several times)\n  --json         also print the whole report as JSON\n');
  });

  const names = readdirSync(folder).filter((file) => file.endsWith('.ts') && !/^studio[A-Z]/.test(file)).map((file) => file.slice(0, -3));
  it.each(names)('%s explains itself, and refuses an option that does not exist with a sentence', async (name) => {
    const [help, wrong] = await Promise.all([bench(name, '--help'), bench(name, '--sied', '4')]);
    expect(help).toMatchObject({ code: 0, err: '' });
    expect(help.out).toContain('--json');
    expect(wrong).toMatchObject({ code: 2, out: '' });
    expect(wrong.err).toMatch(/^Unknown option '--sied'.*--help explains them\.\n$/);
  }, 60_000);
});
