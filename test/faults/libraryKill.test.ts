import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, it } from 'vitest';
import { killLibrary } from '../helpers/killLibrary.ts';

/** kill -9 while jobs, pictures, rows and collections are being written. 500 of them: test/long. */
const dir = mkdtempSync(join(tmpdir(), 'ovis-kill-'));
afterAll(() => rmSync(dir, { recursive: true, force: true }));

it('killed 50 times at random moments: every result that was told is there, no file is left over, the database is whole', { timeout: 300_000 }, async () => {
  expect(await killLibrary(dir, 50, 1)).toBeGreaterThan(20);
});
