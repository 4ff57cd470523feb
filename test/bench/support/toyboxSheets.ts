import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { decodeImage, encodePng } from '../../../native/image/codec.ts';
import { solidImage } from '../../../native/image/preprocess.ts';
import { drawSheet } from '../../../native/image/sheet.ts';
import type { WorkerTask } from './toyboxWorker.ts';

/** `sheet.png`: the first pictures of every row, as the engine drew them. */
export async function writeSheets(tasks: readonly WorkerTask[], pictureDir: string, folder: string): Promise<void> {
  const rows = new Map<string, string[]>();
  for (const { item, save } of tasks) {
    if (save === null || !existsSync(path.join(pictureDir, save))) continue;
    rows.set(item.row, [...(rows.get(item.row) ?? []), path.join(pictureDir, save)]);
  }
  if (rows.size === 0) return;
  const columns = Math.max(...[...rows.values()].map((files) => files.length));
  const blank = solidImage({ width: 128, height: 128 });
  const cells = [...rows.values()].flatMap((files) => Array.from({ length: columns }, (_, i) => {
    const file = files[i];
    return async () => (file === undefined ? blank : decodeImage(await readFile(file)));
  }));
  const sheet = await drawSheet({ columns: Array.from({ length: columns }, (_, i) => String(i + 1)), rows: [...rows.keys()] }, cells);
  await writeFile(path.join(folder, 'sheet.png'), await encodePng(sheet));
}
