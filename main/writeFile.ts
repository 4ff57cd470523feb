/** Files that are whole or absent. */
import { randomUUID } from 'node:crypto';
import { access, constants, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from './errors.ts';

/** Writes beside the target, flushes, then renames over it. DISK_FULL when there is no room; REQUEST_INVALID when the path won't do. */
export async function writeFileAtomic(path: string, bytes: Uint8Array): Promise<void> {
  const temporary = join(dirname(path), `.${basename(path)}.${randomUUID().slice(0, 8)}.part`);
  try {
    const file = await open(temporary, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** Says before a long run what would keep its result from being written. */
export async function checkWritable(path: string): Promise<void> {
  const folder = dirname(path);
  const facts = await stat(folder).catch(() => undefined);
  if (!facts) throw new StudioError('REQUEST_INVALID', `The folder ${folder} does not exist; make it first.`, { path });
  if (!facts.isDirectory()) throw new StudioError('REQUEST_INVALID', `${folder} is not a folder.`, { path });
  if ((await stat(path).catch(() => undefined))?.isDirectory()) throw new StudioError('REQUEST_INVALID', `${path} is a folder; name a file.`, { path });
  await access(folder, constants.W_OK).catch((error: unknown) => { throw writeError(path, error); });
}

function writeError(path: string, error: unknown): StudioError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StudioError('DISK_FULL', `No disk space to write ${path}.`, { path }, { retryable: true, cause: error });
  const why = { EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'the disk is read-only', ENOENT: 'its folder does not exist', EISDIR: 'it is a folder', ENAMETOOLONG: 'the name is too long' }[code];
  return new StudioError('REQUEST_INVALID', `${path} cannot be written: ${why ?? code}.`, { path, reason: code }, { cause: error });
}
