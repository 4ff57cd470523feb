/** Pictures of the gallery as files that another program can take: each under a name that a person can read. */
import { randomUUID } from 'node:crypto';
import { copyFile, mkdir, rm, writeFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { z } from 'zod';
import { idSchema } from '../../preload/contract/common.ts';
import { safeFileName } from '../../preload/contract/fileNames.ts';
import type { Generation } from '../../preload/contract/project.ts';
import { parseOr } from '../engine/messageSchemas.ts';
import type { AssetStore, HistoryService } from '../services.ts';
import type { PictureFiles } from './pictureFiles.ts';

export interface DragParts {
  readonly history: { readonly gallery: Pick<HistoryService['gallery'], 'get'> };
  readonly assets: Pick<AssetStore, 'file'>;
  readonly pictures: Pick<PictureFiles, 'export'>;
  /** Where the files are written; emptied at the start. */
  readonly dir: string;
}

/** As many as a person would drag by hand. */
const idsSchema = z.array(idSchema).min(1).max(500);

export class DragFiles {
  readonly #parts: DragParts;
  readonly #emptied: Promise<void>;

  constructor(parts: DragParts) {
    this.#parts = parts;
    this.#emptied = rm(parts.dir, { recursive: true, force: true }).catch(() => undefined);
  }

  /** Ids of rows, whatever else came → paths of files. IPC_INVALID unless they are ids; NOT_FOUND, ASSET_MISSING, DISK_FULL. */
  async write(ids: unknown): Promise<string[]> {
    const checked = parseOr(idsSchema, ids, 'IPC_INVALID', 'What is dragged');
    await this.#emptied;
    // A folder for each drag: whoever takes the files may still read the ones before.
    const folder = join(this.#parts.dir, randomUUID());
    await mkdir(folder, { recursive: true });
    const names = new Set<string>();
    const paths: string[] = [];
    for (const id of new Set(checked)) {
      const row = await this.#parts.history.gallery.get({ id });
      const stored = await this.#parts.assets.file(row.hash);
      const path = join(folder, freeName(row, extname(stored.path), names));
      // What was brought in leaves as it came; what was made here carries its parameters.
      if (row.request === null || row.mime !== 'image/png') await copyFile(stored.path, path);
      else await writeFile(path, new Uint8Array(await (await this.#parts.pictures.export(row, { id, format: 'png' })).arrayBuffer()));
      paths.push(path);
    }
    return paths;
  }
}

function freeName(row: Generation, extension: string, taken: Set<string>): string {
  const base = safeFileName(row.title, row.seed);
  let name = `${base}${extension}`;
  for (let n = 2; taken.has(name.toLowerCase()); n++) name = `${base}-${n}${extension}`;
  taken.add(name.toLowerCase());
  return name;
}
