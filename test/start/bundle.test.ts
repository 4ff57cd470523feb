import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync, statSync, truncateSync, utimesSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, describe, expect, it } from 'vitest';
import { bundle, bundleFolder, bundleState, sumsName } from '../../main/cli/bundle.mjs';
import { buildBundle, root } from '../../main/cli/pageBuild.ts';

const source = join(root, 'main/cli/start.ts');
const run = (script: string): string => execFileSync(process.execPath, ['-e', script], { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] });
/** As the launcher runs it: the script's name is that of the source. */
const helpOf = (file: string): string => run(`process.argv.splice(1, 9, ${JSON.stringify(source)}, '--help'); import(${JSON.stringify(pathToFileURL(file).href)})`);
const sums = join(bundleFolder, sumsName);
const files = (): string[] => Object.keys(JSON.parse(readFileSync(sums, 'utf8')) as object);

describe('the bundle of npm start', () => {
  beforeAll(buildBundle, 120_000);

  it('does what the sources do', () => {
    expect(helpOf(bundle)).toBe(helpOf(source));
  });

  it('is a file for each thread and process, each whole by itself; what they start by its place is there', () => {
    expect(files().sort()).toEqual(['engine/entry.js', 'history/worker.js', 'imaging/worker.js', 'models/planWorker.js', 'start.js']);
    for (const file of files()) {
      const text = readFileSync(join(bundleFolder, file), 'utf8');
      expect(text, file).not.toMatch(/^import[ {"]/m);
      // Where the sources lie, or beside the file that takes their place.
      for (const [, place] of text.matchAll(/new URL\("(\.[^"]+\.(?:ts|js))", import\.meta\.url\)\.href/g)) {
        const target = join(dirname(join(bundleFolder, file)), place!);
        expect(existsSync(target.endsWith('starter.js') ? dirname(target) : target), `${file}: ${place}`).toBe(true);
      }
    }
  });

  it('is not used once a source is younger', () => {
    expect(bundleState()).toBe('fresh');
    const { atime, mtime } = statSync(sums);
    utimesSync(sums, atime, new Date(0));
    try {
      expect(bundleState()).toBe('stale');
    } finally {
      utimesSync(sums, atime, mtime);
    }
  });

  it('is made anew where a part of it was lost', async () => {
    truncateSync(join(bundleFolder, 'engine/entry.js'), 1000);
    expect(bundleState()).toBe('damaged');
    await buildBundle();
    expect(bundleState()).toBe('fresh');
    expect(helpOf(bundle)).toBe(helpOf(source));
  }, 120_000);
});
