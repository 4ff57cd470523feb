import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** A model downloaded to a disk without room: a small tmpfs in a mount namespace of its own. */
const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'ovis-full-'));
afterAll(() => rmSync(dir, { recursive: true }));

function inNamespace(script: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('unshare', ['-rm', 'bash', '-c', `mount -t tmpfs -o size=6m tmpfs "$0" && ${script}`, dir], { encoding: 'utf8', cwd: root });
}

const possible = process.platform === 'linux' && inNamespace('true').status === 0;
if (!possible) console.warn('SKIPPED model on a full disk: no mount namespaces here');

describe.skipIf(!possible)('a model and a full disk', () => {
  it('is told before the first byte, and on the way; what is here stays, and it goes on once there is room', () => {
    const ran = inNamespace(`"${process.execPath}" test/helpers/fullDiskInstall.ts "$0"`);
    const result = JSON.parse(ran.stdout || '{}');
    expect(result.before, ran.stderr + ran.stdout).toMatchObject({ code: 'DISK_FULL', retryable: true, details: { neededBytes: expect.any(Number) } });
    expect(result.tooSmall).toMatchObject({ state: 'failed', doneBytes: 0, failure: { code: 'DISK_FULL' } });
    expect(result.onTheWay).toMatchObject({ state: 'failed', failure: { code: 'DISK_FULL', retryable: true, details: { neededBytes: expect.any(Number) } } });
    expect(result.onTheWay.doneBytes).toBeGreaterThanOrEqual(300_000);
    expect(result).toMatchObject({ left: null, same: true });
  });
});
