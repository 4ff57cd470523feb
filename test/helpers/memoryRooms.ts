/** Rooms that answer from memory: what the contract suite talks to. Calls that a test does not need answer NOT_FOUND. */
import { createHash, randomUUID } from 'node:crypto';
import { contract } from '../../preload/contract/api.ts';
import type { JobRecord, QueueStatus } from '../../preload/contract/jobs.ts';
import type { EngineStatus, Settings } from '../../preload/contract/system.ts';
import { StudioError } from '../../main/errors.ts';
import { EventLog } from '../../main/events.ts';
import type { Rooms } from '../../main/services.ts';

export const defaultSettings: Settings = {
  theme: 'system', modelId: 'toybox', threads: null, provider: null, precision: null, attention: 'auto', previewEvery: 1,
  idleUnloadMinutes: 10, notifications: true, trashDays: 30, lastProjectId: null, keys: {},
};

export const absentEngine: EngineStatus = {
  state: 'absent', pid: null, modelId: null, memoryBytes: null, provider: null, precision: null, failure: null, unloadsAt: null,
};

export const emptyQueue: QueueStatus = {
  paused: false, runningJobId: null, counts: { queued: 0, running: 0, done: 0, failed: 0, cancelled: 0, interrupted: 0 }, leftMs: null,
};

export function jobRecord(change: Partial<JobRecord> = {}): JobRecord {
  return {
    id: randomUUID(), request: { kind: 'textToImage', prompt: 'a red cube', seed: 1 }, modelId: 'toybox', projectId: null, state: 'queued',
    lane: 'foreground', order: 0, batchId: null, label: '', createdAt: Date.now(), startedAt: null, finishedAt: null, progress: null,
    preview: null, generationIds: [], text: null, failure: null, originJobId: null, seq: 0, ...change,
  };
}

export interface MemoryRooms {
  readonly rooms: Rooms;
  readonly events: EventLog;
  readonly jobs: Map<string, JobRecord>;
  readonly files: Map<string, Uint8Array>;
  /** What happened to calls that were taken back. */
  readonly aborted: string[];
  /** Streams whose generator has run its `finally`. */
  readonly closed: string[];
}

/** The one page that writes. */
export const writerPage = '00000000-0000-4000-8000-00000000000a';

type Overrides = { readonly [Name in keyof Rooms]?: Partial<Rooms[Name]> };

export function memoryRooms(): MemoryRooms {
  let settings = defaultSettings;
  const jobs = new Map<string, JobRecord>();
  const files = new Map<string, Uint8Array>();
  const entries = new Map<string, { seq: number; text: string }[]>();
  const aborted: string[] = [];
  const closed: string[] = [];
  const events = new EventLog({
    snapshot: () => ({ jobs: [...jobs.values()], queue: emptyQueue, engine: absentEngine, settings }),
    job: (id) => jobs.get(id),
    memory: 100,
    backlog: 50,
  });
  const put = (job: JobRecord): JobRecord => {
    jobs.set(job.id, job);
    events.publish({ type: 'job', jobId: job.id, job });
    return job;
  };
  const overrides: Overrides = {
    system: {
      engine: async () => absentEngine,
      settings: async () => settings,
      changeSettings: async (change) => {
        settings = { ...settings, ...(change as Partial<Settings>) };
        events.publish({ type: 'settings', settings });
        return settings;
      },
      // Waits to be taken back.
      stopEngine: (_input, { signal }) => new Promise<void>((_resolve, reject) => {
        signal?.addEventListener('abort', () => {
          aborted.push('stopEngine');
          reject(new StudioError('CANCELLED', 'Taken back.'));
        });
      }),
      diagnostics: async () => { throw new Error('a bug with /a/path in it'); },
      // Not what the contract promises.
      info: async () => ({ version: 7 }) as never,
    },
    events: {
      watch: ({ resume }, { signal }) => watched(events.watch(resume, signal), closed),
    },
    assets: {
      upload: async ({ file }) => {
        const bytes = new Uint8Array(await file.arrayBuffer());
        const hash = createHash('sha256').update(bytes).digest('hex');
        files.set(hash, bytes);
        return { hash, mime: 'image/png', width: 1, height: 1, bytes: bytes.length };
      },
    },
    canvas: {
      // Keeps texts as they came, and hands them back.
      open: async ({ projectId }) => ({ projectId, snapshot: null, entries: entries.get(projectId) ?? [], seq: entries.get(projectId)?.length ?? 0, staged: [] }),
      append: async ({ projectId, pageId, entries: added }) => {
        if (pageId !== writerPage) throw new StudioError('PROJECT_LOCKED', 'Another page writes this project.', { projectId, writer: writerPage });
        entries.set(projectId, [...entries.get(projectId) ?? [], ...added]);
        return { seq: entries.get(projectId)?.length ?? 0 };
      },
      exportLayers: async ({ format }) => new Blob([Uint8Array.from({ length: 1_500_000 }, (_, i) => (i * 7) & 255)], { type: format === 'psd' ? 'image/vnd.adobe.photoshop' : 'image/openraster' }),
    },
    projects: {
      importFile: async ({ file, name = 'unnamed' }) => ({ id: randomUUID(), name: `${name} ${file.size} ${createHash('sha256').update(new Uint8Array(await file.arrayBuffer())).digest('hex').slice(0, 8)}`, createdAt: 1, updatedAt: 1, openedAt: null, generations: 0, cover: null }),
    },
    gallery: {
      export: async () => new Blob([Uint8Array.from({ length: 300_000 }, (_, i) => i & 255)], { type: 'image/webp' }),
    },
    jobs: {
      submit: async ({ requests }) => requests.map((request) => put(jobRecord({ request }))),
      get: async ({ jobId }) => {
        const job = jobs.get(jobId);
        if (!job) throw new StudioError('NOT_FOUND', 'There is no such job.', { jobId, tried: [1, 'two'] });
        return job;
      },
      follow: ({ jobId, afterSeq }, { signal }) => watched(events.follow(jobId, afterSeq, signal), closed),
      cancel: async ({ jobIds }) => {
        for (const id of jobIds) {
          const job = jobs.get(id);
          if (job) put({ ...job, state: 'cancelled', finishedAt: Date.now() });
        }
      },
    },
  };
  const rooms = Object.fromEntries(Object.entries(contract).map(([name, calls]) => [
    name,
    Object.fromEntries(Object.keys(calls).map((call) => [
      call,
      (overrides[name as keyof Rooms] as Record<string, unknown> | undefined)?.[call] ?? (async () => { throw new StudioError('NOT_FOUND', `${name}.${call} is not needed here.`); }),
    ])),
  ])) as unknown as Rooms;
  return { rooms, events, jobs, files, aborted, closed };
}

async function* watched<T>(items: AsyncIterable<T>, closed: string[]): AsyncGenerator<T> {
  try {
    yield* items;
  } finally {
    closed.push('stream');
  }
}
