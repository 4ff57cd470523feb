import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, isBundleFresh } from '../../main/cli/bundle.mjs';
import { buildBundle, root } from '../../main/cli/pageBuild.ts';

const source = join(root, 'main/cli/start.ts');
const run = (script: string): string => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
/** As the launcher runs it: the script's name is that of the source. */
const helpOf = (file: string): string => run(`process.argv.splice(1, 9, ${JSON.stringify(source)}, '--help'); import(${JSON.stringify(pathToFileURL(file).href)})`);

describe('the bundle of npm start', () => {
  beforeAll(buildBundle, 120_000);

  it('does what the sources do', () => {
    expect(helpOf(bundle)).toBe(helpOf(source));
  });

  it('is one file, and finds workers where the sources lie', () => {
    const text = readFileSync(bundle, 'utf8');
    expect(text).not.toMatch(/\bimport\(?\s*["']\.\.?\//);
    const places = [...text.matchAll(/new URL\("(\.\.\/\.\.\/(?:main|native)[^"]+)"/g)].map(([, place]) => place!);
    expect(places).toContain('../../main/history/workerConnection.ts');
    for (const place of places) expect(existsSync(join(dirname(bundle), place))).toBe(true);
  });

  it('is not used once a source is younger', () => {
    expect(isBundleFresh()).toBe(true);
    const { atime, mtime } = statSync(bundle);
    utimesSync(bundle, atime, new Date(0));
    try {
      expect(isBundleFresh()).toBe(false);
    } finally {
      utimesSync(bundle, atime, mtime);
    }
  });
});
