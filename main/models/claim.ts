/** One program at a time works on a half-done download. */
import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { StudioError } from '../errors.ts';

/** Takes the folder for this process; returns the way to give it back. DATA_IN_USE while another living process has it. */
export async function claimFolder(dir: string): Promise<() => Promise<void>> {
  const path = join(dir, '.pid');
  for (let tries = 0; ; tries++) {
    try {
      await writeFile(path, String(process.pid), { flag: 'wx' });
      return () => rm(path, { force: true });
    } catch (error) {
      if (!(error instanceof Error && 'code' in error && error.code === 'EEXIST') || tries > 2) throw error;
      const pid = Number(await readFile(path, 'utf8').catch(() => ''));
      if (pid !== process.pid && isAlive(pid)) throw new StudioError('DATA_IN_USE', 'Another studio works on this download.', { dir, pid }, { retryable: true });
      // Its owner was killed.
      await rm(path, { force: true });
    }
  }
}

function isAlive(pid: number): boolean {
  if (!Number.isInteger(pid) || pid <= 0) return false;
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return error instanceof Error && 'code' in error && error.code === 'EPERM';
  }
}
