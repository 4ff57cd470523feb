import { create } from 'zustand';
import { say } from '../shell/notices.ts';
import { studio } from '../studio/current.ts';
import { toProblem } from '../studio/problem.ts';
import { plural } from '../ui/format.ts';

interface Skipped {
  readonly name: string;
  readonly reason: string;
}

interface Folder {
  /** How far a folder has come in; absent while none does. */
  readonly coming?: { readonly name: string; readonly done: number; readonly total: number } | undefined;
  /** What could not be read, until it is put away. */
  readonly skipped: readonly Skipped[];
}

export const useFolder = create<Folder>(() => ({ skipped: [] }));

let running: AbortController | undefined;

export function stopFolder(): void {
  running?.abort();
}

const pictureName = /\.(png|jpe?g|webp|gif|avif|tiff?)$/i;

/** Brings the pictures of a chosen folder and the folders in it into the gallery, one by one, in the order of their names. */
export async function bringInFolder(files: readonly File[]): Promise<void> {
  const pictures = files.filter(({ name }) => pictureName.test(name)).toSorted((a, b) => a.webkitRelativePath.localeCompare(b.webkitRelativePath, undefined, { numeric: true }));
  const name = files[0]?.webkitRelativePath.split('/')[0] ?? 'Folder';
  if (pictures.length === 0) return say(`${name} holds no pictures that can be read`);
  running?.abort();
  const { signal } = running = new AbortController();
  const skipped: Skipped[] = [];
  let done = 0;
  useFolder.setState({ coming: { name, done, total: pictures.length }, skipped: [] });
  for (const file of pictures) {
    if (signal.aborted) break;
    try {
      const { hash } = await studio().assets.upload({ file });
      await studio().gallery.import({ files: [{ hash, name: file.name }] });
    } catch (thrown) {
      const problem = toProblem(thrown);
      skipped.push({ name: file.name, reason: problem.message });
      // A full disk is full for the next picture, too.
      if (problem.code === 'DISK_FULL') break;
    }
    done++;
    useFolder.setState({ coming: { name, done, total: pictures.length }, skipped: [...skipped] });
  }
  useFolder.setState({ coming: undefined });
  say(`${plural(done - skipped.length, 'picture')} brought in${skipped.length === 0 ? '' : `, ${plural(skipped.length, 'file')} left out`}`);
}
