/** Finds the checkpoint in what a person points at: its folder, a hub cache's repository, or a whole hub cache. */
import { readdir, readFile, realpath, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { StudioError } from '../errors.ts';

/** A cache keeps `models--OWNER--NAME/{refs,snapshots/COMMIT}`; the files of a snapshot are links to blobs. MODEL_MISSING, REQUEST_INVALID where it is unclear which is meant. */
export async function findCheckpoint(dir: string): Promise<string> {
  const real = await realpath(dir).catch(() => undefined);
  if (real === undefined || !(await stat(real)).isDirectory()) throw new StudioError('MODEL_MISSING', `There is no folder ${dir}.`, { dir });
  const names: string[] = await readdir(real);
  if (names.includes('config.json')) return real;
  if (names.includes('snapshots')) return newestSnapshot(real);
  const hub = names.includes('hub') ? join(real, 'hub') : real;
  const repositories = (await readdir(hub).catch((): string[] => [])).filter((name) => name.startsWith('models--'));
  const ovis = repositories.filter((name) => /ovis-?u1/i.test(name));
  const chosen = ovis.length > 0 ? ovis : repositories;
  if (chosen.length > 1) {
    const found = chosen.slice(0, 8).map((name) => join(hub, name));
    throw new StudioError('REQUEST_INVALID', `${dir} is a cache of several models; name one: ${found.join(', ')}.`, { dir, found });
  }
  const [only] = chosen;
  if (only === undefined) throw new StudioError('MODEL_MISSING', `${dir} holds no config.json: it is not a checkpoint.`, { dir });
  return newestSnapshot(join(hub, only));
}

async function newestSnapshot(repository: string): Promise<string> {
  const commits: string[] = await readdir(join(repository, 'snapshots')).catch(() => []);
  const main = (await readFile(join(repository, 'refs', 'main'), 'utf8').catch(() => '')).trim();
  const [newest] = commits.includes(main) ? [main] : commits.length === 1 ? commits : [];
  if (newest === undefined) {
    const why = commits.length === 0 ? 'no snapshot' : `${commits.length} snapshots and no word which of them is main; name one`;
    throw new StudioError('MODEL_MISSING', `${repository} holds ${why}.`, { dir: repository });
  }
  return realpath(join(repository, 'snapshots', newest));
}

/** What a folder is called: its own name, or the repository's inside a hub cache. */
export function folderName(dir: string): string {
  const repository = basename(dirname(dirname(dir)));
  return basename(dirname(dir)) === 'snapshots' && repository.startsWith('models--') ? (repository.split('--').at(-1) ?? basename(dir)) : basename(dir);
}
