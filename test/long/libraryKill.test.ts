import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { killLibrary } from '../helpers/killLibrary.ts';

// Ten folders of fifty kills: a folder that grows for ever would make the checks the longest part.
it.each(Array.from({ length: 10 }, (_, i) => i + 1))('kill -9 of the data side at 50 random moments, folder %i', async (folder) => {
  const dir = mkdtempSync(join(tmpdir(), 'ovis-kill-'));
  try {
    const seed = Number(process.env['STUDIO_SEED'] ?? Date.now() % 1e6) + folder;
    console.log(`STUDIO_SEED=${seed - folder}`);
    expect(await killLibrary(dir, 50, seed)).toBeGreaterThan(20);
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
});
