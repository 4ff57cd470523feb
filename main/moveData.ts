/** The data folder can be moved: wished for while the studio runs, done at the next start, before anything is open. */
import { mkdir, open, readdir, readFile, rename, rm, rmdir, stat, statfs, utimes, copyFile } from 'node:fs/promises';
import { dirname, isAbsolute, join, relative, resolve, sep } from 'node:path';
import { z } from 'zod';
import { StudioError, toFailure } from './errors.ts';
import { openHistory } from './history/history.ts';
import { checkWritable, writeFileAtomic } from './writeFile.ts';

const pointerSchema = z.object({ to: z.string() });

/** Where the data is to go with the next start. */
const wishName = 'move.json';
/** Left behind where it has gone. */
const movedName = 'moved.json';
/** Lies in the new folder until it is whole. */
const arrivingName = 'arriving.json';
/** What belongs to this machine's window and this run, or is written by the move itself. */
const staying = new Set([wishName, movedName, arrivingName, 'running.json', 'window', 'electron-install.json', 'history.in-use']);
const longestChain = 8;

/** Notes down that the data is to be moved; null takes it back. REQUEST_INVALID where the folder won't do, DISK_FULL where it has no room. */
export async function wishToMove(dataDir: string, to: string | null): Promise<void> {
  const wish = join(dataDir, wishName);
  if (to === null) return rm(wish, { force: true });
  if (!isAbsolute(to)) throw new StudioError('REQUEST_INVALID', 'Name the whole path of the new folder.', { dir: to });
  const target = resolve(to);
  if (isInside(target, resolve(dataDir)) || isInside(resolve(dataDir), target)) throw new StudioError('REQUEST_INVALID', 'The new folder and the present one may not lie in each other.', { dir: to });
  await checkWritable(target.endsWith(sep) ? join(target, 'x') : target).catch(async (error: unknown) => {
    // A folder that is there already is welcome as long as it is empty.
    if (!(await isEmptyFolder(target))) throw error;
  });
  if ((await stat(target).catch(() => undefined)) && !(await isEmptyFolder(target))) throw new StudioError('REQUEST_INVALID', `${target} is not empty: name a new or an empty folder.`, { dir: to });
  const needed = (await filesOf(dataDir)).reduce((sum, file) => sum + file.bytes, 0);
  const { bavail, bsize } = await statfs(dirname(target));
  if (bavail * bsize < needed) throw new StudioError('DISK_FULL', `The data needs ${needed} bytes; ${bavail * bsize} are free there.`, { path: target, neededBytes: needed - bavail * bsize });
  await writeFileAtomic(wish, Buffer.from(`${JSON.stringify({ to: target })}\n`));
}

export interface Settled {
  readonly dir: string;
  /** Why a move that was wished for did not happen. */
  readonly failure?: StudioError;
}

/** The folder in which the data really lies: pointers are followed, a wished-for move is done. A move that fails leaves everything where it was. */
export async function settleDataDir(dataDir: string, say: (text: string) => void = () => undefined): Promise<Settled> {
  const dir = await followDataDir(dataDir);
  const wish = await pointerOf(join(dir, wishName));
  if (wish === undefined) return { dir };
  try {
    say(`Moving the data from ${dir} to ${wish} …\n`);
    await move(dir, wish);
    say('Moved.\n');
    return { dir: wish };
  } catch (error) {
    const { code, message, details } = toFailure(error);
    // Asked for again by a person, not at every start.
    await rm(join(dir, wishName), { force: true });
    say(`The data could not be moved: ${message}\n`);
    return { dir, failure: new StudioError(code, `The data folder could not be moved, and is where it was. ${message}`, details) };
  }
}

/** Where the data of this folder lies since it was moved. REQUEST_INVALID when that folder is not there. */
export async function followDataDir(dataDir: string): Promise<string> {
  const from = resolve(dataDir);
  let dir = from;
  for (let hops = 0; hops < longestChain; hops++) {
    const next = await pointerOf(join(dir, movedName));
    if (next === undefined) return dir;
    if (!(await stat(next).catch(() => undefined))?.isDirectory()) {
      throw new StudioError('REQUEST_INVALID', `The data was moved to ${next}, which is not there. Connect its disk, or name another folder with --data.`, { dir: next });
    }
    dir = next;
  }
  throw new StudioError('REQUEST_INVALID', `The data folder ${from} points in a circle. Name another with --data.`, { dir: from });
}

