import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, it } from 'vitest';

/** A studio's data on a tmpfs of 16 MB, in a mount namespace of its own. */
const root = join(import.meta.dirname, '../..');
const dir = mkdtempSync(join(tmpdir(), 'ovis-queue-full-'));
afterAll(() => rmSync(dir, { recursive: true }));

function inNamespace(script: string): { status: number | null; stdout: string; stderr: string } {
  return spawnSync('unshare', ['-rm', 'bash', '-c', `mount -t tmpfs -o size=16m tmpfs "$0" && ${script}`, dir], { encoding: 'utf8', cwd: root });
}

const possible = process.platform === 'linux' && inNamespace('true').status === 0;
if (!possible) console.warn('SKIPPED disk full in the queue: no mount namespaces here');

interface Report {
  readonly rounds: readonly string[];
  readonly rows: number;
  readonly done: number;
  readonly files: number;
  readonly parts: number;
  readonly storedDone: number;
  readonly unended: number;
}

describe.skipIf(!possible)('a disk that fills up at any point of a job', () => {
  it('fails that job as DISK_FULL, loses nothing that was done, leaves nothing half-written, and the next one succeeds once there is room', () => {
    const ran = inNamespace(`"${process.execPath}" test/helpers/fullDiskQueue.ts "$0"`);
    expect(ran.stderr).toBe('');
    const report = JSON.parse(ran.stdout) as Report;
    for (const round of report.rounds) expect(round).toMatch(/^(done|waits|DISK_FULL|refused DISK_FULL), then done$/);
    expect(report.rounds[0]).toContain('DISK_FULL');
    expect(report.rounds.at(-1)).toBe('done, then done');
    expect(report).toMatchObject({ rows: report.done, files: report.done, storedDone: report.done, parts: 0, unended: 0 });
  });
});
