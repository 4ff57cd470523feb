import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** A picture written to a disk without room: a tmpfs of 8 kB, in a mount namespace of its own. */
const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'ovis-full-'));
afterAll(() => rmSync(dir, { recursive: true }));

function inNamespace(script: string): { status: number | null; stdout: string } {
  return spawnSync('unshare', ['-rm', 'bash', '-c', `mount -t tmpfs -o size=8k tmpfs "$0" && ${script}`, dir], { encoding: 'utf8', cwd: root });
}

const possible = process.platform === 'linux' && inNamespace('true').status === 0;
if (!possible) console.warn('SKIPPED disk full: no mount namespaces here');

describe.skipIf(!possible)('a full disk', () => {
  it('is DISK_FULL, and nothing half-written stays', () => {
    const command = `"${process.execPath}" main/cli/launch.mjs studio generate x --model test/fixtures/golden/dev_a --steps 1 --width 128 --height 128 --threads 1 --json --quiet --out "$0/x.png"`;
    const ran = inNamespace(`{ ${command}; echo "exit $?"; ls -A "$0"; }`);
    const [json, ...rest] = ran.stdout.trim().split('\n');
    expect(JSON.parse(json ?? '')).toMatchObject({ code: 'DISK_FULL', retryable: true, details: { path: join(dir, 'x.png') } });
    expect(rest).toEqual(['exit 1']);
  });
});