async function move(from: string, to: string): Promise<void> {
  // Whoever holds the folder keeps it; and the write-ahead log ends up in the database.
  await (await openHistory(from)).close();
  await mkdir(to, { recursive: true });
  const arriving = join(to, arrivingName);
  if (!(await isEmptyFolder(to)) && (await pointerOf(arriving)) !== from) throw new StudioError('REQUEST_INVALID', `${to} is not empty.`, { dir: to });
  await writeFileAtomic(arriving, Buffer.from(`${JSON.stringify({ to: from })}\n`));
  const files = await filesOf(from);
  for (const { path, bytes, mtimeMs } of files) await copyOver(join(from, path), join(to, path), bytes, mtimeMs);
  for (const { path, bytes } of files) {
    const arrived = await stat(join(to, path)).catch(() => undefined);
    if (arrived?.size !== bytes) throw new StudioError('CHECKSUM', `${path} did not arrive whole.`, { path, expected: bytes, received: arrived?.size ?? 0 });
  }
  // From here on the new folder counts: a kill before this line repeats the copy, one after it only leaves old files.
  await writeFileAtomic(join(from, movedName), Buffer.from(`${JSON.stringify({ to })}\n`));
  await rm(join(from, wishName), { force: true });
  await rm(arriving, { force: true });
  for (const { path } of files) await rm(join(from, path), { force: true });
  await removeEmptyFolders(from);
}

async function copyOver(from: string, to: string, bytes: number, mtimeMs: number): Promise<void> {
  const there = await stat(to).catch(() => undefined);
  if (there?.size === bytes && Math.abs(there.mtimeMs - mtimeMs) < 2) return;
  await mkdir(dirname(to), { recursive: true });
  const part = `${to}.part`;
  try {
    await copyFile(from, part);
    const file = await open(part, 'r+');
    await file.sync().finally(() => file.close());
    await utimes(part, mtimeMs / 1000, mtimeMs / 1000);
    await rename(part, to);
  } catch (error) {
    await rm(part, { force: true }).catch(() => undefined);
    const code = error instanceof Error && 'code' in error ? String(error.code) : '';
    if (code === 'ENOSPC' || code === 'EDQUOT') throw new StudioError('DISK_FULL', `No disk space to write ${to}.`, { path: to }, { retryable: true, cause: error });
    throw new StudioError('REQUEST_INVALID', `${to} cannot be written: ${code}.`, { path: to, reason: code }, { cause: error });
  }
}

interface DataFile {
  /** From the data folder. */
  readonly path: string;
  readonly bytes: number;
  readonly mtimeMs: number;
}

async function filesOf(dir: string): Promise<DataFile[]> {
  const files: DataFile[] = [];
  for (const entry of await readdir(dir, { recursive: true, withFileTypes: true })) {
    const path = relative(dir, join(entry.parentPath, entry.name));
    if (!entry.isFile() || staying.has(path.split(sep)[0] ?? '') || path.endsWith('.part')) continue;
    const { size, mtimeMs } = await stat(join(dir, path));
    files.push({ path, bytes: size, mtimeMs });
  }
  return files;
}

async function removeEmptyFolders(dir: string): Promise<void> {
  const folders = (await readdir(dir, { recursive: true, withFileTypes: true })).filter((entry) => entry.isDirectory()).map((entry) => join(entry.parentPath, entry.name));
  // Deepest first; one that still holds something stays.
  for (const folder of folders.sort((a, b) => b.length - a.length)) await rmdir(folder).catch(() => undefined);
}

async function pointerOf(path: string): Promise<string | undefined> {
  const text = await readFile(path, 'utf8').catch(() => undefined);
  if (text === undefined) return undefined;
  try {
    return pointerSchema.parse(JSON.parse(text)).to;
  } catch {
    return undefined;
  }
}

async function isEmptyFolder(dir: string): Promise<boolean> {
  return (await readdir(dir).catch(() => ['?'])).length === 0;
}

function isInside(path: string, folder: string): boolean {
  return path === folder || path.startsWith(folder.endsWith(sep) ? folder : folder + sep);
}
