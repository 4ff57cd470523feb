/** Projects as files for other machines. */
import { createWriteStream } from 'node:fs';
import { rename, rm, stat } from 'node:fs/promises';
import { extname, isAbsolute } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { Project } from '../../preload/contract/project.ts';
import { StudioError } from '../errors.ts';
import type { ProjectRecords } from '../history/projectRows.ts';
import type { AssetStore } from '../services.ts';
import { recordsOf } from './readFile.ts';
import { refused } from './readZip.ts';
import { zipOf } from './writeFile.ts';

export interface ProjectFiles {
  /** Errors: NOT_FOUND, ASSET_MISSING; REQUEST_INVALID where it is too large to hand over as one message. */
  exportFile(id: string): Promise<Blob>;
  /** Takes all of it in, or nothing. Errors: see `recordsOf`. */
  importFile(file: Blob, name: string | undefined): Promise<Project>;
  /** To a file of this machine, whole or not at all. REQUEST_INVALID for a path that is no absolute one ending in `.ovis`; DISK_FULL. */
  saveTo(id: string, path: string): Promise<{ bytes: number }>;
  openFrom(path: string, name: string | undefined): Promise<Project>;
}

export interface ProjectFileParts {
  readonly assets: Pick<AssetStore, 'file' | 'put'>;
  readonly rows: {
    read(id: string): Promise<ProjectRecords>;
    write(records: Omit<ProjectRecords, 'hashes'>): Promise<Project>;
  };
}

/** What one message over the loopback host may hold, with room for what is around it. */
const mostMessageBytes = 240 * 1024 * 1024;

export function projectFiles({ assets, rows }: ProjectFileParts): ProjectFiles {
  const taken = async (from: Buffer | string, name: string | undefined): Promise<Project> => rows.write(await recordsOf(from, name, assets));
  return {
    exportFile: async (id) => {
      const chunks: Uint8Array<ArrayBuffer>[] = [];
      let bytes = 0;
      for await (const chunk of await zipOf(await rows.read(id), assets, Date.now())) {
        bytes += (chunk as Buffer).length;
        if (bytes > mostMessageBytes) throw refused('TOO_LARGE', 'This project is too large to be handed over at once: save it to a file of this machine instead.', { limit: mostMessageBytes });
        chunks.push(chunk as Buffer<ArrayBuffer>);
      }
      return new Blob(chunks, { type: 'application/zip' });
    },
    importFile: async (file, name) => taken(Buffer.from(await file.arrayBuffer()), name),
    saveTo: async (id, path) => {
      if (!isAbsolute(path) || extname(path).toLowerCase() !== '.ovis') throw new StudioError('REQUEST_INVALID', 'A project is saved to a whole path that ends in .ovis.', { path });
      const part = `${path}.part`;
      try {
        await pipeline(await zipOf(await rows.read(id), assets, Date.now()), createWriteStream(part, { flush: true }));
        await rename(part, path);
      } catch (error) {
        await rm(part, { force: true }).catch(() => undefined);
        throw writeFailure(path, error);
      }
      return { bytes: (await stat(path)).size };
    },
    openFrom: (path, name) => {
      if (!isAbsolute(path)) throw new StudioError('REQUEST_INVALID', 'A project is opened from a whole path.', { path });
      return taken(path, name);
    },
  };
}

function writeFailure(path: string, error: unknown): unknown {
  if (error instanceof StudioError) return error;
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  if (code === 'ENOSPC' || code === 'EDQUOT') return new StudioError('DISK_FULL', 'No disk space for the project file: free some, or choose another place. Nothing was left half-written.', { path }, { retryable: true, cause: error });
  if (!/^E[A-Z]+$/.test(code)) return error;
  return new StudioError('REQUEST_INVALID', `The project cannot be saved there (${code}).`, { path, reason: 'NOT_WRITABLE', error: code }, { cause: error });
}
