import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** A data folder on a disk that is full or read-only: a small tmpfs in a mount namespace of its own. */
const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'ovis-full-'));
afterAll(() => rmSync(dir, { recursive: true }));

function inNamespace(size: string, script: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('unshare', ['-rm', 'bash', '-c', `mount -t tmpfs -o size=${size} tmpfs "$0" && ${script}`, dir], { encoding: 'utf8', cwd: root });
}

const possible = process.platform === 'linux' && inNamespace('8k', 'true').status === 0;
if (!possible) console.warn('SKIPPED data folder on a full disk: no mount namespaces here');
const fill = `"${process.execPath}" test/helpers/fillDisk.ts "$0"`;

describe.skipIf(!possible)('a data folder on a disk', () => {
  it.each(['files', 'rows'])('that fills up with %s: DISK_FULL, nothing kept is lost, and it goes on once there is room', (what) => {
    const ran = inNamespace('3m', `${fill} ${what}`);
    const result = JSON.parse(ran.stdout || '{}');
    expect(result.failures?.map((failure: { code: string; retryable: boolean }) => [failure.code, failure.retryable]), ran.stderr + ran.stdout).toEqual(Array(3).fill(['DISK_FULL', true]));
    expect(result.full).toBeGreaterThan(5);
    expect(result).toMatchObject({ whileFull: result.full, parts: [], afterwards: result.full + 1, total: result.full + 1, notice: null });
  });

  it('that has no room for a database', () => {
    expect(JSON.parse(inNamespace('8k', `dd if=/dev/zero of="$0/x" bs=1k count=8 status=none; ${fill} open`).stdout)).toMatchObject({ failed: { code: 'DISK_FULL' } });
  });

  it.each([['new', 'true'], ['used before', `${fill} files >/dev/null`]])('that is read-only (%s): said, not met by surprise', (_name, before) => {
    const ran = inNamespace('3m', `${before}; mount -o remount,ro "$0"; ${fill} open`);
    expect(JSON.parse(ran.stdout || '{}'), ran.stderr).toMatchObject({ failed: { code: 'REQUEST_INVALID', message: expect.stringMatching(/read-only/) } });
  });
});
