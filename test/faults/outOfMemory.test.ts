import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { expect, it } from 'vitest';

const root = join(import.meta.dirname, '../..');
/** Enough for Node and a small picture, far from enough for a large one. */
const limitKb = 1_500_000;

// Only Linux counts private mappings against this limit.
it.skipIf(process.platform !== 'linux')('out of memory is a typed error, and a smaller picture succeeds without a restart by hand', () => {
  const command = `ulimit -d ${limitKb} && exec "$0" test/helpers/limitedEngine.ts test/fixtures/golden/dev_a`;
  const ran = spawnSync('bash', ['-c', command, process.execPath], { cwd: root, encoding: 'utf8' });
  expect(ran.stderr).toBe('');
  expect(JSON.parse(ran.stdout)).toEqual(['64×64', 'OUT_OF_MEMORY', '64×64']);
});
