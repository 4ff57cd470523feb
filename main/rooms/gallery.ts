/** The gallery: rows from the history, files from the store, and the news of both. */
import { readdir, readFile, stat } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import type { AssetInfo, Generation } from '../../preload/contract/project.ts';
import { StudioError, toFailure } from '../errors.ts';
import type { NewGeneration } from '../history/rowTypes.ts';
import type { AssetStore, EventHub, HistoryService, Room } from '../services.ts';
import type { PictureFiles } from './pictureFiles.ts';

const pictureEndings = new Set(['.png', '.jpg', '.jpeg', '.webp', '.gif', '.avif', '.tif', '.tiff']);
const largestFileBytes = 512 * 1024 * 1024;

export function galleryRoom(history: HistoryService, assets: AssetStore, pictures: PictureFiles, events: EventHub): Room<'gallery'> {
  const rows = history.gallery;
  const told = (change: 'added' | 'changed' | 'removed', ids: string[]): void => {
    if (ids.length > 0) events.publish({ type: 'gallery', change, ids });
  };
  const bringIn = async (files: readonly { asset: AssetInfo; name: string }[], projectId: string | null): Promise<Generation[]> => {
    const added = await rows.add(await Promise.all(files.map(async ({ asset, name }) => imported(asset, name, projectId, await pictures.parameters(asset.hash)))));
    told('added', added.map(({ id }) => id));
    return added;
  };
  /** Writes, then tells that these rows look different now. */
  const changing = <I extends { ids: string[] }>(write: (input: I) => Promise<void>) => async (input: I): Promise<void> => {
    await write(input);
    told('changed', input.ids);
  };
  return {
    search: (input) => rows.search(input),
    timeline: (input) => rows.timeline(input),
    counts: () => rows.counts(),
    get: (input) => rows.get(input),
    star: changing((input) => rows.star(input)),
    tag: changing((input) => rows.tag(input)),
    note: async (input) => {
      await rows.note(input);
      told('changed', [input.id]);
    },
    moveToProject: changing((input) => rows.moveToProject(input)),
    trash: changing((input) => rows.trash(input)),
    restore: changing((input) => rows.restore(input)),
    purge: async ({ ids }) => {
      const removed = await rows.purge(ids);
      told('removed', ids ?? []);
      return { rows: removed, ...(await assets.collect()) };
    },
    recall: async ({ id }) => {
      const { request, modelId } = await rows.get({ id });
      if (request === null) throw new StudioError('NOT_FOUND', 'This picture was brought in without parameters.', { id });
      return { request, modelId };
    },
    import: async ({ files, projectId = null }) => {
      const known = await Promise.all(files.map(async ({ hash, name }) => ({ asset: await assets.info(hash), name })));
      return bringIn(known, projectId);
    },
    importFolder: async ({ dir, projectId = null }, { signal }) => {
      const names = await readdir(dir).catch(() => { throw new StudioError('REQUEST_INVALID', `The folder ${dir} cannot be read.`, { dir }); });
      const skipped: { name: string; reason: string }[] = [];
      let taken = 0;
      for (const name of names.sort()) {
        if (signal?.aborted) throw new StudioError('CANCELLED', 'Stopped; what was brought in so far stays.', { imported: taken });
        if (!pictureEndings.has(extname(name).toLowerCase())) continue;
        try {
          await bringIn([{ asset: await assets.put(await readPicture(join(dir, name))), name }], projectId);
          taken++;
        } catch (error) {
          const { code, message } = toFailure(error);
          // A full disk would be full for the next file too.
          if (code === 'DISK_FULL') throw error;
          skipped.push({ name, reason: message });
        }
      }
      return { imported: taken, skipped };
    },
    export: async (input) => pictures.export(await rows.get({ id: input.id }), input),
    savedSearches: () => rows.savedSearches(),
    saveSearch: (input) => rows.saveSearch(input),
    forgetSearch: (input) => rows.forgetSearch(input),
  };
}

async function readPicture(path: string): Promise<Uint8Array> {
  const facts = await stat(path);
  if (!facts.isFile()) throw new StudioError('REQUEST_INVALID', 'It is not a file.', { path });
  if (facts.size > largestFileBytes) throw new StudioError('REQUEST_INVALID', `It has ${facts.size} bytes; ${largestFileBytes} are the limit.`, { path });
  return readFile(path);
}

function imported(asset: AssetInfo, name: string, projectId: string | null, { request }: Awaited<ReturnType<PictureFiles['parameters']>>): NewGeneration {
  const { hash, width, height, mime, bytes } = asset;
  return {
    id: randomUUID(), hash, width, height, mime, bytes, task: 'import', projectId, createdAt: Date.now(), batchId: null, jobId: null, label: '',
    prompt: request?.prompt ?? '', request, seed: request?.seed ?? null, steps: request?.steps ?? null, fileName: name,
    modelId: null, modelName: null, reproduce: null, timingsMs: {}, parents: [],
  };
}
