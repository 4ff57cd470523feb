/** The history as the rest of main sees it. */
import { randomUUID } from 'node:crypto';
import type { HistoryService } from '../services.ts';
import { WorkerConnection } from './workerConnection.ts';
import type { AssetFile, StoredAsset } from './assetRows.ts';
import { rebuildFact } from './facts.ts';
import type { OpenNotice } from './open.ts';

/** What the asset store writes down and asks. */
export interface AssetRows {
  put(asset: StoredAsset): Promise<void>;
  get(hash: string): Promise<StoredAsset | undefined>;
  /** Takes files that nothing uses, and that nobody put since `before`, off the list. Returns how many. */
  forgetUnused(before: number): Promise<number>;
  pendingRemovals(): Promise<AssetFile[]>;
  isPendingRemoval(hash: string): Promise<boolean>;
  removalDone(hash: string): Promise<void>;
  /** Those that no row knows. */
  unknown(hashes: readonly string[]): Promise<string[]>;
  isUsed(hash: string): Promise<boolean>;
}

export interface History extends HistoryService {
  /** What a person should hear about the opening. */
  readonly notice: OpenNotice | null;
  readonly assets: AssetRows;
  /** Whether rows must still be made for files that lie in the store. */
  needsRebuild(): Promise<boolean>;
  rebuilt(): Promise<void>;
  /** From what a picture was made without a generation: a control map, a canvas snapshot. */
  addSource(hash: string, sourceHash: string, how: string): Promise<void>;
  /** What a project's canvas uses, in place of what it used before. */
  setCanvasReferences(projectId: string, hashes: readonly string[]): Promise<void>;
  /** Removes for good what went into the trash before that time. Returns how many rows. */
  purgeOlderThan(trashedBefore: number): Promise<number>;
}

/** More would hold up a page's search for longer than a person notices. */
const forgottenAtOnce = 500;

/** Errors: DATA_IN_USE, DB_FROM_FUTURE, DISK_FULL, REQUEST_INVALID where nothing may be written. */
export async function openHistory(dir: string): Promise<History> {
  const worker = await WorkerConnection.open(dir);
  const run = worker.run.bind(worker);
  const now = (): number => Date.now();
  return {
    notice: worker.notice,
    projects: {
      list: () => run('listProjects'),
      get: (id) => run('getProject', id),
      create: (name) => run('createProject', randomUUID(), name, now()),
      rename: (id, name) => run('renameProject', id, name, now()),
      touch: (id) => run('touchProject', id, now()),
      draft: (id) => run('projectDraft', id),
      keepDraft: (id, draft) => run('keepProjectDraft', id, draft),
      delete: (id) => run('deleteProject', id, now()),
      trashed: () => run('trashedProjects'),
      restore: (id) => run('restoreProject', id),
      read: (id) => run('readProject', id),
      write: (records) => run('writeProject', records, now()),
    },
    gallery: {
      search: (input) => run('searchGenerations', input),
      timeline: ({ filter }) => run('timelineOf', filter ?? {}),
      counts: () => run('galleryCounts'),
      get: ({ id }) => run('getGeneration', id),
      star: ({ ids, starred }) => run('starGenerations', ids, starred),
      tag: ({ ids, add, remove }) => run('tagGenerations', ids, add, remove),
      note: ({ id, note }) => run('noteGeneration', id, note),
      moveToProject: ({ ids, projectId }) => run('moveGenerations', ids, projectId),
      trash: ({ ids }) => run('trashGenerations', ids, now()),
      restore: ({ ids }) => run('restoreGenerations', ids),
      savedSearches: () => run('listSavedSearches'),
      saveSearch: ({ name, filter }) => run('saveSearch', { id: randomUUID(), name, filter }, now()),
      forgetSearch: ({ id }) => run('forgetSearch', id),
      add: (rows) => run('addGenerations', rows),
      purge: (ids) => run('purgeGenerations', ids === undefined ? {} : { ids }),
    },
    lineage: { get: ({ id, depth, limit }) => run('lineageOf', id, depth, limit) },
    chats: {
      list: (projectId) => run('listChats', projectId),
      create: (chat) => run('createChat', chat),
      get: (id) => run('getChat', id),
      change: (id, change) => run('changeChat', id, change, now()),
      delete: (id) => run('deleteChat', id),
      saveTurns: (chatId, turns) => run('saveTurns', chatId, turns, now()),
    },
    canvas: {
      open: (projectId) => run('openCanvas', projectId),
      claim: (projectId, pageId) => run('claimCanvas', projectId, pageId),
      append: (projectId, entries) => run('appendJournal', projectId, entries, now()),
      snapshot: (projectId, seq, text) => run('saveSnapshot', projectId, seq, text, now()),
      listStaged: (projectId) => run('listStaged', projectId),
      getStaged: (id) => run('getStaged', id),
      changeStaged: (id, change) => run('changeStaged', id, change),
      settleStaged: (ids, state) => run('settleStaged', ids, state),
      derived: (recipe) => run('getDerived', recipe),
      setDerived: (recipe, hash) => run('setDerived', recipe, hash),
      addSources: (hash, sources, how) => run('addAssetSources', hash, sources, how),
    },
    jobs: {
      load: () => run('loadQueue'),
      save: (jobs) => run('saveJobs', jobs),
      finish: (job, generations, staged) => run('finishJob', job, generations, staged),
      remove: (ids) => run('removeJobs', ids),
      saveBatch: (batch) => run('saveBatch', batch),
      setPaused: (paused) => run('setPaused', paused),
    },
    assets: {
      put: (asset) => run('putAsset', asset, now()),
      get: (hash) => run('getAsset', hash),
      forgetUnused: async (before) => {
        for (let total = 0; ;) {
          const count = await run('forgetUnused', before, forgottenAtOnce);
          total += count;
          if (count < forgottenAtOnce) return total;
        }
      },
      pendingRemovals: () => run('pendingRemovals'),
      isPendingRemoval: (hash) => run('isPendingRemoval', hash),
      removalDone: (hash) => run('removalDone', hash),
      unknown: (hashes) => run('unknownAssets', hashes),
      isUsed: (hash) => run('isUsed', hash),
    },
    needsRebuild: async () => (await run('getFact', rebuildFact)) === true,
    rebuilt: () => run('setFact', rebuildFact, false),
    addSource: (hash, sourceHash, how) => run('addAssetSource', hash, sourceHash, how),
    setCanvasReferences: (projectId, hashes) => run('setCanvasReferences', projectId, hashes),
    purgeOlderThan: (trashedBefore) => run('purgeGenerations', { trashedBefore }),
    close: () => worker.close(),
  };
}
