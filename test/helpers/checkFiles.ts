/** Looks whether the files of a data folder and the rows of its gallery are the same things. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { dataFolder } from '../../main/history/dataFolder.ts';
import type { QueueStudio } from './queueStudio.ts';

/** After a collection: every file has a row, every row its file with the bytes that its name promises, and no thumbnail is left over. */
export async function checkFiles(studio: QueueStudio, dir: string, problems: string[]): Promise<void> {
  await studio.library.assets.collect();
  const used = new Set<string>();
  for (let after; ;) {
    const page = await studio.library.history.gallery.search({ limit: 500, ...(after && { after }) });
    for (const { hash } of page.items) used.add(hash);
    if (page.next === null) break;
    after = page.next;
  }
  const { assets, thumbnails } = dataFolder(dir);
  const files = filesOf(assets);
  for (const path of files) {
    const hash = hashOf(path);
    if (!used.has(hash)) problems.push(`orphan file ${basename(path)}`);
    else if (createHash('sha256').update(readFileSync(path)).digest('hex') !== hash) problems.push(`damaged file ${hash}`);
  }
  if (files.length !== used.size) problems.push(`${used.size} pictures in ${files.length} files`);
  for (const path of filesOf(thumbnails)) if (!used.has(hashOf(path))) problems.push(`orphan thumbnail ${basename(path)}`);
}

/** The folder's name is the hash's beginning. */
function hashOf(path: string): string {
  return basename(dirname(path)) + (basename(path).split('.')[0] ?? '');
}

function filesOf(dir: string): string[] {
  if (!existsSync(dir)) return [];
  return readdirSync(dir, { recursive: true, withFileTypes: true }).filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
}
