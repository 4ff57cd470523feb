import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killLibrary } from '../helpers/killLibrary.ts';

const dir = mkdtempSync(join(tmpdir(), 'ovis-kill-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('killed 500 times at random moments', async () => {
  const seed = Number(process.env['STUDIO_SEED'] ?? Date.now() % 1e6);
  console.log(`STUDIO_SEED=${seed}`);
  expect(await killLibrary(dir, 500, seed)).toBeGreaterThan(200);
});
