/** The store's files on disk: whole or absent, named by their content. */
import { randomUUID } from 'node:crypto';
import { mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { StudioError } from '../errors.ts';

/** assets/ab/cdef….png: no folder grows too large to list. */
export function contentPath(folder: string, hash: string, extension: string): string {
  return join(folder, hash.slice(0, 2), `${hash.slice(2)}.${extension}`);
}

/** Unfinished files lie here, on the same disk as what they become. */
const partsFolder = '.parts';

/** Writes aside, flushes, renames, flushes the folder: after it returns the file survives a power cut. DISK_FULL; REQUEST_INVALID where nothing may be written. */
export async function writeWhole(root: string, path: string, bytes: Uint8Array): Promise<void> {
  const part = join(root, partsFolder, randomUUID());
  try {
    await mkdir(dirname(part), { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    const file = await open(part, 'wx');
    try {
      await file.writeFile(bytes);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(part, path);
    await syncFolder(dirname(path));
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    throw writeError(path, error);
  }
}

/** What a killed studio was writing. Only who holds the data folder may do this. */
export async function removeParts(root: string): Promise<void> {
  await rm(join(root, partsFolder), { recursive: true, force: true }).catch((error: unknown) => {
    throw writeError(root, error);
  });
}

async function syncFolder(path: string): Promise<void> {
  // Windows opens no folders; its renames are journalled.
  if (process.platform === 'win32') return;
  const folder = await open(path, 'r');
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

function writeError(path: string, error: unknown): StudioError {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  if (code === 'ENOSPC' || code === 'EDQUOT') {
    return new StudioError('DISK_FULL', 'No disk space to store this picture: free some and try again. Nothing that was kept is lost.', { path }, { retryable: true, cause: error });
  }
  const why = { EACCES: 'permission denied', EPERM: 'permission denied', EROFS: 'the disk is read-only', EIO: 'the disk reports an error' }[code];
  return new StudioError('REQUEST_INVALID', `The data folder cannot be written: ${why ?? code}.`, { path, reason: 'NOT_WRITABLE', error: code }, { cause: error });
}

/** Size in bytes; undefined when there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  try {
    return (await stat(path)).size;
  } catch (error) {
    if (error instanceof Error && 'code' in error && (error.code === 'ENOENT' || error.code === 'ENOTDIR')) return undefined;
    throw error;
  }
}

export interface FoundFile {
  readonly hash: string;
  readonly extension: string;
  readonly path: string;
}

/** Every file that is named like content, a folder at a time. */
export async function* foldersOf(root: string): AsyncGenerator<FoundFile[]> {
  const folders = (await readdir(root).catch(() => [])).filter((name) => /^[0-9a-f]{2}$/.test(name)).sort();
  for (const folder of folders) {
    const names = await readdir(join(root, folder)).catch(() => []);
    yield names.flatMap((name) => {
      const [, rest, extension] = /^([0-9a-f]{62})\.([a-z]+)$/.exec(name) ?? [];
      return rest === undefined || extension === undefined ? [] : [{ hash: folder + rest, extension, path: join(root, folder, name) }];
    });
  }
}
